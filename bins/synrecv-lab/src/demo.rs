//! `synrecv-lab demo`: the incident, explained and diagnosed.

use std::process::ExitCode;
use std::thread;

use anyhow::{Context, Result, anyhow};
use synrecv_faults::{Outcome, scenario};

use crate::{doctor, output, stand};

pub(crate) fn demo() -> Result<ExitCode> {
    let incident = scenario::find("incident").context("find the scenario `incident`")?;
    let program = doctor::beside_this_program()?;
    output::say(&format!("{}\n{}\n\n", incident.story, incident.picture))?;
    let running = stand::stand(incident)?;
    output::say("The doctor, run on the server:\n\n")?;

    // Both at once: the text is for the reader, the report for the comparison.
    let (shown, asked) = thread::scope(|scope| {
        let report = scope.spawn(|| doctor::ask(&running, &program, &["--format", "json"], None));
        let shown = doctor::show(&running, &program, &["--format", "text"]);
        let asked = report.join().unwrap_or_else(|_| Err(anyhow!("the doctor's report is lost")));
        (shown, asked)
    });
    shown?;
    let answer = asked?;
    drop(running);

    let found = Outcome::from_report(&answer.stdout, answer.status.code())
        .with_context(|| format!("read the doctor's report ({})", answer.status))?;
    let (text, right) = doctor::compare(incident, &found);
    output::say(&format!("\n{text}"))?;
    Ok(if right { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
