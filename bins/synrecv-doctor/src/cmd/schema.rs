//! `schema`: the JSON Schema of an output.

use std::process::ExitCode;

use anyhow::Result;
use clap::{Args, ValueEnum};

use crate::output;

#[derive(Debug, Args)]
pub(crate) struct SchemaArgs {
    /// Which output
    #[arg(value_enum, default_value_t = Which::Report)]
    which: Which,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Which {
    /// Of `diagnose --format json`
    Report,
    /// Of sockets, arp, route and interfaces
    Table,
}

pub(crate) fn run(args: &SchemaArgs) -> Result<ExitCode> {
    let schema = match args.which {
        Which::Report => synrecv_report::json::schema(),
        Which::Table => synrecv_report::table::schema(),
    };
    output::stdout(&schema)?;
    Ok(ExitCode::SUCCESS)
}
