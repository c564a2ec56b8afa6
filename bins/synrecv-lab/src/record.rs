//! `synrecv-lab record SCENARIO -o FILE`.

use std::ffi::OsStr;
use std::process::ExitCode;

use anyhow::{Result, bail};

use crate::cli::RecordArgs;
use crate::{doctor, stand};

pub(crate) fn record(args: &RecordArgs) -> Result<ExitCode> {
    let program = doctor::beside_this_program()?;
    let running = stand::stand(args.scenario)?;
    let mut words = vec![OsStr::new("collect"), OsStr::new("--output"), args.output.as_os_str()];
    if let Some(length) = &args.observe {
        words.extend([OsStr::new("--observe"), length]);
    }
    let status = doctor::show(&running, &program, &words)?;
    drop(running);
    if !status.success() {
        bail!("the doctor could not record `{}` ({status})", args.scenario.id);
    }
    Ok(ExitCode::SUCCESS)
}
