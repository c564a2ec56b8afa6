//! `schema`: the JSON Schema of an output.

use std::process::ExitCode;

use anyhow::{Context as _, Result};
use clap::{Args, ValueEnum};

use crate::{documents, output};

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
    let path = match args.which {
        Which::Report => "schema/report.json",
        Which::Table => "schema/table.json",
    };
    let schema = documents::page(path)?.context("find the schema")?;
    output::stdout(&schema)?;
    Ok(ExitCode::SUCCESS)
}
