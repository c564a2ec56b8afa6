//! What connection tracking holds for the requests.

use synrecv_model::{
    ConntrackCpu, Counters, Facts, Flow, Gap, Reading, Reason, Section, Track, Tracked,
};
use synrecv_netlink::clock;

use crate::{ModulePolicy, Modules, Place};

/// Flows asked about at most; under a flood, some of all.
const FLOWS_MAX: usize = 4_096;

/// Asks for the entries of requests, those that are there before those that are gone.
///
/// Where connection tracking is not in use it is not asked, which needs no rights to find out.
pub(super) fn tracked(
    place: &Place,
    modules: &Modules,
    policy: ModulePolicy,
    facts: &Facts,
    now: &Section<Counters>,
    tracks: &[&Track],
) -> Section<Vec<Tracked>> {
    if !is_in_use(facts, now) {
        let detail = "connection tracking is not in use: it holds no entry";
        return Section::Missing(Gap::new(Reason::NotApplicable, detail));
    }
    let flows = asked_about(tracks);
    if flows.is_empty() {
        let at = clock::now();
        let reading = Reading { source: "nfnetlink".into(), started: at, ended: at };
        return Section::Collected { data: Vec::new(), reading };
    }
    let allowed = match place.gap() {
        Some(gap) => Err(gap.clone()),
        None => modules.allow_conntrack(policy),
    };
    match allowed {
        Ok(()) => synrecv_counters::tracked(&flows),
        Err(gap) => Section::Missing(gap),
    }
}

/// True when it holds or held anything in this namespace: its files are there as soon as the module
/// is loaded, but packets pass it only where a rule wants it.
fn is_in_use(facts: &Facts, now: &Section<Counters>) -> bool {
    // A kernel without CONFIG_NF_CONNTRACK_PROCFS has the setting alone.
    let count = facts
        .settings
        .data()
        .and_then(|settings| settings.values.get("net.netfilter.nf_conntrack_count").copied());
    let holds =
        |counters: &Counters| counters.conntrack.iter().flatten().any(|cpu| cpu.entries_count > 0);
    let moved = |before: &Counters, now: &Counters| {
        let events = |cpu: &ConntrackCpu| {
            cpu.invalid_count.wrapping_add(cpu.drop_count).wrapping_add(cpu.insert_failed_count)
        };
        now.conntrack_delta(before, events).is_some_and(|count| count > 0)
    };
    let (before, now) = (facts.counters.data(), now.data());
    count.is_some_and(|count| count > 0)
        || now.is_some_and(holds)
        || before.zip(now).is_some_and(|(before, now)| moved(before, now))
}

/// In order of flow.
fn asked_about(tracks: &[&Track]) -> Vec<Flow> {
    let (there, gone): (Vec<&Track>, Vec<&Track>) =
        tracks.iter().partition(|track| track.last_life().gone.is_none());
    let step = there.len().div_ceil(FLOWS_MAX).max(1);
    let asked = there.into_iter().step_by(step).chain(gone).take(FLOWS_MAX);
    let mut flows: Vec<Flow> = asked.map(|track| track.flow).collect();
    flows.sort_unstable();
    flows.dedup();
    flows
}

#[cfg(test)]
mod tests {
    use super::*;
    use synrecv_model::{Endpoint, Family, Life, Mono, RetryCounters, Sighting};

    fn track(port: u16, gone: bool) -> Track {
        let end = |ip: &str, port| Endpoint::new(ip.parse().unwrap(), port);
        let counters = RetryCounters {
            synack_retrans_count: None,
            timer_expiry_count: None,
            same_instant: false,
            timer_ms: None,
        };
        let sighting = Sighting { at: Mono(0), counters };
        Track {
            flow: Flow { local: end("10.0.0.1", 80), peer: end("10.9.0.7", port) },
            listener_family: Family::V4,
            ifindex: 0,
            uid: None,
            mark: None,
            lives: Life { gone: gone.then_some(Mono(1)), ..Life::seen_once(sighting) }.into(),
            life_count: 1,
        }
    }

    #[test]
    fn of_too_many_those_that_are_there_come_first() {
        let tracks: Vec<Track> = (1..=5_000).map(|port| track(port, port <= 4_000)).collect();
        let flows = asked_about(&tracks.iter().collect::<Vec<_>>());
        assert_eq!(flows.len(), FLOWS_MAX);
        assert_eq!(flows.iter().filter(|flow| flow.peer.port > 4_000).count(), 1_000);
        let tracks: Vec<Track> = (1..=60_000).map(|port| track(port, false)).collect();
        let flows = asked_about(&tracks.iter().collect::<Vec<_>>());
        assert!(flows.len() == 4_000 && flows.last().is_some_and(|flow| flow.peer.port > 59_900));
    }
}
