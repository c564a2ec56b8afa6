//! `synrecv-doctor trace` and `traceroute -n` by turns, on a way of six hops.

use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result};
use synrecv_faults::LongWay;

use super::race::{median_ms, timed};
use crate::output;

const METHODS: [(&str, &[&str]); 3] = [("udp", &[]), ("icmp", &["-I"]), ("tcp", &["-T"])];

/// Of targets that answer, or for which a filter does.
const ROUND_COUNT: usize = 15;

/// Medians of the wall time.
pub(super) struct Traced {
    pub(super) what: String,
    pub(super) doctor_ms: f64,
    pub(super) traceroute_ms: f64,
    pub(super) round_count: usize,
}

pub(super) fn against_traceroute(doctor: &Path) -> Result<Vec<Traced>> {
    output::heading("synrecv-doctor trace against traceroute -n");
    let way = LongWay::build().context("build the way")?;
    let targets = [
        ("target", LongWay::OPEN, ROUND_COUNT),
        ("filter that answers", LongWay::REJECTED, ROUND_COUNT),
        // traceroute waits for half a minute.
        ("silent filter", LongWay::DROPPED, 1),
    ];
    let mut all = Vec::new();
    for (method, args) in METHODS {
        for (what, target, round_count) in targets {
            let run = |program: &Path, args: &[&str]| -> Result<Duration> {
                way.refill()?;
                timed(way.source(), program, args)
            };
            let (mut ours, mut theirs) = (Vec::new(), Vec::new());
            for _ in 0..round_count {
                ours.push(run(doctor, &["trace", target, "--method", method])?);
                theirs.push(run(Path::new("traceroute"), &[&["-n"], args, &[target]].concat())?);
            }
            all.push(Traced {
                what: format!("trace by {method}, {what}"),
                doctor_ms: median_ms(ours),
                traceroute_ms: median_ms(theirs),
                round_count,
            });
        }
    }
    Ok(all)
}
