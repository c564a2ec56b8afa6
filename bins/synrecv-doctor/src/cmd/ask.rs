//! `ask`: what somebody should run on the host and paste back.

use std::fmt::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Result;
use clap::{Args, ValueEnum};
use synrecv_checks::ask;
use synrecv_model::{Question, SourceKind};
use synrecv_report::escape::plain;

use super::UsageError;
use crate::cli::FilterArgs;
use crate::input::Input;
use crate::output;

#[derive(Clone, Debug, Args)]
pub(crate) struct AskArgs {
    /// What is already there (texts, a bundle, a capture): only what is missing is asked for
    #[arg(value_name = "SOURCE")]
    sources: Vec<PathBuf>,
    /// A list with reasons, or a shell script whose output is imported with certainty
    #[arg(long, value_enum, default_value_t = AskFormat::Text)]
    format: AskFormat,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum AskFormat {
    Text,
    /// A script for the one who has the host
    Sh,
}

pub(crate) fn run(args: &AskArgs) -> Result<ExitCode> {
    let is_missing = |path: &&PathBuf| path.as_os_str() != "-" && !path.exists();
    let questions = match args.sources.as_slice() {
        [] => ask::general(),
        files => {
            if let Some(path) = files.iter().find(is_missing) {
                return Err(UsageError(format!("no file `{}`", path.display())).into());
            }
            let all = FilterArgs { peer: None, port: None };
            let case = Input::open_all(files)?.judge(&all, true)?;
            if case.facts.source == SourceKind::Live {
                ask::general()
            } else {
                ask::missing(&case.facts, &case.observation, &case.diagnosis)
            }
        }
    };
    let words = match args.format {
        AskFormat::Text => list(&questions),
        AskFormat::Sh => script(&questions),
    };
    output::stdout(&words)?;
    Ok(ExitCode::SUCCESS)
}

fn list(questions: &[Question]) -> String {
    if questions.is_empty() {
        return "Nothing: all that could be asked for is there.\n".to_owned();
    }
    let mut out = String::from(
        "Please run this on the server while connections are stuck, and send all that it prints.\n\
         It changes nothing. CLIENT, SERVER, PORT, DEV: fill in what fits.\n",
    );
    for (at, question) in questions.iter().enumerate() {
        let _ = write!(
            out,
            "\n{:>2}. {}\n    {}\n",
            at + 1,
            plain(&question.decides),
            question.command.0
        );
    }
    out.push_str("\nAs one script: synrecv-doctor ask --format sh\n");
    out
}

/// Each command between markers that the import knows, so that nothing has to be guessed.
fn script(questions: &[Question]) -> String {
    let mut out = String::from(
        "#!/bin/sh\n# Reads only. Send all that it prints.\nexport LC_ALL=C PATH=\"$PATH:/usr/sbin:/sbin\"\n",
    );
    let clock = ["date -u", "uname -rn"].map(str::to_owned);
    let commands = clock.into_iter().chain(questions.iter().map(|one| one.command.0.clone()));
    for (at, command) in commands.enumerate() {
        let quoted = command.replace('\'', r"'\''");
        let open = ["CLIENT", "SERVER", "PORT", "DEV "].iter().find(|word| command.contains(*word));
        let _ = writeln!(out, "echo '### synrecv-doctor ask {}: {quoted}'", at + 1);
        match open {
            // A placeholder is for people; the script goes on without it.
            Some(word) => {
                let _ = writeln!(out, "# fill in {}, then: {command}", word.trim());
            }
            None => {
                let _ = writeln!(out, "( {command} ) 2>&1");
            }
        }
    }
    out.push_str("echo '### synrecv-doctor end'\n");
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_script_marks_each_output() {
        let script = script(&ask::general());
        assert!(script.contains("echo '### synrecv-doctor ask 1: date -u'"));
        assert!(script.ends_with("echo '### synrecv-doctor end'\n"));
        let marks = script.matches("### synrecv-doctor ask ").count();
        assert_eq!(marks, ask::general().len() + 2);
    }
}
