//! How bad it is when clients or the network outside fail: every internet server has some of that.

use std::collections::BTreeSet;

use synrecv_model::{Endpoint, Severity, Text, text};

use crate::fit::place;
use crate::phrase;
use crate::view::View;

/// Distinct /24 (/64) below which failing peers are scanners or single sick clients.
const PLACES_FEW: usize = 3;

/// Share of the handshakes of the interval below which failing ones are background noise: 5 %.
const SHARE_FEW_PERCENT: u64 = 5;

/// Severity of requests that fail outside, and the numbers it rests on.
pub(crate) fn severity(view: &View<'_>, requests: &[usize]) -> (Severity, Text) {
    let places: BTreeSet<_> =
        requests.iter().map(|&index| place(view.requests()[index].peer())).collect();
    let locals: BTreeSet<Endpoint> =
        requests.iter().map(|&index| view.requests()[index].local()).collect();
    let completed = view.delta("TcpPassiveOpens");
    let none_complete = !locals.iter().any(|&local| view.completes(local));
    let stuck = requests.len() as u64;
    let small_share =
        completed.is_some_and(|done| stuck * 100 < SHARE_FEW_PERCENT * (done + stuck));
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
        numbers.push(text!["; none on ", phrase::name_locals(view, requests)]);
    }
    (severity, numbers)
}
