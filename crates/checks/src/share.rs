//! How bad it is when clients or the network outside fail: every internet server has some of that.

use std::collections::BTreeSet;

use synrecv_model::{Endpoint, Flow, Severity, Text, text};

use crate::fit::place;
use crate::phrase;
use crate::view::View;

/// Distinct /24 (/64) below which failing peers are scanners or single sick clients.
const PLACES_FEW: usize = 3;

/// Share of the handshakes of the interval below which failing ones are background noise: 5 %.
const SHARE_FEW_PERCENT: u64 = 5;

/// Severity of requests that fail outside, and the numbers it rests on.
pub(crate) fn severity(view: &View<'_>, requests: &[usize]) -> (Severity, Text) {
    let flows: Vec<Flow> =
        requests.iter().map(|&index| view.requests()[index].track.flow).collect();
    severity_of(view, &flows, requests.len() as u64)
}

/// The same for `failed` handshakes of which `flows` are those that were seen.
pub(crate) fn severity_of(view: &View<'_>, flows: &[Flow], failed: u64) -> (Severity, Text) {
    let places: BTreeSet<_> = flows.iter().map(|flow| place(flow.peer.ip)).collect();
    let locals: BTreeSet<Endpoint> = flows.iter().map(|flow| flow.local).collect();
    let completed = view.delta("TcpPassiveOpens");
    let none_complete = !locals.is_empty() && !locals.iter().any(|&local| view.completes(local));
    let small_share =
        completed.is_some_and(|done| failed * 100 < SHARE_FEW_PERCENT * (done + failed));
    let severity = if places.len() < PLACES_FEW {
        Severity::Info
    } else if none_complete {
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
    if none_complete {
        numbers.push(text!["; none on ", phrase::name_ends(locals)]);
    }
    (severity, numbers)
}
