//! Programs by turns on one host: wall time and the largest resident set of each.

use std::ffi::OsString;
use std::fs;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::{Pid, PidfdFlags, pidfd_open};
use synrecv_faults::Namespace;

use crate::bench::watch::high_water_kib;
use crate::cargo;

/// Time between two looks at the memory of a program.
const LOOK_EVERY: Timespec = Timespec { tv_sec: 0, tv_nsec: 2_000_000 };
const PIPE_BYTES: usize = 1024 * 1024;

/// What runs against each other.
#[derive(Clone, Debug)]
pub(super) struct Contestant {
    /// As it is printed; unique.
    pub(super) name: &'static str,
    program: PathBuf,
    args: Vec<OsString>,
    /// It is stopped after this, and then runs no more.
    pub(super) deadline: Duration,
    /// Exit status up to which it did its work: findings are no failure.
    worst_status: i32,
}

const DEADLINE: Duration = Duration::from_mins(1);

impl Contestant {
    /// The raw drain, by this program.
    pub(super) fn drain(name: &'static str, what: &str) -> Result<Self> {
        let own = std::env::current_exe().context("find the path of this program")?;
        Ok(Self::new(name, &own, &["drain", what]))
    }

    /// The doctor.
    pub(super) fn doctor(name: &'static str, doctor: &Path, args: &[&str]) -> Self {
        Self { worst_status: 3, ..Self::new(name, doctor, args) }
    }

    /// A program of this workspace, without arguments.
    pub(super) fn own(name: &'static str, program: &Path) -> Self {
        Self::new(name, program, &[])
    }

    /// A program on the search path, named as it is typed.
    pub(super) fn tool(name: &'static str) -> Self {
        let mut words = name.split(' ');
        let program = words.next().unwrap_or_default();
        Self::new(name, Path::new(program), &words.collect::<Vec<_>>())
    }

    /// Is printed so.
    pub(super) fn called(mut self, name: &'static str) -> Self {
        self.name = name;
        self
    }

    /// Gives up sooner.
    pub(super) fn within(mut self, deadline: Duration) -> Self {
        self.deadline = deadline;
        self
    }

    fn new(name: &'static str, program: &Path, args: &[&str]) -> Self {
        let args = args.iter().map(OsString::from).collect();
        Self { name, program: program.to_owned(), args, deadline: DEADLINE, worst_status: 0 }
    }
}

/// What one contestant took.
#[derive(Clone, Debug, Default)]
pub(super) struct Took {
    /// Processor time of each round; none when it did not end in time.
    busy: Vec<Duration>,
    /// Wall time of each round.
    lasted: Vec<Duration>,
    /// Largest resident set of all rounds.
    pub(super) peak_kib: u64,
    /// Bytes that it wrote to its standard output, in the last round.
    pub(super) written: u64,
    /// It was stopped at its deadline.
    pub(super) late: bool,
}

impl Took {
    /// Median of the processor time, in milliseconds.
    pub(super) fn busy_ms(&self) -> Option<f64> {
        self.median_ms(&self.busy)
    }

    /// Median of the wall time, in milliseconds.
    pub(super) fn lasted_ms(&self) -> Option<f64> {
        self.median_ms(&self.lasted)
    }

    fn median_ms(&self, times: &[Duration]) -> Option<f64> {
        let mut times = times.to_vec();
        times.sort_unstable();
        let median = times.get(times.len() / 2).filter(|_| !self.late);
        median.map(|time| time.as_secs_f64() * 1000.0)
    }
}

/// Runs all by turns, so that what disturbs the machine disturbs all. One round before the first that
/// counts fills caches.
pub(super) fn race(
    server: &Namespace,
    contestants: &[Contestant],
    rounds: usize,
) -> Result<Vec<Took>> {
    let mut all = vec![Took::default(); contestants.len()];
    for round in 0..=rounds {
        for (contestant, took) in contestants.iter().zip(&mut all) {
            if took.late {
                continue;
            }
            match run(server, contestant)? {
                None => took.late = true,
                Some(ran) => {
                    took.busy.extend((round > 0).then_some(ran.busy));
                    took.lasted.extend((round > 0).then_some(ran.lasted));
                    took.peak_kib = took.peak_kib.max(ran.peak_kib);
                    took.written = ran.written;
                }
            }
        }
    }
    Ok(all)
}

struct Ran {
    busy: Duration,
    lasted: Duration,
    peak_kib: u64,
    written: u64,
}

