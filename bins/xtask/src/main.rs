//! What developers and CI run: `cargo xtask ci | test | bench | codegen`.

mod bench;
mod cargo;
mod ci;
mod codegen;
mod needs;
mod output;
mod scoreboard;
mod test;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// Builds, tests and measures the workspace.
#[derive(Debug, Parser)]
#[command(name = "cargo xtask")]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// All that must hold before a change is merged: format, lints, documents, tests
    Ci,
    /// All tests, those of the lab too; installs what they need, or says what is missing
    Test {
        /// Also write the table of scenarios to docs/results.md
        #[arg(long)]
        record: bool,
    },
    /// What the static binary costs: its size, its time beside `ss`, under a flood, and for captures
    Bench {
        /// Only this part
        #[arg(long, value_enum)]
        only: Option<bench::Part>,
        #[command(flatten)]
        scale: bench::ScaleArgs,
    },
    /// Write the generated pages of docs/
    Codegen {
        /// Only say which pages are stale
        #[arg(long)]
        check: bool,
    },
    /// Hold some descriptors and a listener until standard input ends. Started by `bench`
    #[command(hide = true)]
    Idle(bench::IdleArgs),
    /// Read what the kernel has and throw it away. Started by `bench`
    #[command(hide = true)]
    Drain {
        #[arg(value_enum)]
        what: bench::Drain,
    },
}

fn main() -> ExitCode {
    let done = match Cli::parse().command {
        Command::Ci => ci::run(),
        Command::Test { record } => test::run(record),
        Command::Bench { only, scale } => bench::run(only, &scale),
        Command::Codegen { check } => codegen::run(check),
        Command::Idle(args) => bench::idle(&args),
        Command::Drain { what } => bench::drain(what),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            output::complain(&format!("xtask: {error:#}"));
            ExitCode::FAILURE
        }
    }
}
