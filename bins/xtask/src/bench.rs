//! `cargo xtask bench`: what the program costs, against the bars that it has to keep.

mod capture;
mod crowd;
mod flood;
mod instructions;
mod race;
mod scale;
mod sockets;
mod trace;
mod watch;

use std::fs;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use clap::ValueEnum;

use crate::cargo::{self, cargo};
use crate::{needs, output};

pub(crate) use crowd::{IdleArgs, idle};
pub(crate) use scale::{Drain, ScaleArgs, drain};

/// Bytes that the static binary has at most.
const SIZE_MAX: u64 = 6 * 1024 * 1024;

/// Wall time of `synrecv-doctor sockets` in shares of that of `ss -tanp`, at most.
const TIME_RATIO_MAX: f64 = 0.7;

/// Wall time of `synrecv-doctor trace` in shares of that of `traceroute -n`, at most.
const TRACE_RATIO_MAX: f64 = 0.5;

/// Wall time of `diagnose` under a flood beyond the time of watching, at most.
const BEYOND_MAX: Duration = Duration::from_secs(2);

/// Largest resident set of `diagnose` under a flood, in KiB.
const PEAK_KIB_MAX: u64 = 96 * 1024;

/// Wall time of `diagnose FILE.pcap` in shares of that of reading the file, at most.
const CAPTURE_RATIO_MAX: f64 = 2.0;

/// Largest resident set of `diagnose FILE.pcap`, in KiB.
const CAPTURE_PEAK_KIB_MAX: u64 = 128 * 1024;

/// A part of the measurements.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Part {
    /// Size of the static binary
    Size,
    /// `sockets` against `ss`
    Sockets,
    /// `trace` against `traceroute`
    Trace,
    /// `diagnose` under a flood
    Flood,
    /// `diagnose` of a capture of a gibibyte
    Capture,
    /// Instructions of what touches no kernel, by valgrind; writes docs/performance-instructions.md
    Instructions,
    /// Half a million requests, a million routes, 150,000 neighbours; writes docs/performance.md
    Scale,
}

/// One line of the result.
struct Measure {
    what: String,
    measured: String,
    bar: String,
    kept: bool,
}

/// Measures and prints a table. Without `only`, all parts.
///
/// # Errors
/// When a bar is missed.
pub(crate) fn run(only: Option<Part>, scale: &ScaleArgs) -> Result<()> {
    let wanted = |part| only.is_none_or(|only| only == part);
    if [Part::Sockets, Part::Trace, Part::Flood, Part::Scale].into_iter().any(wanted) {
        needs::ensure()?;
    }
    let doctor = scale.doctor.clone().map_or_else(static_doctor, Ok)?;
    let mut measures = Vec::new();
    if wanted(Part::Size) {
        measures.push(of_size(&doctor)?);
    }
    if wanted(Part::Sockets) {
        measures.push(of_sockets(&race::sockets_against_ss(&doctor)?));
    }
    if wanted(Part::Trace) {
        measures.extend(trace::against_traceroute(&doctor)?.iter().map(of_trace));
    }
    if wanted(Part::Flood) {
        output::heading("diagnose under a flood");
        for (word, value) in [("off", "0"), ("on", "1")] {
            measures.extend(of_flood(word, &flood::diagnose(&doctor, value)?));
        }
    }
    if wanted(Part::Capture) {
        let directory = target_dir().join("bench");
        for flood in [capture::Flood::Unanswered, capture::Flood::Answered] {
            measures.extend(of_capture(&capture::analyse(&doctor, &directory, flood)?));
        }
    }
    if wanted(Part::Instructions) {
        let counted = instructions::count(&doctor, &target_dir().join("bench"))?;
        measures.extend(counted.iter().map(of_instructions));
    }
    if wanted(Part::Scale) {
        measures.extend(scale::measure(&doctor, scale)?);
    }
    show(&measures)
}

fn mib(bytes: u64) -> String {
    format!("{}.{:02} MiB", bytes >> 20, ((bytes & 0xf_ffff) * 100) >> 20)
}

fn of_size(doctor: &Path) -> Result<Measure> {
    let bytes = fs::metadata(doctor).context("look at the static binary")?.len();
    Ok(Measure {
        what: "static binary".to_owned(),
        measured: mib(bytes),
        bar: format!("at most {}", mib(SIZE_MAX)),
        kept: bytes <= SIZE_MAX,
    })
}

fn of_sockets(raced: &race::Raced) -> Measure {
    let ratio = raced.doctor_ms / raced.ss_ms;
    Measure {
        what: format!("sockets, {} sockets, {} processes", raced.socket_count, raced.process_count),
        measured: format!(
            "{:.2} ms against {:.2} ms of ss -tanp ({} rounds): {ratio:.2}",
            raced.doctor_ms, raced.ss_ms, raced.round_count
        ),
        bar: format!("at most {TIME_RATIO_MAX}"),
        kept: ratio <= TIME_RATIO_MAX,
    }
}