/// One run, with its output drained from a pipe; `None` when it was stopped at its deadline.
fn run(server: &Namespace, contestant: &Contestant) -> Result<Option<Ran>> {
    let name = contestant.name;
    let (reader, writer) = io::pipe().context("make a pipe")?;
    // Unprivileged limits do not bind root; a smaller pipe would only be slower for all.
    let _ = rustix::pipe::fcntl_setpipe_size(&writer, PIPE_BYTES);
    let mut command = Command::new(&contestant.program);
    command.args(&contestant.args).env("PATH", cargo::search_path());
    command.stdin(Stdio::null()).stdout(writer).stderr(Stdio::null());
    let drainer = thread::spawn(move || drain(reader));
    let began = Instant::now();
    let mut child = server.spawn(command, None)?;
    let watched = watch(&mut child, began + contestant.deadline);
    if !matches!(watched, Ok(Some(_))) {
        // It may have ended just now; either way it is gone after the wait.
        let _ = child.kill();
        let _ = child.wait();
    }
    let written = drainer.join().map_err(|_| anyhow::anyhow!("reading of `{name}` broke off"))?;
    let Some(Ended { status, at, busy, peak_kib }) = watched? else { return Ok(None) };
    if status.code().is_none_or(|code| code > contestant.worst_status) {
        bail!("`{name}` failed ({status})");
    }
    Ok(Some(Ran { busy, lasted: at.duration_since(began), peak_kib, written }))
}

fn drain(mut reader: io::PipeReader) -> u64 {
    let mut buffer = vec![0; PIPE_BYTES];
    let mut count = 0;
    while let Ok(length @ 1..) = reader.read(&mut buffer) {
        count += u64::try_from(length).unwrap_or(0);
    }
    count
}

/// What is known of a program that ended.
struct Ended {
    status: ExitStatus,
    at: Instant,
    busy: Duration,
    peak_kib: u64,
}

/// Waits for the end and looks at the memory meanwhile; `None` when it does not end in time.
fn watch(child: &mut Child, until: Instant) -> Result<Option<Ended>> {
    let status_file = format!("/proc/{}/status", child.id());
    let pidfd =
        pidfd_open(Pid::from_child(child), PidfdFlags::empty()).context("watch a process")?;
    let mut peak_kib = 0;
    loop {
        let ended = poll(&mut [PollFd::new(&pidfd, PollFlags::IN)], Some(&LOOK_EVERY));
        if ended.context("wait for a process")? > 0 {
            let at = Instant::now();
            // What it used can be read until it is waited for.
            let busy = processor_time(child.id());
            let status = child.wait().context("wait for a process")?;
            return Ok(Some(Ended { status, at, busy, peak_kib }));
        }
        if Instant::now() > until {
            return Ok(None);
        }
        let text = fs::read_to_string(&status_file).unwrap_or_default();
        peak_kib = peak_kib.max(high_water_kib(&text).unwrap_or(0));
    }
}

/// Processor time of a process: exact for one thread, within 20 ms for several.
fn processor_time(pid: u32) -> Duration {
    let of_all = fs::read_to_string(format!("/proc/{pid}/stat")).ok();
    let of_all = of_all.and_then(|stat| ticks(&stat)).unwrap_or(0);
    let of_main = fs::read_to_string(format!("/proc/{pid}/schedstat")).ok();
    let of_main = of_main.and_then(|text| text.split(' ').next()?.parse().ok()).unwrap_or(0);
    Duration::from_millis(of_all * MS_PER_TICK).max(Duration::from_nanos(of_main))
}

/// Milliseconds of a tick of `USER_HZ`.
const MS_PER_TICK: u64 = 10;

/// `utime` and `stime` of `/proc/PID/stat`: the 14th and 15th field.
fn ticks(stat: &str) -> Option<u64> {
    // The name of the program is in parentheses and may hold anything.
    let (_, rest) = stat.rsplit_once(')')?;
    let mut times = rest.split_ascii_whitespace().skip(11).map(str::parse::<u64>);
    Some(times.next()?.ok()? + times.next()?.ok()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_is_the_one_in_the_middle() {
        let busy = [9, 1, 5].map(Duration::from_millis).to_vec();
        let took = Took { busy, ..Took::default() };
        assert!((took.busy_ms().unwrap() - 5.0).abs() < 1e-9);
        assert_eq!(Took { late: true, ..took }.busy_ms(), None);
    }

    #[test]
    fn both_times_are_added_whatever_the_program_is_called() {
        let stat = "7 (a ) b) S 1 7 7 0 -1 4194560 94 0 0 0 12 30 0 0 20 0 1 0 5 0 0";
        assert_eq!(ticks(stat), Some(42));
        assert_eq!(ticks("7 (x) S 1"), None);
    }
}
