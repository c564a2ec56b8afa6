//! `cargo xtask bench`: what the program costs, against the bars that it has to keep.

mod crowd;
mod race;
mod sockets;

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, bail};

use crate::cargo::{self, cargo};
use crate::{needs, output};

pub(crate) use crowd::{IdleArgs, idle};

/// Bytes that the static binary has at most.
const SIZE_MAX: u64 = 6 * 1024 * 1024;

/// Wall time of `synrecv-doctor sockets` in shares of that of `ss -tanp`, at most.
const TIME_RATIO_MAX: f64 = 0.7;

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

    let ratio = raced.doctor_ms / raced.ss_ms;
    let mib = |bytes: u64| format!("{}.{:02} MiB", bytes >> 20, ((bytes & 0xf_ffff) * 100) >> 20);
    let measures = [
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
    show(&measures)
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
