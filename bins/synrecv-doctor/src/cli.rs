//! The command line.

use std::net::IpAddr;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use clap::{Args, Parser, Subcommand, ValueEnum};
use ipnet::IpNet;

use crate::{duration, terminal};

/// Explains why TCP connections on this host sit in SYN_RECV.
#[derive(Debug, Parser)]
#[command(
    name = "synrecv-doctor",
    version,
    args_conflicts_with_subcommands = true,
    after_help = "Reads only; changes nothing, and sends nothing but with --probe and trace.\n\
                  Exit status: 0 nothing at or above --fail-on, 1 a finding, 2 usage, 3 connections are \
                  stuck and no cause could be established, 4 input not readable, 70 internal error."
)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Option<Command>,
    #[command(flatten)]
    pub(crate) diagnose: DiagnoseArgs,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Find out why connections are stuck (the default command)
    Diagnose(DiagnoseArgs),
    /// TCP sockets: queues of listeners, both retry counters of requests
    Sockets(crate::cmd::sockets::SocketsArgs),
    /// The ARP and ND tables, marked
    Arp(crate::cmd::arp::ArpArgs),
    /// Routing rules and the routes of all tables, or the kernel's answer for one peer
    Route(crate::cmd::route::RouteArgs),
    /// Devices, addresses with the prefixes they claim, settings in force
    Interfaces(crate::cmd::interfaces::InterfacesArgs),
    /// The way that packets take to a peer, hop by hop (sends packets)
    Trace(crate::cmd::trace::TraceArgs),
    /// Save what `diagnose` would look at in one file, to be diagnosed elsewhere
    Collect(crate::cmd::collect::CollectArgs),
    /// What somebody who has the host should run and send: the shortest list that decides
    Ask(crate::cmd::ask::AskArgs),
    /// Diagnose a recorded incident, built in; needs no rights and looks at nothing
    Demo(crate::cmd::demo::DemoArgs),
    /// The manual of a finding, or the list of findings
    Explain(crate::cmd::explain::ExplainArgs),
    /// All checks and what each needs
    Checks(CommonArgs),
    /// The JSON Schema of an output
    Schema(crate::cmd::schema::SchemaArgs),
    /// A script that completes the command line in a shell
    Completions(crate::cmd::completions::CompletionsArgs),
    /// The manual page, in roff
    Man(crate::cmd::man::ManArgs),
}

#[derive(Clone, Debug, Args)]
pub(crate) struct DiagnoseArgs {
    /// A capture (pcap, pcapng), a bundle that `collect` wrote, or text with the output of other
    /// tools (ss, netstat, ip, arp, tcpdump ...); - for standard input; without it, this host
    #[arg(value_name = "SOURCE")]
    pub(crate) sources: Vec<PathBuf>,
    /// Print each line of a text with what was taken from it, and judge nothing
    #[arg(long)]
    pub(crate) explain_parse: bool,
    /// Ask the network what decides between the causes that are left: sends packets, and says before
    /// how many at most (this host only)
    #[arg(long)]
    pub(crate) probe: bool,
    #[command(flatten)]
    pub(crate) live: LiveArgs,
    #[command(flatten)]
    pub(crate) redact: crate::redacted::RedactArgs,
    #[command(flatten)]
    pub(crate) report: ReportArgs,
}

/// How the running host is looked at.
#[derive(Clone, Debug, Args)]
pub(crate) struct LiveArgs {
    /// Watch for this long (5s, 1m; 0 = one look)
    #[arg(
        long,
        value_name = "DUR",
        default_value = "auto",
        value_parser = parse_observe,
        allow_hyphen_values = true
    )]
    pub(crate) observe: Observe,
    /// Look at the frames of handshakes while watching (auto = where it is permitted)
    #[arg(long, value_enum, default_value_t = Capture::Auto)]
    pub(crate) capture: Capture,
    #[command(flatten)]
    pub(crate) place: PlaceArgs,
    #[command(flatten)]
    pub(crate) filter: FilterArgs,
}

/// What is written, and when that counts as a failure.
#[derive(Clone, Debug, Args)]
pub(crate) struct ReportArgs {
    /// Format of standard output
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub(crate) format: Format,
    /// Also write the report to a file; the suffix (.txt, .md, .json) gives the format; repeatable
    #[arg(long = "output", value_name = "FILE")]
    pub(crate) outputs: Vec<PathBuf>,
    /// Least severity that makes the exit status 1
    #[arg(long, value_enum, default_value_t = FailOn::Problem)]
    pub(crate) fail_on: FailOn,
    #[command(flatten)]
    pub(crate) common: CommonArgs,
}

/// Which network namespace is meant.
#[derive(Clone, Debug, Args)]
pub(crate) struct PlaceArgs {
    /// Look into another network namespace: a name of `ip netns`, a path, or a process id
    #[arg(long, value_name = "NAME|PATH|PID")]
    pub(crate) netns: Option<String>,
    /// Allow reading that makes the kernel load a module (sock_diag)
    #[arg(long)]
    pub(crate) load_modules: bool,
}

/// Which connections are meant.
#[derive(Clone, Debug, Args)]
pub(crate) struct FilterArgs {
    /// Only connections from this address or prefix
    #[arg(long, value_name = "IP[/LEN]", value_parser = parse_prefix)]
    pub(crate) peer: Option<IpNet>,
    /// Only connections to this local port
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    pub(crate) port: Option<u16>,
}

/// How text is laid out.
#[derive(Clone, Debug, Args)]
pub(crate) struct LayoutArgs {
    /// When to colour
    #[arg(long, value_enum, default_value_t = Color::Auto)]
    pub(crate) color: Color,
    /// Columns of text output (default: the terminal's, or 100)
    #[arg(long, value_name = "N", value_parser = parse_width)]
    pub(crate) width: Option<usize>,
}

