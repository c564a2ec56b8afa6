//! `sockets`: listeners, requests and, on demand, every other TCP socket.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context as _, Result};
use clap::{Args, ValueEnum};
use synrecv_collect::tables::SocketQuery;
use synrecv_collect::{Modules, Options, Place, Session, StateSet, Wanted, host, tables};
use synrecv_model::{Gap, Section, Sockets, SourceKind, TcpState};
use synrecv_report::table::{self, HandshakesTable, SocketsTable};

use super::UsageError;
use super::table::{ask, inside, write};
use crate::cli::{FilterArgs, Observe, TableArgs, parse_duration};
use crate::input::{Input, Kind};
use crate::observe::{Interrupt, Watched as Seen, watch};
use crate::source::{self, Case};
use crate::terminal::Progress;

#[derive(Debug, Args)]
pub(crate) struct SocketsArgs {
    /// A capture (its handshakes are listed), a bundle, or text with the output of other tools, - for
    /// standard input; without it, this host
    #[arg(value_name = "SOURCE", conflicts_with_all = ["source", "observe", "netns", "load_modules"])]
    file: Option<PathBuf>,
    /// Only these states, as ss or netstat writes them; repeatable (default: listen, syn-recv)
    #[arg(long, value_name = "S", value_delimiter = ',', value_parser = parse_state)]
    state: Vec<TcpState>,
    /// Only sockets with this local port
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    port: Option<u16>,
    /// Every state
    #[arg(long, conflicts_with = "state")]
    all: bool,
    /// Where to read: sock_diag or /proc/net/tcp and nothing else, or both, joined row by row, with the
    /// processes and options of listeners
    #[arg(long, value_enum, default_value_t = Source::Both)]
    source: Source,
    /// Watch for this long (5s, 1m), and show what changed; Ctrl-C ends it
    #[arg(
        long,
        value_name = "DUR",
        value_parser = parse_duration,
        conflicts_with = "source",
        allow_hyphen_values = true
    )]
    observe: Option<Duration>,
    #[command(flatten)]
    table: TableArgs,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Source {
    Diag,
    Proc,
    Both,
}

/// A state by the name of ss (`ESTAB`, `fin-wait-1`) or netstat (`FIN_WAIT1`).
fn parse_state(text: &str) -> Result<TcpState, String> {
    let letters = text.chars().filter(|c| !matches!(c, '-' | '_'));
    let word: String = letters.map(|c| c.to_ascii_lowercase()).collect();
    Ok(match word.as_str() {
        "established" | "estab" => TcpState::Established,
        "synsent" => TcpState::SynSent,
        "synrecv" | "synreceived" => TcpState::SynRecv,
        "finwait1" => TcpState::FinWait1,
        "finwait2" => TcpState::FinWait2,
        "timewait" => TcpState::TimeWait,
        "close" | "closed" | "unconn" | "unconnected" => TcpState::Close,
        "closewait" => TcpState::CloseWait,
        "lastack" => TcpState::LastAck,
        "listen" | "listening" => TcpState::Listen,
        "closing" => TcpState::Closing,
        _ => {
            return Err(
                "expected established, syn-sent, syn-recv, fin-wait-1, fin-wait-2, time-wait, \
                        close, close-wait, last-ack, listen or closing"
                    .to_owned(),
            );
        }
    })
}

fn states(args: &SocketsArgs) -> Vec<TcpState> {
    let wanted = |state: &TcpState| {
        args.all
            || args.state.contains(state)
            || (args.state.is_empty() && matches!(state, TcpState::Listen | TcpState::SynRecv))
    };
    TcpState::ALL.into_iter().filter(wanted).collect()
}

pub(crate) fn run(args: &SocketsArgs) -> Result<ExitCode> {
    let states = states(args);
    if let Some(path) = &args.file {
        return run_recorded(args, &states, path);
    }
    if let Some(duration) = args.observe {
        return run_watched(args, &states, duration);
    }
    inside(&args.table, |place| {
        let host = host(&place);
        let modules = || {
            Modules::read(&host.kernel.0).allow_sock_diag(source::module_policy(&args.table.place))
        };
        let diag_allowed = match (args.source, place.gap()) {
            (Source::Proc, _) => Ok(()),
            (_, Some(gap)) => Err(gap.clone()),
            (_, None) => modules(),
        };
        let sockets = read(args, &states, &place, diag_allowed);
        let links = sockets
            .data()
            .is_some_and(names_a_device)
            .then(|| ask(&place, tables::links).map(|devices| devices.links));
        let table = SocketsTable {
            kind: SourceKind::Live,
            host: &host,
            sockets: &sockets,
            links: links.as_ref(),
            states: &states,
            port: args.port,
            watched: None,
        };
        write(
            &args.table,
            &sockets,
            |out| table.write_json(out),
            |style, out| table.write_text(style, out),
        )
    })
}

