//! How bad it is when clients or the network outside fail: every internet server has some of that.

use std::collections::BTreeSet;

use synrecv_model::{Severity, Text, text};

use crate::fit::place;
use crate::view::View;

/// Distinct /24 (/64) below which failing peers are scanners or single sick clients.
const PLACES_FEW: usize = 3;

/// Share of the handshakes of the interval below which failing ones are background noise: 5 %.
const SHARE_FEW_PERCENT: u64 = 5;

/// Severity of requests that fail outside, and the numbers it rests on.
pub(crate) fn severity(view: &View<'_>, requests: &[usize]) -> (Severity, Text) {
    let places: BTreeSet<_> =
        requests.iter().map(|&index| place(view.requests()[index].peer())).collect();
    let completed = view.delta("TcpPassiveOpens");
    let stuck = requests.len() as u64;
    let networks = text![places.len(), if places.len() == 1 { " network" } else { " networks" }];
    let numbers = match completed {
        Some(done) => {
            text![networks, " of clients; ", done, " handshakes completed while watching"]
        }
        None => networks,
    };
    let few_places = places.len() < PLACES_FEW;
    let small_share =
        completed.is_some_and(|done| stuck * 100 < SHARE_FEW_PERCENT * (done + stuck));
    let severity = if few_places || small_share {
        Severity::Info
    } else if completed == Some(0) {
        Severity::Problem
    } else {
        Severity::Warning
    };
    (severity, numbers)
}