fn of_trace(traced: &trace::Traced) -> Measure {
    let ratio = traced.doctor_ms / traced.traceroute_ms;
    Measure {
        what: traced.what.clone(),
        measured: format!(
            "{:.1} ms against {:.1} ms of traceroute -n ({} rounds): {ratio:.2}",
            traced.doctor_ms, traced.traceroute_ms, traced.round_count
        ),
        bar: format!("at most {TRACE_RATIO_MAX}"),
        kept: ratio <= TRACE_RATIO_MAX,
    }
}

/// Time and memory of `diagnose` of a capture. The bar is that of SYNs that nobody answers; answers
/// are as many packets more.
fn of_capture(analysed: &capture::Analysed) -> [Measure; 2] {
    let barred = analysed.flood == capture::Flood::Unanswered;
    let what = format!("capture, {} SYNs, {}", capture::SYN_COUNT, analysed.flood.name());
    let ratio = analysed.doctor_ms / analysed.read_ms;
    let beside = match analysed.tcpdump_ms {
        Some(ms) => format!("; tcpdump -r -w {ms:.0} ms"),
        None => String::new(),
    };
    [
        Measure {
            what: what.clone(),
            measured: format!(
                "{:.0} ms against {:.0} ms of cat: {ratio:.2}{beside}",
                analysed.doctor_ms, analysed.read_ms
            ),
            bar: if barred { format!("at most {CAPTURE_RATIO_MAX:.1}") } else { "-".to_owned() },
            kept: !barred || ratio <= CAPTURE_RATIO_MAX,
        },
        Measure {
            what,
            measured: format!("{} MiB resident", analysed.peak_kib >> 10),
            bar: format!("at most {} MiB", CAPTURE_PEAK_KIB_MAX >> 10),
            kept: analysed.peak_kib > 0 && analysed.peak_kib <= CAPTURE_PEAK_KIB_MAX,
        },
    ]
}

fn of_instructions(counted: &instructions::Counted) -> Measure {
    Measure {
        what: counted.what.to_owned(),
        measured: format!(
            "{} instructions, {:.2} %",
            counted.instruction_count,
            counted.spread * 100.0
        ),
        bar: instructions::Counted::bar(),
        kept: counted.is_stable(),
    }
}

/// Time and memory of one run of `diagnose` under a flood.
fn of_flood(cookies: &str, flooded: &flood::Flooded) -> [Measure; 2] {
    let what = format!("diagnose, {} requests, SYN cookies {cookies}", flooded.held_count);
    let beyond = flooded.beyond;
    [
        Measure {
            what: what.clone(),
            measured: format!(
                "{:.2} s beyond {} s",
                beyond.as_secs_f64(),
                flood::OBSERVE.as_secs()
            ),
            bar: format!("at most {} s", BEYOND_MAX.as_secs()),
            kept: beyond <= BEYOND_MAX,
        },
        Measure {
            what,
            measured: format!("{} MiB resident", flooded.peak_kib >> 10),
            bar: format!("at most {} MiB", PEAK_KIB_MAX >> 10),
            kept: flooded.peak_kib > 0 && flooded.peak_kib <= PEAK_KIB_MAX,
        },
    ]
}

fn show(measures: &[Measure]) -> Result<()> {
    let mut rows = vec![["WHAT", "MEASURED", "BAR", ""].map(str::to_owned).to_vec()];
    for measure in measures {
        let verdict = if measure.kept { "kept" } else { "MISSED" };
        rows.push(vec![
            measure.what.clone(),
            measure.measured.clone(),
            measure.bar.clone(),
            verdict.to_owned(),
        ]);
    }
    output::heading("bench");
    output::say(&output::table(&rows).join("\n"));
    match measures.iter().filter(|measure| !measure.kept).count() {
        0 => Ok(()),
        missed => bail!("{missed} of the bars missed"),
    }
}

/// The release binary that needs no library of the host.
fn static_doctor() -> Result<std::path::PathBuf> {
    output::heading("building the static binary");
    built_static(["--package", "synrecv-doctor"], "synrecv-doctor")
}

/// Reads routes with the product's own reader and does nothing else.
fn static_route_reader() -> Result<std::path::PathBuf> {
    output::heading("building the reader of routes");
    built_static(["--package", "synrecv-routes", "--example", "routes"], "routes")
}

fn built_static<const N: usize>(target: [&str; N], name: &str) -> Result<std::path::PathBuf> {
    let mut build = cargo(["build", "--release"]);
    build.args(target).arg("--target").arg(host_triple()?);
    // A directory of its own: other flags would make cargo build everything else anew.
    build.arg("--target-dir").arg(target_dir().join("static"));
    build.env("RUSTFLAGS", "-C target-feature=+crt-static");
    cargo::built(build, name)
}

fn target_dir() -> std::path::PathBuf {
    let chosen = std::env::var_os("CARGO_TARGET_DIR").map(std::path::PathBuf::from);
    chosen.unwrap_or_else(|| cargo::root().join("target"))
}

/// The triple of this machine, as `rustc -vV` names it.
fn host_triple() -> Result<String> {
    let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let output = std::process::Command::new(Path::new(&rustc)).arg("-vV").output();
    let output = output.context("run `rustc -vV`")?;
    String::from_utf8_lossy(&output.stdout)
        .lines()
        .find_map(|line| line.strip_prefix("host: ").map(str::to_owned))
        .context("find the host triple in the output of `rustc -vV`")
}
