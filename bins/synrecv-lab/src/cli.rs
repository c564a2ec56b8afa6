//! The command line.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};
use synrecv_faults::scenario::{self, Scenario};
use synrecv_faults::{Refused, RefusedWith};

const AFTER: &str = "\
Exit status: 0 found as expected; 1 found something else; 2 usage; 3 could not be built or run.
`run` with a COMMAND that prints no report ends with the status of COMMAND.

Needs root, and for some scenarios the programs nft (package nftables), iptables (iptables) or tc
(iproute2). Everything is built in namespaces of its own and is gone when the program ends, however
it ends.";

/// Builds faults that leave TCP connections in `SYN_RECV`, and has the doctor look at them.
#[derive(Debug, Parser)]
#[command(version, after_help = AFTER)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// List the scenarios.
    List,
    /// Build a scenario and keep it alive until Ctrl-C; prints a PID in the server's namespace.
    Up(UpArgs),
    /// Build a scenario, run the doctor in the server's namespace, compare, tear down.
    Run(RunArgs),
    /// Build a scenario and have the doctor save what it sees on the server in a bundle.
    Record(RecordArgs),
    /// Build the incident, explain it, and show what the doctor says about it.
    Demo,
    /// Run a command that sees some system calls fail, as on a kernel without them.
    #[command(hide = true)]
    Refuse(RefuseArgs),
    /// Stay until standard input ends. Started by `up`, in the server's namespace.
    #[command(hide = true)]
    Hold,
}

#[derive(Debug, Args)]
pub(crate) struct UpArgs {
    /// Id of the scenario; see `list`.
    #[arg(value_parser = known)]
    pub(crate) scenario: &'static Scenario,
}

#[derive(Debug, Args)]
pub(crate) struct RunArgs {
    /// Id of the scenario; see `list`.
    #[arg(value_parser = known)]
    pub(crate) scenario: &'static Scenario,
    /// Run as this user and group, without capabilities.
    #[arg(long, value_name = "N")]
    pub(crate) uid: Option<u32>,
    /// What to run; without it the `synrecv-doctor` beside this program, with `--format json`.
    #[arg(last = true, value_name = "COMMAND")]
    pub(crate) command: Vec<OsString>,
}

#[derive(Debug, Args)]
pub(crate) struct RecordArgs {
    /// Id of the scenario; see `list`.
    #[arg(value_parser = known)]
    pub(crate) scenario: &'static Scenario,
    /// The bundle to write.
    #[arg(short, long, value_name = "FILE")]
    pub(crate) output: PathBuf,
    /// How long to watch, as `synrecv-doctor` takes it.
    #[arg(long, value_name = "DUR")]
    pub(crate) observe: Option<OsString>,
}

#[derive(Debug, Args)]
pub(crate) struct RefuseArgs {
    /// Which system calls fail.
    #[arg(value_parser = refused, value_delimiter = ',', required = true, value_name = "WHAT")]
    pub(crate) calls: Vec<Refused>,
    /// What they fail with.
    #[arg(long, value_parser = refused_with, value_name = "ERRNO")]
    pub(crate) errno: RefusedWith,
    /// What to run.
    #[arg(last = true, required = true, value_name = "COMMAND")]
    pub(crate) command: Vec<OsString>,
}

fn refused(name: &str) -> Result<Refused, String> {
    Refused::from_name(name).ok_or_else(|| one_of(Refused::ALL.map(Refused::name)))
}

fn refused_with(name: &str) -> Result<RefusedWith, String> {
    RefusedWith::from_name(name).ok_or_else(|| one_of(RefusedWith::ALL.map(RefusedWith::name)))
}

fn one_of<const N: usize>(names: [&str; N]) -> String {
    format!("one of: {}", names.join(", "))
}

fn known(id: &str) -> Result<&'static Scenario, String> {
    scenario::find(id).ok_or_else(|| {
        let like: Vec<&str> = scenario::all()
            .map(|scenario| scenario.id)
            .filter(|known| known.contains(id))
            .collect();
        match like.len() {
            1..=12 => format!("no such scenario; there are: {}", like.join(", ")),
            _ => "no such scenario; `synrecv-lab list` names all".to_owned(),
        }
    })
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn a_command_follows_two_dashes() {
        let words = ["synrecv-lab", "run", "incident", "--uid", "65534", "--", "ss", "-tn"];
        let Command::Run(args) = Cli::try_parse_from(words).unwrap().command else {
            panic!("not run");
        };
        assert_eq!(args.scenario.id, "incident");
        assert_eq!(args.uid, Some(65534));
        assert_eq!(args.command, ["ss", "-tn"]);
    }

    #[test]
    fn calls_to_refuse_are_a_list() {
        let words =
            ["synrecv-lab", "refuse", "sock_diag,ext-ack", "--errno", "ENOSYS", "--", "ss", "-tn"];
        let Command::Refuse(args) = Cli::try_parse_from(words).unwrap().command else {
            panic!("not refuse");
        };
        assert_eq!(args.calls, [Refused::SockDiag, Refused::ExtAck]);
        assert_eq!(args.errno, RefusedWith::Enosys);
        assert_eq!(args.command, ["ss", "-tn"]);
    }

    #[test]
    fn an_unknown_scenario_names_those_like_it_or_the_list() {
        let error = |id| Cli::try_parse_from(["synrecv-lab", "up", id]).unwrap_err().to_string();
        assert!(error("mask-no").contains("wide-mask-no-proxy"));
        assert!(error("incidnet").contains("synrecv-lab list"));
    }
}
