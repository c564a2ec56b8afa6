//! `checks`: all ids, and what each needs.

use std::process::ExitCode;

use anyhow::Result;
use synrecv_checks::CATALOG;

use crate::cli::CommonArgs;
use crate::output;

pub(crate) fn run(common: &CommonArgs) -> Result<ExitCode> {
    let infos = CATALOG.iter().map(|check| &check.info);
    output::stdout(&synrecv_report::explain::list(infos, common.style()))?;
    Ok(ExitCode::SUCCESS)
}
