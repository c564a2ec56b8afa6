//! `cargo xtask bench`: what the program costs, against the bars that it has to keep.

mod crowd;
mod flood;
mod race;
mod sockets;

use std::fs;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result, bail};

use crate::cargo::{self, cargo};
use crate::{needs, output};

pub(crate) use crowd::{IdleArgs, idle};

/// Bytes that the static binary has at most.
const SIZE_MAX: u64 = 6 * 1024 * 1024;

/// Wall time of `synrecv-doctor sockets` in shares of that of `ss -tanp`, at most.
const TIME_RATIO_MAX: f64 = 0.7;

/// Wall time of `diagnose` under a flood beyond the time of watching, at most.
const BEYOND_MAX: Duration = Duration::from_secs(2);

/// Largest resident set of `diagnose` under a flood, in KiB.
const PEAK_KIB_MAX: u64 = 96 * 1024;

/// One line of the result.
struct Measure {
    what: String,
    measured: String,
    bar: String,
    kept: bool,
}

/// Measures and prints a table.
///
/// # Errors
/// When a bar is missed.
pub(crate) fn run() -> Result<()> {
    needs::ensure()?;
    let doctor = static_doctor()?;
    let bytes = fs::metadata(&doctor).context("look at the static binary")?.len();
    let raced = race::sockets_against_ss(&doctor)?;

    output::heading("diagnose under a flood");
    let floods = [("off", "0"), ("on", "1")]
        .map(|(word, value)| Ok((word, flood::diagnose(&doctor, value)?)))
        .into_iter()
        .collect::<Result<Vec<_>>>()?;

    let ratio = raced.doctor_ms / raced.ss_ms;
    let mib = |bytes: u64| format!("{}.{:02} MiB", bytes >> 20, ((bytes & 0xf_ffff) * 100) >> 20);
    let mut measures = vec![
        Measure {
            what: "static binary".to_owned(),
            measured: mib(bytes),
            bar: format!("at most {}", mib(SIZE_MAX)),
            kept: bytes <= SIZE_MAX,
        },
        Measure {
            what: format!(
                "sockets, {} sockets, {} processes",
                raced.socket_count, raced.process_count
            ),
            measured: format!(
                "{:.2} ms against {:.2} ms of ss -tanp ({} rounds): {ratio:.2}",
                raced.doctor_ms, raced.ss_ms, raced.round_count
            ),
            bar: format!("at most {TIME_RATIO_MAX}"),
            kept: ratio <= TIME_RATIO_MAX,
        },
    ];
    measures.extend(floods.iter().flat_map(|(cookies, flooded)| of_flood(cookies, flooded)));
    show(&measures)
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
    let mut build = cargo(["build", "--release", "--package", "synrecv-doctor"]);
    build.arg("--target").arg(host_triple()?);
    // A directory of its own: other flags would make cargo build everything else anew.
    build.arg("--target-dir").arg(target_dir().join("static"));
    build.env("RUSTFLAGS", "-C target-feature=+crt-static");
    cargo::built(build, "synrecv-doctor")
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
