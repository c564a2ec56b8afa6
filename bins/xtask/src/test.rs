//! `cargo xtask test`: all tests, and the table of what the doctor said in each scenario.

use std::fs;

use anyhow::{Context, Result};

use crate::cargo::{self, cargo};
use crate::{needs, scoreboard};

/// Scenarios wait more than they compute, so a few more than there are processors on a small
/// machine; more would delay answers that are timed.
const SCENARIOS_AT_ONCE: &str = "8";

pub(crate) fn run(record: bool) -> Result<()> {
    needs::ensure()?;
    cargo::run(cargo(["build", "--workspace", "--bins"]))?;
    let scores = cargo::root().join("target/lab-scores");
    if scores.exists() {
        fs::remove_dir_all(&scores).context("remove the scores of the last run")?;
    }
    fs::create_dir_all(&scores).context("make the directory for scores")?;

    let unprivileged = cargo::run(cargo(["test", "--workspace", "--no-fail-fast"]));
    // The whole workspace is selected again so that nothing is compiled with other features.
    let mut lab = cargo(["test", "--workspace", "--features", "synrecv-tests/lab"]);
    lab.args(["--test", "lab", "--", "--test-threads", SCENARIOS_AT_ONCE]);
    lab.env("SYNRECV_LAB_SCORES", &scores);
    let lab = cargo::run(lab);
    let scores = scoreboard::show(&scores, record);
    unprivileged.and(lab).and(scores)
}
