//! `synrecv-lab up SCENARIO`, and the process that it leaves in the server's namespace.

use std::io::Read;
use std::process::{Command, ExitCode, Stdio};

use anyhow::{Context, Result};
use synrecv_faults::Program;
use tokio::signal::unix::{SignalKind, signal};

use crate::cli::UpArgs;
use crate::{output, stand};

pub(crate) fn up(args: &UpArgs) -> Result<ExitCode> {
    // Set up first: a signal that comes while the fault is built ends the program at once, and
    // everything with it; one that comes later is waited for below.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let running = stand::stand(args.scenario)?;

    let own = std::env::current_exe().context("find the path of this program")?;
    let program = Program::open(&own).with_context(|| format!("open `{}`", own.display()))?;
    let mut command: Command = program.command(None);
    // Its standard input ends with this process, and then it does too.
    command.arg("hold").stdin(Stdio::piped()).stdout(Stdio::null());
    let mut holder = running.spawn_in_server(command, None)?;
    let pid = holder.id();
    output::say(&format!("{pid}\n"))?;
    output::complain(&format!(
        "process {pid} is in the server's namespace; in another terminal:\n  \
         synrecv-doctor --netns {pid}\n  nsenter -t {pid} -n ss -tno state syn-recv\n\
         Ctrl-C ends it"
    ));

    runtime.block_on(ended())?;
    output::complain("tearing down");
    drop(holder.stdin.take());
    holder.wait().context("wait for the process in the server's namespace")?;
    drop(running);
    Ok(ExitCode::SUCCESS)
}

async fn ended() -> Result<()> {
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    let mut hangup = signal(SignalKind::hangup())?;
    tokio::select! {
        _ = interrupt.recv() => {}
        _ = terminate.recv() => {}
        _ = hangup.recv() => {}
    }
    Ok(())
}

/// Stays until standard input ends, and does nothing else.
pub(crate) fn hold() -> Result<ExitCode> {
    let mut ignored = [0; 64];
    while std::io::stdin().lock().read(&mut ignored).context("read standard input")? > 0 {}
    Ok(ExitCode::SUCCESS)
}
