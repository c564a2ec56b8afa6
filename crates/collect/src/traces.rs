//! The way to a host, and who is first on it. Sends packets: only for those who want that.

use synrecv_model::{Flaw, Gap, PathTrace, Reading, Section, Trace};
use synrecv_netlink::clock;
use synrecv_probe::trace::first_hop;
pub use synrecv_probe::trace::{
    FirstHopQuestion, TraceError, TraceQuestion, Tracer, first_hop_bound,
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
        Ok(data) => {
            let reading = Reading { source: "packets sent".into(), started, ended: clock::now() };
            Section::Collected { data, reading }
        }
        Err(error) => Section::Missing(error.gap()),
    }
}

/// Asks who is first on the way to each of these hosts, with at most [`first_hop_bound`] packets, and then
/// runs a trace: a way of one hop for each that was asked, without an answer where there was none, and
/// that of the trace. What could not be asked is a flaw, and the section is missing when nothing could.
/// Takes about a second, and as long as the trace.
pub fn ways(first_hops: &[FirstHopQuestion], trace: Option<Tracer>) -> Section<Vec<Trace>> {
    let started = clock::now();
    let first = match first_hop(first_hops) {
        Ok(found) => found.into_iter().map(|way| way.map(|hop| hop.outline())).collect(),
        Err(error) => vec![Err(error)],
    };
    let traced = trace.map(|tracer| tracer.run().map(|path| path.outline()));
    let ended = clock::now();
    section(
        first.into_iter().chain(traced),
        Reading { source: "packets sent".into(), started, ended },
    )
}

fn section(
    found: impl IntoIterator<Item = Result<Trace, TraceError>>,
    reading: Reading,
) -> Section<Vec<Trace>> {
    let mut traces = Vec::new();
    let mut gaps: Vec<Gap> = Vec::new();
    for result in found {
        match result.map_err(|error| error.gap()) {
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
    Section::from_reading(traces, gaps.into_iter().map(Flaw::PartMissing).collect(), reading)
}

#[cfg(test)]
mod tests {
    use std::io;
    use std::net::IpAddr;

    use synrecv_model::{Mono, Reason, TraceMethod};

    use super::*;

    fn of(found: Vec<Result<Trace, TraceError>>) -> Section<Vec<Trace>> {
        section(found, Reading { source: "test".into(), started: Mono(0), ended: Mono(1) })
    }

    fn refused() -> Result<Trace, TraceError> {
        let target = IpAddr::from([10, 0, 0, 1]);
        Err(TraceError::Send { target, source: io::ErrorKind::PermissionDenied.into() })
    }

    #[test]
    fn what_could_not_be_asked_is_told() {
        let way = || Ok(Trace { target: IpAddr::from([10, 0, 0, 2]), hops: Vec::new() });
        assert!(of(vec![way(), way()]).whole().is_some_and(|ways| ways.len() == 2));
        let some = of(vec![refused(), way(), refused()]);
        assert_eq!((some.data().map(Vec::len), some.flaws().len()), (Some(1), 1));
        let needs = TraceError::NotPermitted { method: TraceMethod::Icmp, needs: "rights" };
        let none = of(vec![Err(needs)]);
        assert_eq!(none.gap().map(|gap| &gap.reason), Some(&Reason::NeedsRoot));
        assert!(of(vec![]).data().is_some_and(Vec::is_empty));
    }
}
