//! The page of the command line: `--help` of the doctor and of each of its subcommands.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};

use super::Pages;
use crate::cargo::{self, cargo};

pub(super) fn add(pages: &mut Pages) -> Result<()> {
    let build = cargo(["build", "--quiet", "--workspace", "--bins"]);
    let doctor = cargo::built(build, "synrecv-doctor")?;
    let mut out = "# Command line\n".to_owned();
    let main = help(&doctor, &[])?;
    section(&mut out, "synrecv-doctor", &main);
    let mut waiting: Vec<Vec<String>> = below(&[], &main);
    waiting.reverse();
    while let Some(words) = waiting.pop() {
        let text = help(&doctor, &words)?;
        section(&mut out, &format!("synrecv-doctor {}", words.join(" ")), &text);
        waiting.extend(below(&words, &text).into_iter().rev());
    }
    pages.insert(PathBuf::from("cli.md"), out);
    Ok(())
}

fn section(out: &mut String, title: &str, help: &str) {
    // Writing to a String does not fail.
    let _ = write!(out, "\n## {title}\n\n```text\n{}\n```\n", help.trim_end());
}

/// Help as it is written where no terminal says how wide it is.
fn help(doctor: &Path, words: &[String]) -> Result<String> {
    let mut command = Command::new(doctor);
    command.args(words).arg("--help").env("COLUMNS", "100").env("NO_COLOR", "1");
    command.stdin(Stdio::null()).stderr(Stdio::piped());
    let output = command.output().context("run synrecv-doctor")?;
    if !output.status.success() {
        bail!("`synrecv-doctor {} --help` failed ({})", words.join(" "), output.status);
    }
    String::from_utf8(output.stdout).context("read the help of synrecv-doctor")
}

/// The subcommands that a help text lists, `help` itself left out.
fn below(words: &[String], help: &str) -> Vec<Vec<String>> {
    let listed = help.lines().skip_while(|line| *line != "Commands:").skip(1);
    listed
        .take_while(|line| !line.is_empty())
        // A longer indent continues the description above.
        .filter(|line| line.starts_with("  ") && !line.starts_with("   "))
        .filter_map(|line| line.split_whitespace().next())
        .filter(|name| *name != "help")
        .map(|name| words.iter().cloned().chain([name.to_owned()]).collect())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::below;

    #[test]
    fn subcommands_are_found() {
        let help = "About\n\nCommands:\n  sockets  All\n           sockets\n  help     Print\n\nOptions:\n  -q\n";
        assert_eq!(below(&[], help), [["sockets"]]);
        assert_eq!(below(&["route".into()], help), [["route", "sockets"]]);
    }
}
