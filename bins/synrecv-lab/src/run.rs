//! `synrecv-lab run SCENARIO [-- COMMAND...]`.

use std::process::ExitCode;

use anyhow::{Result, bail};
use synrecv_faults::Outcome;

use crate::cli::RunArgs;
use crate::{doctor, output, stand};

/// The doctor found something else than it should.
const DIFFERS: u8 = 1;

pub(crate) fn run(args: &RunArgs) -> Result<ExitCode> {
    // Looked for first: it is cheaper to miss it now than after the fault was built.
    let (program, words) = match args.command.split_first() {
        Some((name, words)) => (doctor::program(name)?, words.to_vec()),
        None => (doctor::beside_this_program()?, vec!["--format".into(), "json".into()]),
    };
    let running = stand::stand(args.scenario)?;
    let answer = doctor::ask(&running, &program, &words, args.uid)?;
    drop(running);

    let code = answer.status.code();
    let Some(found) = Outcome::from_report(&answer.stdout, code) else {
        if args.command.is_empty() {
            let said = String::from_utf8_lossy(&answer.stdout);
            bail!("the doctor wrote no report ({}): `{}`", answer.status, said.trim_end());
        }
        output::say_bytes(&answer.stdout)?;
        // Of a program that a signal ended only that is known.
        return Ok(code.and_then(|code| u8::try_from(code).ok()).unwrap_or(u8::MAX).into());
    };
    let (text, right) = doctor::compare(args.scenario, &found);
    output::say(&text)?;
    Ok(if right { ExitCode::SUCCESS } else { DIFFERS.into() })
}
