//! `demo`: diagnoses an incident that was recorded in the lab and built in.

use std::process::ExitCode;

use anyhow::{Context as _, Result};
use clap::Args;

use crate::cli::{Observe, ReportArgs, parse_observe};
use crate::deliver::Delivery;
use crate::{source, terminal};

/// Made by `synrecv-lab record incident`.
const INCIDENT: &[u8] = include_bytes!("../../recordings/incident.bundle");

#[derive(Clone, Debug, Args)]
pub(crate) struct DemoArgs {
    /// Taken as `diagnose` takes it; the recording has its own length
    #[arg(long, value_name = "DUR", default_value = "auto", value_parser = parse_observe)]
    observe: Observe,
    #[command(flatten)]
    report: ReportArgs,
}

pub(crate) fn run(args: &DemoArgs) -> Result<ExitCode> {
    let delivery = Delivery::new(&args.report)?;
    let case = source::bundle(INCIDENT).context("read the built-in recording")?;
    if !args.report.common.quiet {
        terminal::complain("a recorded incident, built in; this host was not looked at");
    }
    delivery.deliver(&case)
}
