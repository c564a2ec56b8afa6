//! How bad it is when clients or the network outside fail: every internet server has some of that.

use std::collections::{BTreeMap, BTreeSet};

use ipnet::IpNet;
use synrecv_model::view::place;
use synrecv_model::{Endpoint, Flow, Origin, Severity, SourceKind, Text, text};

use crate::phrase;
use crate::syn_room::is_full;
use crate::view::View;

/// Distinct /24 (/64) below which failing peers are scanners or single sick clients.
const PLACES_FEW: usize = 3;

/// Share of the handshakes of the interval below which failing ones are background noise: 5 %.
const SHARE_FEW_PERCENT: u64 = 5;

/// Local ends that complete no handshake although clients of several networks try, and that do not
/// themselves drop the SYNs of those who would.
fn dead_ends(view: &View<'_>, flows: &[Flow]) -> BTreeSet<Endpoint> {
    if view.completions_unplaced() {
        return BTreeSet::new();
    }
    let mut tried: BTreeMap<Endpoint, BTreeSet<IpNet>> = BTreeMap::new();
    // Flows come in order, so that those of one local end are together, and those of one place.
    for together in flows.chunk_by(|one, other| one.local == other.local) {
        let Some(first) = together.first() else { continue };
        tried.entry(first.local).or_default().append(&mut places_of(together));
    }
    tried
        .into_iter()
        .filter(|(local, places)| {
            places.len() >= PLACES_FEW && !view.completes(*local) && !is_full(view, *local)
        })
        .map(|(local, _)| local)
        .collect()
}

/// Places of the peers.
fn places_of(flows: &[Flow]) -> BTreeSet<IpNet> {
    let mut places = BTreeSet::new();
    let mut last = None;
    for place in flows.iter().map(|flow| place(flow.peer.ip)) {
        if last.replace(place) != Some(place) {
            places.insert(place);
        }
    }
    places
}

/// Severity of requests that fail outside, and the numbers it rests on.
pub(crate) fn severity(view: &View<'_>, requests: &[usize]) -> (Severity, Text) {
    let flows: Vec<Flow> =
        requests.iter().map(|&index| view.requests()[index].track.flow).collect();
    severity_of(view, &flows, requests.len() as u64)
}

/// Where the numbers are from: a capture file has no counters.
pub(crate) fn origin(view: &View<'_>) -> Origin {
    if view.source() == SourceKind::Capture { Origin::Frames } else { Origin::Counters }
}

/// The same for `failed` handshakes of which `flows` are those that were seen.
pub(crate) fn severity_of(view: &View<'_>, flows: &[Flow], failed: u64) -> (Severity, Text) {
    let places = places_of(flows);
    let dead = dead_ends(view, flows);
    let completed = view.delta("TcpPassiveOpens");
    let small_share =
        completed.is_some_and(|done| failed * 100 < SHARE_FEW_PERCENT * (done + failed));
    let severity = if places.len() < PLACES_FEW {
        Severity::Info
    } else if !dead.is_empty() {
        Severity::Problem
    } else if small_share {
        Severity::Info
    } else {
        Severity::Warning
    };
    let mut numbers = text![phrase::count(places.len(), "network", "networks"), " of clients"];
    if let Some(done) = completed {
        let done = usize::try_from(done).unwrap_or(usize::MAX);
        numbers.push(text![
            "; ",
            phrase::count(done, "handshake", "handshakes"),
            " completed on this host while watching",
        ]);
    }
    if !dead.is_empty() {
        numbers.push(text!["; none on ", phrase::name_ends(dead)]);
    }
    (severity, numbers)
}

/// True when `failed` packets or handshakes are background noise beside those that completed.
pub(crate) fn is_small(view: &View<'_>, failed: u64) -> bool {
    failed < NOISE_COUNT
        || view
            .delta("TcpPassiveOpens")
            .is_some_and(|done| failed * 100 < SHARE_FEW_PERCENT * (done + failed))
}

/// Packets in one observation that a healthy host refuses as a matter of course.
const NOISE_COUNT: u64 = 3;
