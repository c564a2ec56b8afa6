//! `collect`: facts and observation into one bundle, to be judged elsewhere.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Result;
use clap::Args;

use crate::cli::LiveArgs;
use crate::{output, source, terminal};

#[derive(Clone, Debug, Args)]
pub(crate) struct CollectArgs {
    /// The bundle to write; a file of this name is replaced
    #[arg(short, long, value_name = "FILE")]
    output: PathBuf,
    #[command(flatten)]
    live: LiveArgs,
    /// No progress and no summary on standard error
    #[arg(short, long)]
    quiet: bool,
}

pub(crate) fn run(args: &CollectArgs) -> Result<ExitCode> {
    output::can_hold(&args.output)?;
    let case = source::live(&args.live, args.quiet)?;
    let writer = format!("{} {}", synrecv_report::PROGRAM, synrecv_report::VERSION);
    output::file_with(&args.output, |file| {
        synrecv_bundle::write(&case.facts, &case.observation, &writer, file)
    })?;
    if !args.quiet {
        terminal::complain(&format!(
            "wrote `{}`: addresses, names of hosts and processes as they are; {} stuck. Diagnose it \
             with: synrecv-doctor {0}",
            args.output.display(),
            case.diagnosis.verdict.stuck_count,
        ));
    }
    Ok(ExitCode::SUCCESS)
}
