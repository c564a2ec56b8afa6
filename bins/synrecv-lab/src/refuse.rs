//! `synrecv-lab refuse WHAT[,WHAT...] --errno ERRNO -- COMMAND...`.

use std::process::{Command, ExitCode};

use anyhow::{Context, Result, anyhow};
use synrecv_faults::Refusal;

use crate::cli::RefuseArgs;

/// Becomes the command; returns only when that fails.
pub(crate) fn refuse(args: &RefuseArgs) -> Result<ExitCode> {
    let (name, words) = args.command.split_first().context("no command was given")?;
    let refusal = Refusal::new(&args.calls, args.errno)?;
    let error = refusal.exec(Command::new(name).args(words));
    Err(anyhow!(error).context(format!("become `{}`", name.display())))
}
