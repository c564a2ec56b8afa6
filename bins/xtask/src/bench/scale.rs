//! A host with half a million requests, a million routes and 150,000 neighbours: the doctor, the
//! kernel's limit and the programs that everybody has, by turns.

mod bars;
mod contests;
mod load;
mod page;
mod race;
mod wire;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, bail};
use clap::Args;
use synrecv_faults::Lab;

use super::Measure;
use crate::output;
use load::{Host, Load, Size};
use race::Took;

pub(crate) use wire::{Drain, drain};

#[derive(Debug, Args)]
pub(crate) struct ScaleArgs {
    /// Of `scale`: only these loads
    #[arg(long, value_enum, value_delimiter = ',', requires = "only")]
    load: Vec<Load>,
    /// Of `scale`: loads of this share, and no page is written
    #[arg(long, value_name = "PERCENT", default_value_t = 100, requires = "only",
        value_parser = clap::value_parser!(u32).range(1..=100))]
    size: u32,
    /// Of `scale`: rounds that count
    #[arg(long, value_name = "N", default_value_t = 5, requires = "only",
        value_parser = clap::value_parser!(u32).range(1..=100))]
    rounds: u32,
    /// Of `scale`: run this by `sh -c` on the loaded host, with the doctor as $DOCTOR, and measure
    /// nothing; for profilers
    #[arg(long, value_name = "COMMAND", requires = "only")]
    run: Option<String>,
    /// Of `scale`: take this binary rather than build one
    #[arg(long, value_name = "FILE", requires = "only")]
    pub(super) doctor: Option<PathBuf>,
}

/// Rows of a load of a tenth against those of a full one show how the cost grows.
const TENTH: u32 = 10;

/// What was measured, by the names of the contestants.
#[derive(Debug, Default)]
pub(super) struct Measured(BTreeMap<&'static str, Took>);

impl Measured {
    /// Processor time of one contestant, in milliseconds.
    fn ms(&self, name: &str) -> Option<f64> {
        self.0.get(name)?.busy_ms()
    }

    fn peak_kib(&self, name: &str) -> Option<u64> {
        self.0.get(name).map(|took| took.peak_kib)
    }
}

/// Builds the loads, measures, and says which bars are kept. A full run writes its page.
pub(super) fn measure(doctor: &Path, args: &ScaleArgs) -> Result<Vec<Measure>> {
    let mut loads = args.load.clone();
    if loads.is_empty() {
        loads = Load::ALL.to_vec();
    }
    loads.sort_unstable();
    loads.dedup();
    let size = Size::percent(args.size);
    let rounds = usize::try_from(args.rounds)?;
    if let Some(command) = &args.run {
        return on_loaded_host(doctor, &loads, size, command).map(|()| Vec::new());
    }
    let whole = loads == Load::ALL;
    let route_rows = loads.contains(&Load::Routes).then(super::static_route_reader).transpose()?;
    let own = &contests::Own { doctor: doctor.to_owned(), route_rows };
    let mut full = Measured::default();
    let mut tenth = Measured::default();
    if whole {
        // First: the sockets of all namespaces are in one hash table, and those of a host that is no
        // more leave it only by and by.
        full.0.extend(of_small_host(doctor, rounds)?.0);
    }
    if size.is_full() {
        tenth = of_size(own, &loads, Size::percent(TENTH), rounds, &contests::ours)?;
    }
    full.0.extend(of_size(own, &loads, size, rounds, &contests::all)?.0);
    let bars = bars::of(&full, &tenth);
    page::print(&full);
    if whole && size.is_full() {
        page::write(&full, &bars, rounds)?;
    }
    Ok(bars)
}

type Entries = dyn Fn(&contests::Own, Option<Load>) -> Result<Vec<race::Contestant>>;

fn of_size(
    own: &contests::Own,
    loads: &[Load],
    size: Size,
    rounds: usize,
    entries: &Entries,
) -> Result<Measured> {
    let mut host = Host::new()?;
    let mut measured = Measured::default();
    let mut contest = |host: &Host, load: Option<Load>| -> Result<()> {
        let contestants = entries(own, load)?;
        let on = load.map_or("the whole host", Load::name);
        output::heading(&format!("{} programs by turns: {on}", contestants.len()));
        let took = race::race(&host.server, &contestants, rounds)?;
        measured.0.extend(contestants.iter().map(|contestant| contestant.name).zip(took));
        Ok(())
    };
    for &load in loads {
        host.add(load, size)?;
        contest(&host, Some(load))?;
    }
    if loads == Load::ALL {
        contest(&host, None)?;
    }
    Ok(measured)
}

/// Runs a shell command where the loads are.
fn on_loaded_host(doctor: &Path, loads: &[Load], size: Size, command: &str) -> Result<()> {
    let mut host = Host::new()?;
    for &load in loads {
        host.add(load, size)?;
    }
    let mut shell = Command::new("sh");
    shell.args(["-c", command]).env("DOCTOR", doctor).env("PATH", crate::cargo::search_path());
    let status = host.server.spawn(shell, None)?.wait().context("wait for the command")?;
    if !status.success() {
        bail!("`{command}` failed ({status})");
    }
    Ok(())
}

/// Start-up: a host with some hundred sockets.
fn of_small_host(doctor: &Path, rounds: usize) -> Result<Measured> {
    let mut lab = Lab::new()?;
    let server = lab.host("server")?;
    let held = server.run(super::sockets::open)??;
    let contestants = contests::small(doctor);
    // One run takes a millisecond or two.
    let took = race::race(&server, &contestants, rounds * 5)?;
    drop(held);
    Ok(Measured(contestants.iter().map(|contestant| contestant.name).zip(took).collect()))
}
