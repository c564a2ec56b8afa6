//! `synrecv-doctor sockets` and `ss -tanp` by turns, in one namespace.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use synrecv_faults::{Namespace, scenario};

use super::crowd::Crowd;
use super::sockets;
use crate::{cargo, output};

const PROCESS_COUNT: usize = 200;
const LISTENING_COUNT: usize = 20;
const SOCKET_COUNT_MIN: usize = 300;
const ROUND_COUNT: usize = 25;
/// Rounds before the first that counts: they fill caches.
const WARM_UP_COUNT: usize = 3;
/// For the scenario that gives requests in SYN_RECV.
const PATIENCE: Duration = Duration::from_secs(30);

/// Medians of the wall time.
pub(super) struct Raced {
    pub(super) doctor_ms: f64,
    pub(super) ss_ms: f64,
    pub(super) round_count: usize,
    pub(super) socket_count: usize,
    pub(super) process_count: usize,
}

pub(super) fn sockets_against_ss(doctor: &Path) -> Result<Raced> {
    output::heading("synrecv-doctor sockets against ss -tanp");
    let scenario = scenario::find("silent-client").context("find the scenario `silent-client`")?;
    let running = scenario.build().context("build `silent-client`")?;
    running.wait_ready(PATIENCE).context("`silent-client`")?;
    let server = running.server();
    let held = server.run(sockets::open)??;
    let crowd = Crowd::gather(server, PROCESS_COUNT, LISTENING_COUNT)?;

    let socket_count = server.run(socket_count)??;
    if socket_count < SOCKET_COUNT_MIN {
        bail!("only {socket_count} sockets, {SOCKET_COUNT_MIN} are needed");
    }
    let mut doctor_times = Vec::with_capacity(ROUND_COUNT);
    let mut ss_times = Vec::with_capacity(ROUND_COUNT);
    for round in 0..WARM_UP_COUNT + ROUND_COUNT {
        let doctor_time = timed(server, doctor, &["sockets"])?;
        let ss_time = timed(server, Path::new("ss"), &["-tanp"])?;
        if round >= WARM_UP_COUNT {
            doctor_times.push(doctor_time);
            ss_times.push(ss_time);
        }
    }
    drop((crowd, held));
    Ok(Raced {
        doctor_ms: median_ms(doctor_times),
        ss_ms: median_ms(ss_times),
        round_count: ROUND_COUNT,
        socket_count,
        process_count: PROCESS_COUNT,
    })
}

/// Wall time of one run, from its start to its end.
pub(super) fn timed(server: &Namespace, program: &Path, args: &[&str]) -> Result<Duration> {
    let mut command = Command::new(program);
    command.args(args).env("PATH", cargo::search_path());
    command.stdin(Stdio::null()).stdout(Stdio::null());
    let began = Instant::now();
    let mut child = server.spawn(command, None)?;
    let status = child.wait().context("wait for its end")?;
    let took = began.elapsed();
    if !status.success() {
        bail!("`{} {}` failed ({status})", program.display(), args.join(" "));
    }
    Ok(took)
}

/// Rows of both tables of the namespace of the calling thread.
fn socket_count() -> Result<usize> {
    let mut count = 0;
    for path in ["/proc/thread-self/net/tcp", "/proc/thread-self/net/tcp6"] {
        match fs::read_to_string(path) {
            // The first line names the columns.
            Ok(text) => count += text.lines().count().saturating_sub(1),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
            Err(error) => return Err(error).with_context(|| format!("read `{path}`")),
        }
    }
    Ok(count)
}

pub(super) fn median_ms(mut times: Vec<Duration>) -> f64 {
    times.sort_unstable();
    times.get(times.len() / 2).map_or(f64::NAN, |time| time.as_secs_f64() * 1000.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_is_the_one_in_the_middle() {
        let times = [9, 1, 5].map(Duration::from_millis).to_vec();
        assert!((median_ms(times) - 5.0).abs() < 1e-9);
    }
}
