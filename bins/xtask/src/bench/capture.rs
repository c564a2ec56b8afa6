//! A capture of a gibibyte: the doctor against reading the file, and against `tcpdump -r`.

mod generate;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use super::watch;
use crate::{cargo, output};

pub(super) use generate::{Flood, SYN_COUNT};

const ROUND_COUNT: usize = 7;

/// Medians of the wall time, in milliseconds.
pub(super) struct Analysed {
    pub(super) flood: Flood,
    pub(super) doctor_ms: f64,
    pub(super) read_ms: f64,
    /// `None` without tcpdump.
    pub(super) tcpdump_ms: Option<f64>,
    pub(super) peak_kib: u64,
}

/// A file that goes away with this.
struct Scratch(PathBuf);

impl Drop for Scratch {
    fn drop(&mut self) {
        // It lies in the directory of build products; what stays there harms nobody.
        let _ = fs::remove_file(&self.0);
    }
}

/// Writes the capture into `directory`, and reads it by turns from the page cache.
pub(super) fn analyse(doctor: &Path, directory: &Path, flood: Flood) -> Result<Analysed> {
    output::heading(&format!("diagnose a capture of a GiB, {}", flood.name()));
    fs::create_dir_all(directory).with_context(|| format!("make `{}`", directory.display()))?;
    let file = Scratch(directory.join("flood.pcap"));
    generate::write(&file.0, flood)?;
    let (mut reads, mut doctors, mut dumps) = (Vec::new(), Vec::new(), Vec::new());
    let peak_kib = watch::peak_kib(diagnose(doctor, &file.0).spawn()?, "diagnose")?;
    for _ in 0..ROUND_COUNT {
        let mut cat = Command::new("cat");
        cat.arg(&file.0);
        reads.push(timed(cat)?);
        doctors.push(timed(diagnose(doctor, &file.0))?);
        let mut dump = Command::new("tcpdump");
        // Its own text output takes half a minute.
        dump.arg("-r").arg(&file.0).args(["-w", "/dev/null", "tcp[tcpflags] & tcp-syn != 0"]);
        dumps.extend(timed(dump).ok());
    }
    Ok(Analysed {
        flood,
        doctor_ms: median_ms(doctors).context("no round of the doctor")?,
        read_ms: median_ms(reads).context("no round of cat")?,
        tcpdump_ms: median_ms(dumps),
        peak_kib,
    })
}

fn diagnose(doctor: &Path, file: &Path) -> Command {
    let mut command = Command::new(doctor);
    command.args(["diagnose", "--fail-on", "never"]).arg(file);
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command
}

fn timed(mut command: Command) -> Result<Duration> {
    command.env("PATH", cargo::search_path());
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    let name = command.get_program().to_string_lossy().into_owned();
    let began = Instant::now();
    let status = command.status().with_context(|| format!("run `{name}`"))?;
    let took = began.elapsed();
    if !status.success() {
        bail!("`{name}` failed ({status})");
    }
    Ok(took)
}

fn median_ms(mut times: Vec<Duration>) -> Option<f64> {
    times.sort_unstable();
    times.get(times.len() / 2).map(|time| time.as_secs_f64() * 1000.0)
}
