//! SYN-ACKs that end inside this host while the kernel is told that they left: below it a bridge, or
//! an IPsec policy without a state, drops them in silence. The requests live on and the client repeats
//! its SYN, as when the SYN-ACK is lost outside.

use std::collections::BTreeSet;
use std::net::IpAddr;

use synrecv_model::view::RetryReading;
use synrecv_model::{Endpoint, Origin, Value, Weight, text};

use super::stage::{self, Stage};
use crate::cases::{Case, Fact};
use crate::phrase;
use crate::seen::stays_on_bridge;
use crate::undelivered::{Version, close, untransmitted};
use crate::view::{RequestView, View};

/// What shows that they do not leave.
#[derive(Clone, Copy, Debug)]
pub(super) enum Proof {
    /// Frames: SYNs come in, and no SYN-ACK leaves, or not by a port of the bridge.
    Frames,
    /// The books of IP: as many packets as there were SYN-ACKs were not handed to a device.
    Books {
        /// SYN-ACKs made while watching.
        sent: u64,
        /// Packets that were to leave and did not.
        kept: u64,
    },
    /// A rule that they all meet counted them.
    Rule,
}

/// Requests to a local end whose client has others there that the kernel gave up at their first timer,
/// and whose SYN-ACK is not seen to leave.
pub(super) fn beside(view: &View<'_>, local: Endpoint, killed: &[usize]) -> Vec<usize> {
    let peers: BTreeSet<IpAddr> =
        killed.iter().map(|&index| view.requests()[index].peer()).collect();
    let lost = lost(view, |request| request.local() == local && peers.contains(&request.peer()));
    lost.into_iter().filter(|&index| leaves(view, &view.requests()[index]) != Some(true)).collect()
}

/// Requests whose client repeats its SYN although the reply has a way.
fn lost(view: &View<'_>, wanted: impl Fn(&RequestView<'_>) -> bool) -> Vec<usize> {
    // A client that is looked for on the wire: its SYN-ACKs wait for that, also where the look-up, which
    // does not know to which device the listener is bound, says another way.
    let unresolved = view.unresolved();
    view.stuck(|request| {
        request.reading == RetryReading::ClientRepeatsSyn
            && request.reply.is_some_and(|reply| reply.resolved.is_ok())
            && request.next_hop.is_none_or(|entry| !entry.state.is_unresolved())
            && !unresolved.contains(&request.peer())
            && wanted(request)
    })
}

/// Requests whose SYN-ACKs do not leave, but for those that have a place already: where they end, and
/// what shows it.
pub(super) fn groups<'a>(view: &View<'a>, placed: &[usize]) -> Vec<(Proof, Stage<'a>, Vec<usize>)> {
    let mut lost = lost(view, |_| true);
    lost.retain(|index| !placed.contains(index));
    let mut found = Vec::new();
    for version in [Version::V4, Version::V6] {
        let of_version = |index: &usize| Version::of(view.requests()[*index].peer()) == version;
        let lost: Vec<usize> = lost.iter().copied().filter(of_version).collect();
        let Some((proof, requests)) = proven(view, version, &lost) else { continue };
        let stages = match proof {
            Proof::Rule => stage::by_rule(view, &requests),
            Proof::Frames | Proof::Books { .. } => stage::split(view, &requests),
        };
        found.extend(stages.into_iter().map(|(stage, requests)| (proof, stage, requests)));
    }
    found
}

fn proven(view: &View<'_>, version: Version, lost: &[usize]) -> Option<(Proof, Vec<usize>)> {
    let leaves = |index: &usize| leaves(view, &view.requests()[*index]);
    let stay: Vec<usize> =
        lost.iter().copied().filter(|index| leaves(index) == Some(false)).collect();
    if !stay.is_empty() {
        return Some((Proof::Frames, stay));
    }
    let unseen: Vec<usize> = lost.iter().copied().filter(|index| leaves(index).is_none()).collect();
    if unseen.is_empty() {
        return None;
    }
    let sent = sent_watched(view, &unseen);
    let kept = untransmitted(view, version).unwrap_or(0);
    if sent >= SENT_LEAST && close(sent, kept) {
        return Some((Proof::Books { sent, kept }, unseen));
    }
    stage::meets_counting_rule(view, &unseen).then_some((Proof::Rule, unseen))
}

/// SYN-ACKs from which on equal numbers are no coincidence.
const SENT_LEAST: u64 = 6;

/// Whether a SYN-ACK was seen to leave this host.
fn leaves(view: &View<'_>, request: &RequestView<'_>) -> Option<bool> {
    let seen = request.seen.as_deref()?;
    if stays_on_bridge(view, seen) { Some(false) } else { seen.synack_left }
}

/// SYN-ACKs of these requests while watching: the first of those that were made meanwhile, and all
/// that were sent again.
fn sent_watched(view: &View<'_>, requests: &[usize]) -> u64 {
    let began = view.observation().started;
    let of_one = |&index: &usize| {
        let life = view.requests()[index].track.last_life();
        let sent = |at: &synrecv_model::Sighting| at.counters.synack_retrans_count.map(u64::from);
        let again = sent(&life.last)?.checked_sub(sent(&life.first)?)?;
        let made = life.first.at.ms_since(began) > 0;
        Some(again + u64::from(made) * (1 + sent(&life.first)?))
    };
    requests.iter().filter_map(of_one).sum()
}

pub(super) fn argue(view: &View<'_>, case: &mut Case, proof: Proof, requests: &[usize]) {
    case.supports(
        Weight::Weak,
        phrase::retries(
            view,
            requests,
            "the client repeats its SYN: it gets no SYN-ACK, and the kernel was told that each left",
        ),
    );
    if let Proof::Books { sent, kept } = proof {
        case.supports(
            Weight::Strong,
            Fact::new(
                Origin::Counters,
                "synacks-not-transmitted",
                text![
                    sent,
                    " SYN-ACKs were made while watching, and ",
                    kept,
                    " packets were not handed to a device: OutRequests less OutTransmits",
                ],
            )
            .with("synack_count", Value::Number(sent))
            .with("not_transmitted_count", Value::Number(kept))
            .recheck("nstat -az IpOutRequests IpOutTransmits Ip6OutRequests Ip6OutTransmits"),
        );
    }
}
