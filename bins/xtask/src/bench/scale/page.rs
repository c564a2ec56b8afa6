//! The page with the results, `docs/performance.md`.

use std::fmt::Write as _;
use std::fs;
use std::process::Command;

use anyhow::{Context, Result};

use super::Measured;
use super::contests::{
    RAW_LISTENERS, RAW_LOOK_UPS, RAW_NEIGHBOURS, RAW_PROC, RAW_ROUTES, RAW_SOCKETS, ROUTE_ROWS,
};
use super::race::Took;
use crate::bench::Measure;
use crate::{cargo, output};

const INTRODUCTION: &str = "# Performance on a large host

Written by `cargo xtask bench --only scale`. It builds one host in network namespaces: 500,000 requests in
SYN_RECV from 100,000 peers and 50,000 connected sockets, 1,000,000 IPv4 routes with the prefix lengths of the
internet, and 150,000 neighbours. On it the programs run by turns, so that what disturbs the machine disturbs
all; their output goes through a pipe to a reader that throws it away. *Raw* is the kernel's limit: one
blocking netlink socket with one buffer of 32 KiB and nothing parsed, or `read` of a /proc file. Times are
medians, of whole processes. Ratios are of *processor* time (user and system), which other work on the machine
disturbs less than wall time; only ratios mean anything on another machine.
";

/// By profiles of the same loads.
const WHY: &str = "
## What the missed bars would take

- `sockets --all`, `--state syn-recv`: a request is 40 bytes for each source while it is read and 92 as a row, and memory
  that is touched for the first time costs about as much as what is written there. Text groups requests, so it needs no
  rows: groups could be counted from flows while the dump is read.
- `arp`: lines are half as long again as those of `ip neigh`, in order, and say what several entries show together. What
  is left is the memory of the rows (80 bytes each, of which 32 are ages), one sort that moves them, and the look at each
  for gateways, own addresses and shared MACs.
- `diagnose`: much of the time is the checks, which walk all stuck requests one after another where groups of like
  requests would do; the rest is what the kernel takes for the tables, and their rows. Of the memory, half a million
  connections of the diagnosis take most (176 bytes each, of which 50 are of the way of a reply that few were asked
  about), then their tracks (112) and the view that the checks have of them (40); a million routes take 32 bytes each.
  Connections would have to share their way out and be counted in groups.
- Small host: half of what `ss -tan` takes is two walks of the kernel's hash table; `sockets --source diag` walks once, and
  names no processes.
- Instructions are counted in software: [performance-instructions](performance-instructions.md).
";

/// Everything that was measured, on the terminal.
pub(super) fn print(measured: &Measured) {
    let mut rows = vec![
        ["PROGRAM", "PROCESSOR MS", "WALL MS", "PEAK MIB", "WRITTEN MIB"].map(str::to_owned).into(),
    ];
    rows.extend(measured.0.iter().map(|(name, took)| cells(name, took).to_vec()));
    output::heading("scale");
    output::say(&output::table(&rows).join("\n"));
}

/// Writes the page.
pub(super) fn write(measured: &Measured, bars: &[Measure], rounds: usize) -> Result<()> {
    let path = cargo::root().join("docs/performance.md");
    let mut page = INTRODUCTION.to_owned();
    let _ = writeln!(page, "\n{}\n", occasion(rounds)?);
    page.push_str("| what has to hold | measured | bar | |\n|---|---|---|---|\n");
    for bar in bars {
        let verdict = if bar.kept { "kept" } else { "**missed**" };
        let _ = writeln!(page, "| {} | {} | {} | {verdict} |", bar.what, bar.measured, bar.bar);
    }
    page.push_str(
        "\n| program | processor ms | wall ms | peak MiB | written MiB |\n|---|---|---|---|---|\n",
    );
    for (name, took) in &measured.0 {
        let _ = writeln!(page, "| {} |", cells(&shown(name), took).join(" | "));
    }
    page.push_str(WHY);
    fs::write(&path, page).context("write `docs/performance.md`")
}

/// Commands are set as code, and ours are told from others.
fn shown(name: &str) -> String {
    let no_commands = [
        RAW_SOCKETS,
        RAW_LISTENERS,
        RAW_PROC,
        RAW_ROUTES,
        RAW_NEIGHBOURS,
        RAW_LOOK_UPS,
        ROUTE_ROWS,
    ];
    if no_commands.contains(&name) { name.to_owned() } else { format!("`{name}`") }
}

fn cells(name: &str, took: &Took) -> [String; 5] {
    let mib = |bytes: u64| format!("{}.{}", bytes >> 20, ((bytes & 0xf_ffff) * 10) >> 20);
    let ms = |median: Option<f64>| {
        let late = || if took.late { "stopped at its deadline" } else { "-" };
        median.map_or_else(|| late().to_owned(), |ms| format!("{ms:.1}"))
    };
    let (busy, lasted) = (ms(took.busy_ms()), ms(took.lasted_ms()));
    [name.to_owned(), busy, lasted, mib(took.peak_kib << 10), mib(took.written)]
}

/// When and where.
fn occasion(rounds: usize) -> Result<String> {
    let date = Command::new("date").args(["--utc", "+%Y-%m-%d"]).output().context("run `date`")?;
    let date = String::from_utf8_lossy(&date.stdout).trim().to_owned();
    let uname = rustix::system::uname();
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let load = fs::read_to_string("/proc/loadavg").context("read `/proc/loadavg`")?;
    let load = load.split(' ').nth(2).unwrap_or("?");
    Ok(format!(
        "Measured {date} on Linux {}, {cores} cores; {rounds} rounds. Load of the machine meanwhile: {load}.",
        uname.release().to_string_lossy()
    ))
}
