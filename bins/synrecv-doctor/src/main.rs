//! Explains why TCP connections on this host sit in SYN_RECV.
//!
//! `cli` parses, `cmd` runs, `output` writes. Exit status: 0 nothing at or above `--fail-on`, 1 a
//! finding, 2 usage, 3 stuck without a cause, 4 unreadable input, 70 internal error.

mod cli;
mod cmd;
mod deliver;
mod documents;
mod duration;
mod input;
mod observe;
mod output;
mod pasted;
mod redacted;
mod source;
mod terminal;

use std::panic::catch_unwind;
use std::process::ExitCode;

use clap::Parser as _;

/// Internal error, `EX_SOFTWARE` of sysexits.h.
const EX_SOFTWARE: u8 = 70;

fn main() -> ExitCode {
    let cli = match cli::Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => return cli::report_usage(&error),
    };
    match catch_unwind(|| cmd::run(cli)) {
        Ok(Ok(status)) => status,
        Ok(Err(error)) => cmd::report_error(&error),
        Err(_) => {
            terminal::complain(
                "internal error; please report it with the lines above and the command line",
            );
            ExitCode::from(EX_SOFTWARE)
        }
    }
}
