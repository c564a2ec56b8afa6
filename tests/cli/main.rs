//! The doctor as a program: words, exit status, streams and files.

mod captures;
mod causes;
mod files;
mod narrow;
mod recording;
mod redacted;
mod report;
mod schema;
mod signals;
mod ticket;
mod words;

use std::process::{Command, Output, Stdio};

use synrecv_tests::doctor;

/// The doctor with these arguments, not yet started; without colour from the environment.
fn doctor_with(args: &[&str]) -> Command {
    let mut command = Command::new(doctor());
    command.args(args).stdin(Stdio::null());
    command.env_remove("NO_COLOR").env_remove("CLICOLOR_FORCE");
    command
}

/// Runs the doctor to its end.
fn run(args: &[&str]) -> Said {
    Said::from(doctor_with(args).output().expect("the doctor can be started"))
}

/// What the doctor wrote, and how it ended.
#[derive(Debug)]
struct Said {
    code: Option<i32>,
    out: String,
    err: String,
}

impl From<Output> for Said {
    fn from(output: Output) -> Self {
        let text = |bytes| String::from_utf8(bytes).expect("the doctor writes UTF-8");
        Self { code: output.status.code(), out: text(output.stdout), err: text(output.stderr) }
    }
}
