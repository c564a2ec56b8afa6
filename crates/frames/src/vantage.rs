//! Where a capture was taken, from the frames themselves.
//!
//! Each clue says of the frames of one end that the capturing host sent them, or that they came to it
//! by wire. Some are as good as proof. Others only tell the ends apart when one of them shows it and the
//! other does not: on a virtual wire nothing is padded and no checksum is finished, on either side.

mod clues;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::net::IpAddr;

use synrecv_model::{Clue, ClueKind, End, Handshake, Mac, Place, Vantage};

use self::clues::Group;
use crate::tracker::Padded;

/// Handshakes of one server that are looked at.
const HANDSHAKES_MAX: u64 = 512;

/// An answer that came sooner was made on the host that took the capture.
const HERE_NS: u64 = 100_000;

/// An answer that took longer came by wire.
const AWAY_NS: u64 = 1_000_000;

/// What the times of a capture can tell of where it was taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Timing {
    /// All that packets tell: who answers this fast may still be another machine on the same wire.
    Packets,
    /// Text has little else: an end that answers at once, while the other one does not, is here.
    Text,
    /// Too coarse to tell how long an answer took.
    Coarse,
}

/// Where the connections of each server were captured, by its address.
pub(crate) fn of(
    handshakes: &[Handshake],
    padding: &HashMap<Mac, Padded>,
    timing: Timing,
) -> Vec<Vantage> {
    let own = clues::own_macs(handshakes);
    let mut groups: BTreeMap<IpAddr, Group> = BTreeMap::new();
    for handshake in handshakes {
        let group = groups.entry(handshake.flow.local.ip).or_default();
        if group.handshake_count < HANDSHAKES_MAX {
            group.add(handshake, timing);
        }
    }
    groups
        .into_iter()
        .map(|(server, group)| vantage(server, group, padding, &own, timing))
        .collect()
}

fn vantage(
    server: IpAddr,
    mut group: Group,
    padding: &HashMap<Mac, Padded>,
    own: &BTreeSet<Mac>,
    timing: Timing,
) -> Vantage {
    group.add_arp_padding(padding);
    let handshake_count = group.handshake_count;
    let mut clues = group.clues(own);
    clues.sort_unstable();
    Vantage { server, place: place(&clues, timing), clues, handshake_count }
}

/// What the clues come to.
fn place(clues: &[Clue], timing: Timing) -> Place {
    let here = [is_here(clues, End::Server, timing), is_here(clues, End::Client, timing)];
    match here {
        // A connection of the host with itself: the server's side is captured too.
        [Some(true), _] => Place::Server,
        [_, Some(true)] => Place::Client,
        [Some(false), Some(false)] => Place::Middle,
        _ => Place::Unknown,
    }
}

/// Whether the frames of an end were sent by the host that took the capture.
fn is_here(clues: &[Clue], end: End, timing: Timing) -> Option<bool> {
    let find = |end, wanted: fn(ClueKind) -> bool| {
        clues.iter().find(move |clue| clue.end == end && wanted(clue.kind))
    };
    let proof = |kind| {
        matches!(kind, ClueKind::Direction | ClueKind::UnfinishedChecksum | ClueKind::Padding)
    };
    // The strongest comes first.
    if let Some(clue) = find(end, proof) {
        return Some(clue.sent_here);
    }
    let is_ttl = |kind| matches!(kind, ClueKind::Ttl);
    let is_delay = |kind| matches!(kind, ClueKind::Delay { .. });
    let crossed_router = |end| find(end, is_ttl).is_some_and(|clue| !clue.sent_here);
    if crossed_router(end) {
        return Some(false);
    }
    if find(end, |kind| matches!(kind, ClueKind::OneMac)).is_some() {
        return Some(true);
    }
    let other = if end == End::Server { End::Client } else { End::Server };
    let delay = find(end, is_delay)?;
    // Two machines on one wire can answer each other this fast too.
    let other_delay = find(other, is_delay);
    let apart = crossed_router(other)
        || other_delay.is_some_and(|it| !it.sent_here)
        || (timing == Timing::Text && other_delay.is_none());
    if delay.sent_here { apart.then_some(true) } else { Some(false) }
}

#[cfg(test)]
mod tests;
