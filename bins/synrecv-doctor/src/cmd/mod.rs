//! One file a subcommand.

pub(crate) mod arp;
pub(crate) mod ask;
pub(crate) mod checks;
pub(crate) mod collect;
pub(crate) mod completions;
pub(crate) mod demo;
pub(crate) mod diagnose;
pub(crate) mod explain;
pub(crate) mod interfaces;
pub(crate) mod man;
mod peer;
pub(crate) mod route;
pub(crate) mod schema;
pub(crate) mod sockets;
mod table;
pub(crate) mod trace;

use std::process::ExitCode;

use anyhow::Result;
use synrecv_report::escape::printable;

use crate::cli::{Cli, Command};
use crate::redacted::Changed;
use crate::{EX_SOFTWARE, terminal};

/// Exit status for wrong usage.
pub(crate) const USAGE: u8 = 2;

/// Exit status for input that could not be read at all.
pub(crate) const UNREADABLE: u8 = 4;

/// The words on the command line make no sense together.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(crate) struct UsageError(pub(crate) String);

pub(crate) fn run(cli: Cli) -> Result<ExitCode> {
    match cli.command {
        None => diagnose::run(&cli.diagnose),
        Some(Command::Diagnose(args)) => diagnose::run(&args),
        Some(Command::Sockets(args)) => sockets::run(&args),
        Some(Command::Arp(args)) => arp::run(&args),
        Some(Command::Route(args)) => route::run(&args),
        Some(Command::Interfaces(args)) => interfaces::run(&args),
        Some(Command::Trace(args)) => trace::run(&args),
        Some(Command::Collect(args)) => collect::run(&args),
        Some(Command::Ask(args)) => ask::run(&args),
        Some(Command::Demo(args)) => demo::run(&args),
        Some(Command::Explain(args)) => explain::run(&args),
        Some(Command::Checks(common)) => checks::run(&common),
        Some(Command::Schema(args)) => schema::run(&args),
        Some(Command::Completions(args)) => completions::run(&args),
        Some(Command::Man(args)) => man::run(&args),
    }
}

/// Prints an error with its causes, once, and gives the exit status.
pub(crate) fn report_error(error: &anyhow::Error) -> ExitCode {
    // The text can quote what a file holds.
    terminal::complain(&printable(&format!("{error:#}")));
    if error.is::<UsageError>() {
        ExitCode::from(USAGE)
    } else if error.is::<Changed>() {
        ExitCode::from(EX_SOFTWARE)
    } else {
        ExitCode::from(UNREADABLE)
    }
}