/// Watches first, as `diagnose` does: the reading of a request and its finding rest on all samples.
fn run_watched(args: &SocketsArgs, states: &[TcpState], duration: Duration) -> Result<ExitCode> {
    let interrupt = Interrupt::listen();
    let options = Options {
        port: args.port,
        modules: source::module_policy(&args.table.place),
        one_look: source::is_one_look(Observe::For(duration)),
        ..Options::default()
    };
    inside(&args.table, |place| {
        let mut session = Session::survey(place, options);
        let mut progress = Progress::new(false);
        let seen = watch(&mut session, Observe::For(duration), &interrupt, &mut progress);
        drop(progress);
        let Seen { observation, diagnosis } = seen.context("start watching")?;
        write_watched(args, states, Case { facts: session.into_facts(), observation, diagnosis })
    })
}

/// What a file holds: handshakes of a capture, sockets of a bundle.
fn run_recorded(args: &SocketsArgs, states: &[TcpState], path: &Path) -> Result<ExitCode> {
    let input = Input::open(path)?;
    let is_capture = input.kind() == Kind::Capture;
    if is_capture && (args.all || !args.state.is_empty()) {
        let words = "`--all` and `--state` are for sockets, and a capture holds handshakes";
        return Err(UsageError(words.to_owned()).into());
    }
    let mut case = if input.kind() == Kind::Text {
        input.table(|facts| facts.sockets.data().is_some())?
    } else {
        input.judge(&FilterArgs { peer: None, port: args.port }, false)?
    };
    if is_capture {
        let table = HandshakesTable {
            kind: case.facts.source,
            host: &case.facts.host,
            frames: &case.observation.frames,
        };
        return write(
            &args.table,
            &case.observation.frames,
            |out| table.write_json(out),
            |style, out| table.write_text(style, out),
        );
    }
    if let Some(port) = args.port {
        case.observation.tracks.retain(|track| track.flow.local.port == port);
        case.facts.sockets = case.facts.sockets.map(|sockets| at_port(sockets, port));
    }
    write_watched(args, states, case)
}

/// The sockets, with what changed while watching.
fn write_watched(args: &SocketsArgs, states: &[TcpState], mut case: Case) -> Result<ExitCode> {
    if !states.contains(&TcpState::SynRecv) {
        case.observation.tracks.clear();
    }
    let Case { facts, observation, diagnosis } = case;
    let sockets = facts.sockets.map(|sockets| only(sockets, states));
    let watched = table::Watched::new(&observation, &diagnosis);
    let table = SocketsTable {
        kind: facts.source,
        host: &facts.host,
        sockets: &sockets,
        links: Some(&facts.links),
        states,
        port: args.port,
        watched: Some(&watched),
    };
    write(
        &args.table,
        &sockets,
        |out| table.write_json(out),
        |style, out| table.write_text(style, out),
    )
}

/// The sockets with one local port.
fn at_port(mut sockets: Sockets, port: u16) -> Sockets {
    sockets.listeners.retain(|listener| listener.local.port == port);
    sockets.requests.retain(|request| request.flow.local.port == port);
    sockets.others.retain(|socket| socket.flow.local.port == port);
    sockets
}

/// The sockets in some of the states.
fn only(mut sockets: Sockets, states: &[TcpState]) -> Sockets {
    if !states.contains(&TcpState::Listen) {
        sockets.listeners.clear();
    }
    if !states.contains(&TcpState::SynRecv) {
        sockets.requests.clear();
    }
    sockets.others.retain(|socket| states.contains(&socket.state));
    sockets
}

fn read(
    args: &SocketsArgs,
    states: &[TcpState],
    place: &Place,
    diag_allowed: Result<(), Gap>,
) -> Section<Sockets> {
    let query = SocketQuery {
        source: match args.source {
            Source::Diag => Wanted::Diag,
            Source::Proc => Wanted::Proc,
            Source::Both => Wanted::Both,
        },
        states: states.iter().copied().collect::<StateSet>(),
        port: args.port,
        diag_allowed,
        // Who names one source wants that and, as with `ss` without -p, no look into every process.
        owners: args.source == Source::Both && states.contains(&TcpState::Listen),
    };
    tables::sockets(&query, &place.proc_net(), Path::new("/proc"))
}

fn names_a_device(sockets: &Sockets) -> bool {
    sockets.listeners.iter().any(|listener| listener.bound_ifindex != 0)
        || sockets.requests.iter().any(|request| request.ifindex != 0)
        || sockets.others.iter().any(|socket| socket.ifindex != 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn states_by_the_names_of_both_tools() {
        for name in ["ESTAB", "established", "ESTABLISHED"] {
            assert_eq!(parse_state(name), Ok(TcpState::Established));
        }
        for state in TcpState::ALL {
            assert_eq!(parse_state(state.name()), Ok(state));
        }
        assert_eq!(parse_state("fin-wait-1"), Ok(TcpState::FinWait1));
        assert_eq!(parse_state("UNCONN"), Ok(TcpState::Close));
        assert!(parse_state("stuck").is_err());
    }
}