/// What all tables have in common.
#[derive(Clone, Debug, Args)]
pub(crate) struct TableArgs {
    /// Format of standard output
    #[arg(long, value_enum, default_value_t = TableFormat::Text)]
    pub(crate) format: TableFormat,
    #[command(flatten)]
    pub(crate) place: PlaceArgs,
    #[command(flatten)]
    pub(crate) layout: LayoutArgs,
    /// More: every row, also those that are grouped or hidden
    #[arg(short, long, action = clap::ArgAction::Count)]
    pub(crate) verbose: u8,
}

/// How text is written.
#[derive(Clone, Debug, Args)]
pub(crate) struct CommonArgs {
    #[command(flatten)]
    pub(crate) layout: LayoutArgs,
    /// Only the verdict line
    #[arg(short, long, conflicts_with = "verbose")]
    pub(crate) quiet: bool,
    /// More: all rows, passed checks, commands to re-check the evidence
    #[arg(short, long, action = clap::ArgAction::Count)]
    pub(crate) verbose: u8,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Observe {
    Auto,
    For(Duration),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Capture {
    Auto,
    On,
    Off,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    Text,
    /// For a ticket
    Markdown,
    Json,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum TableFormat {
    Text,
    Json,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum FailOn {
    Problem,
    Warning,
    Never,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Color {
    Auto,
    Always,
    Never,
}

/// Longest observation: more is a job for repeated runs.
const OBSERVE_MAX_S: u64 = 3_600;

/// `auto`, a number of seconds, or a duration such as `1m30s` or `500ms`.
pub(crate) fn parse_observe(text: &str) -> Result<Observe, String> {
    if text == "auto" {
        return Ok(Observe::Auto);
    }
    parse_duration(text).map(Observe::For)
}

/// A number of seconds, or a duration such as `1m30s` or `500ms`.
pub(crate) fn parse_duration(text: &str) -> Result<Duration, String> {
    let duration = match text.parse::<u64>() {
        Ok(seconds) => Duration::from_secs(seconds),
        Err(_) => duration::parse(text)
            .ok_or_else(|| "expected seconds, or a duration such as 10s or 1m30s".to_owned())?,
    };
    if duration > Duration::from_secs(OBSERVE_MAX_S) {
        return Err(format!("at most {OBSERVE_MAX_S} s"));
    }
    Ok(duration)
}

/// An address or a prefix; an address alone is the prefix of that one address.
fn parse_prefix(text: &str) -> Result<IpNet, String> {
    text.parse::<IpNet>()
        .map(|net| net.trunc())
        .or_else(|_| text.parse::<IpAddr>().map(IpNet::from))
        .map_err(|_| "expected an address or ADDRESS/LENGTH".to_owned())
}

fn parse_width(text: &str) -> Result<usize, String> {
    let least = synrecv_report::layout::WIDTH_MIN;
    match text.parse() {
        Ok(width) if (least..=1_000).contains(&width) => Ok(width),
        _ => Err(format!("expected a number from {least} to 1000")),
    }
}

/// Prints what clap found wrong (or help, which is no error).
pub(crate) fn report_usage(error: &clap::Error) -> ExitCode {
    let status = if error.use_stderr() { 2 } else { 0 };
    // A closed pipe while printing help is nobody's fault.
    let _ = error.print();
    ExitCode::from(status)
}

/// The subcommand nearest to a word that is neither a subcommand nor a file.
pub(crate) fn nearest_subcommand(word: &str) -> Option<String> {
    use clap::CommandFactory as _;
    let command = Cli::command();
    command
        .get_subcommands()
        .map(|subcommand| subcommand.get_name().to_owned())
        .map(|name| (synrecv_checks::distance(word, &name), name))
        .min()
        .filter(|(distance, name)| *distance <= name.len() / 2)
        .map(|(_, name)| name)
}

impl LayoutArgs {
    /// How text is laid out on standard output.
    fn style(&self, verbosity: i8) -> synrecv_report::Style {
        synrecv_report::Style {
            width: self.width.unwrap_or_else(terminal::width),
            paint: synrecv_report::Paint { colour: terminal::colour(self.color) },
            verbosity,
        }
    }
}

impl CommonArgs {
    /// How text is laid out on standard output.
    pub(crate) fn style(&self) -> synrecv_report::Style {
        let more = i8::try_from(self.verbose).unwrap_or(i8::MAX);
        self.layout.style(if self.quiet { -1 } else { more })
    }
}

impl TableArgs {
    /// How text is laid out on standard output.
    pub(crate) fn style(&self) -> synrecv_report::Style {
        self.layout.style(i8::try_from(self.verbose).unwrap_or(i8::MAX))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory as _;

    #[test]
    fn the_command_line_is_well_formed() {
        Cli::command().debug_assert();
    }

    #[test]
    fn durations() {
        assert_eq!(parse_observe("auto"), Ok(Observe::Auto));
        assert_eq!(parse_observe("0"), Ok(Observe::For(Duration::ZERO)));
        assert_eq!(parse_observe("1m30s"), Ok(Observe::For(Duration::from_secs(90))));
        assert!(parse_observe("-5s").is_err() && parse_observe("2h").is_err());
    }

    #[test]
    fn a_mistyped_subcommand_finds_its_name() {
        assert_eq!(nearest_subcommand("diagnoze").as_deref(), Some("diagnose"));
        assert_eq!(nearest_subcommand("report.txt"), None);
    }
}
