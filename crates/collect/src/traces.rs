//! The way to a host, and who is first on it. Sends packets: only for those who want that.

use synrecv_model::{Flaw, Gap, PathTrace, Reading, Section, Trace};
use synrecv_netlink::clock;
pub use synrecv_probe::trace::{
    FirstHop, FirstHopQuestion, TraceError, TraceQuestion, Tracer, first_hop_bound,
};

/// Opens a trace in the network namespace of the calling thread. Sends nothing.
///
/// # Errors
/// Why nothing can be asked: rights that are missing, no way to the target, no such source.
pub fn open(question: &TraceQuestion) -> Result<Tracer, Gap> {
    Tracer::open(question).map_err(|error| error.gap())
}

/// Runs a trace to its end; missing when this host refused to send.
pub fn run(tracer: Tracer) -> Section<PathTrace> {
    let started = clock::now();
    match tracer.run() {
        Ok(data) => Section::Collected { data, reading: reading(started) },
        Err(error) => Section::Missing(error.gap()),
    }
}

/// Asks who is first on the way to each of these hosts, with at most [`first_hop_bound`] packets: a
/// way of one hop for each that was asked, without an answer where there was none. What could not be
/// asked is a flaw, and the section is missing when nothing could. Takes about a second.
pub fn first_hops(questions: &[FirstHopQuestion]) -> Section<Vec<Trace>> {
    let started = clock::now();
    let found = match synrecv_probe::trace::first_hop(questions) {
        Ok(found) => found,
        Err(error) => return Section::Missing(error.gap()),
    };
    let mut traces = Vec::new();
    let mut gaps: Vec<Gap> = Vec::new();
    for result in found {
        match result.as_ref().map(FirstHop::outline).map_err(TraceError::gap) {
            Ok(trace) => traces.push(trace),
            Err(gap) if gaps.contains(&gap) => {}
            Err(gap) => gaps.push(gap),
        }
    }
    if traces.is_empty()
        && let Some(gap) = gaps.pop()
    {
        return Section::Missing(gap);
    }
    let flaws = gaps.into_iter().map(Flaw::PartMissing).collect();
    Section::from_reading(traces, flaws, reading(started))
}

fn reading(started: synrecv_model::Mono) -> Reading {
    Reading { source: "packets sent".into(), started, ended: clock::now() }
}
