//! `synrecv-lab`: builds faults on this machine, in namespaces of its own, and has the doctor look
//! at them.

mod cli;
mod demo;
mod doctor;
mod list;
mod output;
mod record;
mod refuse;
mod run;
mod stand;
mod up;

use std::process::ExitCode;

use clap::Parser;

use cli::{Cli, Command};

/// The fault could not be built, or the doctor not be run.
const NOT_RUN: u8 = 3;

fn main() -> ExitCode {
    let done = match Cli::parse().command {
        Command::List => list::list(),
        Command::Up(args) => up::up(&args),
        Command::Run(args) => run::run(&args),
        Command::Record(args) => record::record(&args),
        Command::Demo => demo::demo(),
        Command::Refuse(args) => refuse::refuse(&args),
        Command::Hold => up::hold(),
    };
    done.unwrap_or_else(|error| {
        output::complain(&format!("synrecv-lab: {error:#}"));
        ExitCode::from(NOT_RUN)
    })
}
