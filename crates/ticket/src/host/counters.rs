//! Counters: totals, and what two readings or one of `nstat` tell about a time.

use synrecv_model::{Counters, Section, text};

use super::build;
use crate::{Content, Piece, UnitOfCounters};

/// Counters at the start and at the end of some time; without an end there is one reading only.
pub(super) fn counters(pieces: &[&Piece]) -> (Section<Counters>, Section<Counters>) {
    let of = build::with(pieces, |content| {
        matches!(content, Content::Counters(..) | Content::ConntrackCpus(_))
    });
    let mut totals: Vec<(&Piece, Counters)> = Vec::new();
    let mut since: Option<(&Piece, Counters)> = None;
    let mut conntrack = Vec::new();
    for &piece in &of {
        match &piece.content {
            Content::Counters(unit, rows) => {
                let values = rows.iter().map(|row| (row.name.clone(), row.value)).collect();
                let counters = Counters { values, ..Counters::default() };
                match unit {
                    UnitOfCounters::Total => totals.push((piece, counters)),
                    UnitOfCounters::SinceLastCall => since = Some((piece, counters)),
                }
            }
            Content::ConntrackCpus(rows) => {
                conntrack.push(rows.iter().map(|(_, cpu)| *cpu).collect::<Vec<_>>());
            }
            _ => {}
        }
    }
    let (first, last) = match (&totals[..], since) {
        // What was counted since the last call started at 0 then.
        ([], Some((_, counted))) => {
            let zero = counted.values.keys().map(|name| (name.clone(), 0)).collect();
            (Some(Counters { values: zero, ..Counters::default() }), Some(counted))
        }
        ([(_, only)], _) => (Some(only.clone()), None),
        ([(_, first), .., (_, last)], _) if grows(first, last) => {
            (Some(first.clone()), Some(last.clone()))
        }
        // Several tools, or one of them after a restart: one reading, put together.
        (all @ [_, ..], _) => {
            let mut together = Counters::default();
            for (_, counters) in all {
                together.values.extend(counters.values.clone());
            }
            (Some(together), None)
        }
        ([], None) => (None, None),
    };
    let per_cpu = conntrack.first().cloned();
    let first = match (first, per_cpu) {
        (None, None) => return (build::missing("counters"), build::missing("counters")),
        (first, per_cpu) => Counters { conntrack: per_cpu, ..first.unwrap_or_default() },
    };
    let flaw = || build::part_missing(text!["counters that were pasted"]);
    let after = match (last, conntrack.get(1)) {
        (None, None) => build::missing("counters at a second time"),
        (last, cpus) => {
            let values = last.map_or_else(|| first.values.clone(), |last| last.values);
            let last = Counters { values, conntrack: cpus.cloned(), ..Counters::default() };
            build::section(last, &of, vec![flaw()])
        }
    };
    (build::section(first, &of, vec![flaw()]), after)
}

/// Two readings of the same counters, one after the other.
fn grows(first: &Counters, last: &Counters) -> bool {
    let shared: Vec<(u64, u64)> =
        first.values.iter().filter_map(|(name, before)| Some((*before, last.get(name)?))).collect();
    shared.len() * 2 >= first.values.len()
        && shared.iter().all(|(before, after)| before <= after)
        && shared.iter().any(|(before, after)| before < after)
}
