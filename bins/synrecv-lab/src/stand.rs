//! Building a scenario and waiting until it shows, with progress on standard error.

use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use synrecv_faults::Running;
use synrecv_faults::scenario::Scenario;

use crate::output;

/// A fault shows when a SYN-ACK timer fired, after 1 s; the rest is for a loaded machine.
const PATIENCE: Duration = Duration::from_secs(30);

/// Builds the scenario and waits until it shows.
pub(crate) fn stand(scenario: &Scenario) -> Result<Running> {
    output::complain(&format!("building `{}`: {}", scenario.id, scenario.title));
    let began = Instant::now();
    let running = scenario.build().with_context(|| format!("build `{}`", scenario.id))?;
    let built = began.elapsed().as_secs_f64();
    let shows = running.wait_ready(PATIENCE).with_context(|| format!("`{}`", scenario.id))?;
    let shows = shows.as_secs_f64();
    output::complain(&format!("built in {built:.1} s, shows after {shows:.1} s"));
    Ok(running)
}
