//! The doctor: where it is, how it is started in the server's namespace, and what it found.

use std::ffi::OsStr;
use std::fmt::Write;
use std::path::Path;
use std::process::{ExitStatus, Output, Stdio};

use anyhow::{Context, Result};
use synrecv_faults::scenario::Scenario;
use synrecv_faults::{Outcome, Program, Running};

/// The `synrecv-doctor` in the directory of this program.
pub(crate) fn beside_this_program() -> Result<Program> {
    let own = std::env::current_exe().context("find the path of this program")?;
    let doctor = own.with_file_name("synrecv-doctor");
    Program::open(&doctor).with_context(|| {
        format!("open `{}` (build it with: cargo build -p synrecv-doctor)", doctor.display())
    })
}

/// An executable as a shell finds it.
pub(crate) fn program(name: &OsStr) -> Result<Program> {
    Program::find(Path::new(name)).with_context(|| format!("find `{}`", name.display()))
}

/// Runs a program in the server's namespace and collects its standard output.
pub(crate) fn ask<S: AsRef<OsStr>>(
    running: &Running,
    program: &Program,
    args: &[S],
    uid: Option<u32>,
) -> Result<Output> {
    let mut command = program.command(uid);
    command.args(args).stdin(Stdio::null()).stdout(Stdio::piped());
    let child = running.spawn_in_server(command, uid)?;
    child.wait_with_output().context("read what the doctor writes")
}

/// Runs a program in the server's namespace; it writes to our own standard output.
pub(crate) fn show<S: AsRef<OsStr>>(
    running: &Running,
    program: &Program,
    args: &[S],
) -> Result<ExitStatus> {
    let mut command = program.command(None);
    command.args(args).stdin(Stdio::null());
    let mut child = running.spawn_in_server(command, None)?;
    child.wait().context("wait for the doctor")
}

/// Expected and found, side by side, and whether they agree.
pub(crate) fn compare(scenario: &Scenario, found: &Outcome) -> (String, bool) {
    let expect = &scenario.expect;
    let none = || "none".to_owned();
    let word = |value: &Option<String>| value.clone().unwrap_or_else(none);
    let static_word = |value: Option<&str>| value.map_or_else(none, str::to_owned);
    let exit = |code: Option<i32>| code.map_or_else(|| "signal".to_owned(), |c| c.to_string());
    let attributed = format!("{} of {}", found.attributed_count, found.stuck_count);
    let mut rows = vec![("", "expected".to_owned(), "found".to_owned())];
    if expect.is_fault() {
        let any_of: Vec<&str> = expect.finding.iter().chain(expect.also_accept).copied().collect();
        rows.push(("finding", any_of.join(" or "), word(&found.finding)));
        for also in expect.also.iter().map(|(id, _)| id).chain(expect.warnings) {
            let there = found.findings.iter().find(|(id, _)| id == also);
            rows.push(("and also", (*also).to_owned(), word(&there.map(|(id, _)| id.clone()))));
        }
        rows.push(("class", static_word(expect.class), word(&found.class)));
        rows.push(("confidence", expect.confidence.join(" or "), word(&found.confidence)));
        rows.push(("attributed", "all".to_owned(), attributed));
    } else {
        let above = |finding: &&(String, String)| finding.1 != "info";
        let above: Vec<String> = found
            .findings
            .iter()
            .filter(above)
            .map(|(id, severity)| format!("{id} ({severity})"))
            .collect();
        let above = if above.is_empty() { none() } else { above.join(", ") };
        rows.push(("above info", none(), above));
    }
    rows.push(("exit status", expect.exit().to_string(), exit(found.exit)));

    let widest = rows.iter().map(|row| row.1.len()).max().unwrap_or(0);
    let mut text = String::new();
    for (what, expected, found) in rows {
        // Writing to a String does not fail.
        let _ = writeln!(text, "  {what:11}  {expected:widest$}  {found}");
    }
    let differences = expect.differences(found);
    for difference in &differences {
        let _ = writeln!(text, "  wrong: {difference}");
    }
    let verdict = if differences.is_empty() { "right" } else { "WRONG" };
    let _ = writeln!(text, "{}: {verdict}", scenario.id);
    (text, differences.is_empty())
}
