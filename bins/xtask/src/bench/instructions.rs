//! Instructions of the parts that touch no kernel: reading, joining, judging, rendering.
//!
//! `valgrind` counts them in software, as many machines show no counter of the processor. They hardly
//! differ from run to run, so that a change of a hundredth is the code's and not the machine's.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::cargo;
use crate::output;

const PAGE: &str = "docs/performance-instructions.md";

/// Rows of the table that is read as a ticket.
const ROW_COUNT: u32 = 20_000;

const RUN_COUNT: usize = 3;

/// What two runs differ by at most, in shares of the smaller.
const SPREAD_MAX: f64 = 0.01;

/// One piece of work, done by a whole process.
struct Work {
    what: &'static str,
    args: Vec<String>,
}

/// Instructions of a piece of work.
pub(super) struct Counted {
    pub(super) what: &'static str,
    /// Median.
    pub(super) instruction_count: u64,
    /// Most less least, in shares of the least.
    pub(super) spread: f64,
}

impl Counted {
    pub(super) fn is_stable(&self) -> bool {
        self.spread <= SPREAD_MAX
    }

    pub(super) fn bar() -> String {
        format!("runs differ by at most {} %", SPREAD_MAX * 100.0)
    }
}

/// Counts, and writes the page.
pub(super) fn count(doctor: &Path, directory: &Path) -> Result<Vec<Counted>> {
    output::heading("instructions, counted by valgrind");
    fs::create_dir_all(directory).context("make the directory of the bench")?;
    let ticket = directory.join("requests.txt");
    fs::write(&ticket, requests()).context("write the ticket")?;
    let counted: Vec<Counted> =
        works(&ticket)?.iter().map(|work| repeat(doctor, work)).collect::<Result<_>>()?;
    let page = cargo::root().join(PAGE);
    fs::write(&page, written(&counted)).with_context(|| format!("write {PAGE}"))?;
    Ok(counted)
}

fn works(ticket: &Path) -> Result<Vec<Work>> {
    let own = |path: &str| -> Result<String> { text(&cargo::root().join(path)) };
    let (ticket, bundle) = (text(ticket)?, own("crates/bundle/tests/data/incident.v1.bundle")?);
    let capture = own("crates/frames/tests/data/incident.pcap")?;
    let work = |what, args: &[&str]| Work { what, args: args.iter().map(|&a| a.into()).collect() };
    Ok(vec![
        work("start: --version", &["--version"]),
        work("parse: `sockets` of a table of requests, counted", &["sockets", &ticket]),
        work(
            "parse and render: the same as JSON, row by row",
            &["sockets", &ticket, "--format", "json"],
        ),
        work("parse, join, judge, render: `diagnose` of it", &["diagnose", &ticket]),
        work("join, judge, render: a bundle of the incident", &["diagnose", &bundle]),
        work("the same, as JSON", &["diagnose", &bundle, "--format", "json"]),
        work("frames: a capture of the incident", &["diagnose", &capture]),
    ])
}

fn text(path: &Path) -> Result<String> {
    let text = PathBuf::from(path).into_os_string().into_string();
    text.ok().with_context(|| format!("{} is no text", path.display()))
}

/// `/proc/net/tcp` of a host with one listener and many requests of half as many clients.
fn requests() -> String {
    let mut table =
        "$ cat /proc/net/tcp\n  sl  local_address rem_address   st tx_queue rx_queue tr \
                     tm->when retrnsmt   uid  timeout inode\n"
            .to_owned();
    let mut row = |row: u32, peer: u32, port: u32, state: &str, timer: &str, inode: u32| {
        let _ = writeln!(
            table,
            "{row:4}: 0A00010A:0050 {:08X}:{port:04X} {state} 00000000:00000000 {timer} 00000000     \
             0        0 {inode} 1 0000000000000000 100 0 0 10 0",
            peer.swap_bytes()
        );
    };
    row(0, 0, 0, "0A", "00:00000000", 41_000);
    for n in 0..ROW_COUNT {
        // 198.18.0.0/15, which is for measurements.
        let peer = 0xc612_0000 + n / 2;
        row(1 + n, peer, 20_000 + n % 2, "03", "01:00000190", 0);
    }
    table
}

fn repeat(doctor: &Path, work: &Work) -> Result<Counted> {
    let mut counts: Vec<u64> = (0..RUN_COUNT).map(|_| once(doctor, work)).collect::<Result<_>>()?;
    counts.sort_unstable();
    let (least, most) = (counts[0], counts[RUN_COUNT - 1]);
    #[expect(clippy::cast_precision_loss, reason = "a share of some thousandths")]
    let spread = (most - least) as f64 / least.max(1) as f64;
    Ok(Counted { what: work.what, instruction_count: counts[RUN_COUNT / 2], spread })
}

fn once(doctor: &Path, work: &Work) -> Result<u64> {
    let mut command = Command::new("valgrind");
    command.args(["--tool=cachegrind", "--cache-sim=no", "--cachegrind-out-file=/dev/null"]);
    command.arg(doctor).args(&work.args);
    let output = command.output().context("run `valgrind` (package valgrind)")?;
    let said = String::from_utf8_lossy(&output.stderr);
    // A diagnosis that finds a problem ends with 1.
    if !matches!(output.status.code(), Some(0 | 1)) {
        bail!("`{} {}` failed: {said}", doctor.display(), work.args.join(" "));
    }
    // `==123== I refs:        1,234,567`, `I   refs:` before version 3.21
    let count = said.lines().find_map(|line| {
        let (before, count) = line.split_once("refs:")?;
        let digits: String = count.chars().filter(char::is_ascii_digit).collect();
        before.trim_end().ends_with('I').then(|| digits.parse().ok())?
    });
    count.with_context(|| format!("find `I refs` in what valgrind said: {said}"))
}

fn written(counted: &[Counted]) -> String {
    let mut page = format!(
        "<!-- Written by `cargo xtask bench --only instructions`. -->\n\n\
         # Instructions of the parts that touch no kernel\n\n\
         Instructions of whole processes, counted by `valgrind --tool=cachegrind`: medians of {RUN_COUNT} runs of the\n\
         release build, and by how much the runs differ. The table of requests is `/proc/net/tcp` with {ROW_COUNT}\n\
         rows in SYN_RECV, as pasted into a ticket; the bundle and the capture are those of the tests.\n\n\
         | work | instructions | runs differ by |\n|---|---:|---:|\n"
    );
    for one in counted {
        let millions = one.instruction_count / 1_000_000;
        let rest = one.instruction_count % 1_000_000 / 10_000;
        let _ = writeln!(
            page,
            "| {} | {millions}.{rest:02} M | {:.2} % |",
            one.what,
            one.spread * 100.0
        );
    }
    page
}
