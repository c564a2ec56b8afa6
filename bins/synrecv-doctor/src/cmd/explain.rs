//! `explain`: the manual of a finding, offline.

use std::process::ExitCode;

use anyhow::Result;
use clap::Args;
use synrecv_report::explain;

use super::UsageError;
use crate::cli::CommonArgs;
use crate::output;

#[derive(Debug, Args)]
pub(crate) struct ExplainArgs {
    /// Id of a finding, such as bad-netmask; without it, the list
    id: Option<String>,
    #[command(flatten)]
    common: CommonArgs,
}

pub(crate) fn run(args: &ExplainArgs) -> Result<ExitCode> {
    let style = args.common.style();
    let Some(id) = &args.id else { return super::checks::run(&args.common) };
    let Some(check) = synrecv_checks::find(id) else {
        let hint = synrecv_checks::nearest(id)
            .map_or_else(String::new, |nearest| format!("; did you mean `{nearest}`?"));
        return Err(UsageError(format!("no finding is called `{id}`{hint}")).into());
    };
    output::stdout(&explain::manual(&check.info, style))?;
    Ok(ExitCode::SUCCESS)
}
