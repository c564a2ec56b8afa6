//! `schema`: the JSON Schema of an output.

use std::io::Read as _;
use std::process::ExitCode;

use anyhow::{Context as _, Result};
use clap::{Args, ValueEnum};
use flate2::bufread::DeflateDecoder;

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

/// `docs/schema/report.json`, deflated by the build script.
const REPORT: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/report.json.deflate"));

/// `docs/schema/table.json`, deflated by the build script.
const TABLE: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/table.json.deflate"));

pub(crate) fn run(args: &SchemaArgs) -> Result<ExitCode> {
    let packed = match args.which {
        Which::Report => REPORT,
        Which::Table => TABLE,
    };
    let mut schema = String::new();
    DeflateDecoder::new(packed).read_to_string(&mut schema).context("unpack the schema")?;
    output::stdout(&schema)?;
    Ok(ExitCode::SUCCESS)
}
