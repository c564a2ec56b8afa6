//! `collect`: facts and observation into one bundle, to be judged elsewhere.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Result;
use clap::Args;

use crate::cli::LiveArgs;
use crate::redacted::{RedactArgs, Redaction, Told};
use crate::{output, source, terminal};

#[derive(Clone, Debug, Args)]
pub(crate) struct CollectArgs {
    /// The bundle to write; a file of this name is replaced
    #[arg(short, long, value_name = "FILE")]
    output: PathBuf,
    #[command(flatten)]
    live: LiveArgs,
    #[command(flatten)]
    redact: RedactArgs,
    /// No progress and no summary on standard error
    #[arg(short, long)]
    quiet: bool,
}

pub(crate) fn run(args: &CollectArgs) -> Result<ExitCode> {
    output::can_hold(&args.output)?;
    let redaction = args.redact.wanted()?;
    let Told { case, .. } =
        Told::new(source::live(&args.live, false, false, args.quiet)?, redaction.as_ref())?;
    let writer = format!("{} {}", synrecv_report::PROGRAM, synrecv_report::VERSION);
    output::file_with(&args.output, |file| {
        synrecv_bundle::write(&case.facts, &case.observation, &writer, file)
    })?;
    if !args.quiet {
        let names = redaction.as_ref().map_or_else(
            || "addresses, names of hosts and processes as they are".to_owned(),
            Redaction::note,
        );
        terminal::complain(&format!(
            "wrote `{}`: {names}; {} stuck. Diagnose it with: synrecv-doctor {0}",
            args.output.display(),
            case.diagnosis.verdict.stuck_count,
        ));
    }
    Ok(ExitCode::SUCCESS)
}
