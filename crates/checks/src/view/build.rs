//! How the facts are indexed.

use std::cell::{Cell, OnceCell, RefCell};
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::net::IpAddr;

use synrecv_model::view::{FullQueues, HostRetries, RetryReading, pasted_reading, retry_reading};
use synrecv_model::{Facts, Flow, Handshake, Neighbour, Observation, Reply, SourceKind};

use super::{RequestView, View, listener_of};
use crate::seen::Seen;

impl<'a> View<'a> {
    /// Indexes the facts. Requests are in the report's order: stuck before young, oldest first.
    pub fn new(facts: &'a Facts, observation: &'a Observation) -> Self {
        let replies: HashMap<Flow, &Reply> = facts
            .replies
            .data()
            .into_iter()
            .flatten()
            .map(|reply| (reply.question.flow, reply))
            .collect();
        let neighbours = neighbours(facts, observation);
        let before = facts.counters.data();
        let host_retries = before.and_then(|before| HostRetries::watched(before, observation));
        let full =
            before.map(|before| FullQueues::watched(before, observation)).unwrap_or_default();
        // Of several handshakes of one 4-tuple the last is the one that is open.
        let handshakes: HashMap<Flow, &Handshake> = observation
            .frames
            .data()
            .into_iter()
            .flat_map(|capture| &capture.handshakes)
            .map(|handshake| (handshake.flow, handshake))
            .collect();
        let in_vain: BTreeSet<IpAddr> = neighbours
            .values()
            .filter(|entry| entry.state.is_unresolved())
            .map(|entry| entry.address)
            .collect();
        let mut of_flow = InOrder::new(&replies);
        let requests = observation.tracks.iter().map(|track| {
            let reply = of_flow.get(track.flow);
            let next_hop = reply.and_then(|reply| {
                let oif = reply.resolved.as_ref().ok()?.oif;
                neighbours.get(&(oif, reply.next_hop()?)).copied()
            });
            let state = next_hop.map(|neighbour| neighbour.state);
            let handshake = handshakes.get(&track.flow).copied();
            let reading = if facts.source == SourceKind::Ticket {
                pasted_reading(track, state)
            } else {
                let host = host_retries.filter(|_| !full.hold(track.flow.local));
                retry_reading(track, state, host)
            };
            let seen =
                handshake.and_then(|handshake| Seen::new(observation.frames.data()?, handshake));
            let counted = track.last_life().last.counters.synack_retrans_count.is_some();
            let reading = match &seen {
                Some(seen) if reading == RetryReading::NoRepeatSeen && !counted => {
                    seen.reading(track)
                }
                // A client that is looked for on the wire is not answered either.
                Some(seen)
                    if reading == RetryReading::TooEarly
                        && !in_vain.contains(&track.flow.peer.ip)
                        && reply
                            .and_then(Reply::next_hop)
                            .is_none_or(|ip| !in_vain.contains(&ip)) =>
                {
                    seen.reading_of_young(track)
                }
                _ => reading,
            };
            RequestView { track, reading, reply, next_hop, seen: seen.map(Box::new) }
        });
        let mut requests: Vec<RequestView<'a>> = requests.collect();
        sort(&mut requests);
        let mut listeners = BTreeMap::new();
        for together in requests.chunk_by(|one, other| one.local() == other.local()) {
            let Some(local) = together.first().map(RequestView::local) else { continue };
            listeners.entry(local).or_insert_with(|| listener_of(facts, local));
        }
        Self {
            facts,
            observation,
            names: facts.link_names(),
            requests,
            replies,
            neighbours,
            listeners,
            open: OnceCell::new(),
            gateways: OnceCell::new(),
            waiting: OnceCell::new(),
            read: RefCell::default(),
            noted: Cell::default(),
        }
    }
}

/// Entries by device and address, and what was heard of while watching.
fn neighbours<'a>(
    facts: &'a Facts,
    observation: &'a Observation,
) -> HashMap<(u32, IpAddr), &'a Neighbour> {
    let mut neighbours: HashMap<(u32, IpAddr), &Neighbour> = facts
        .neighbours
        .data()
        .into_iter()
        .flatten()
        .filter(|neighbour| !neighbour.flags.proxy)
        .map(|neighbour| ((neighbour.ifindex, neighbour.address), neighbour))
        .collect();
    for heard in &observation.unresolved {
        neighbours.entry((heard.ifindex, heard.address)).or_insert(heard);
    }
    neighbours
}

/// The report's order: stuck before young, oldest first, then by flow.
fn sort(requests: &mut [RequestView<'_>]) {
    let flow = |request: &RequestView<'_>| request.track.flow;
    // Half a million are in order of flow when they are recorded, and what is sorted by is small.
    if !requests.is_sorted_by_key(flow) {
        requests.sort_by_key(flow);
    }
    requests.sort_by_cached_key(|request| {
        let age = request.track.last_life().least_age_ms();
        (!request.is_stuck(), Reverse(age))
    });
}

/// Finds the answers about flows that come in order, or nearly so, without hashing each.
struct InOrder<'a> {
    replies: Vec<(Flow, &'a Reply)>,
    next: usize,
    last: Option<Flow>,
}

impl<'a> InOrder<'a> {
    fn new(replies: &HashMap<Flow, &'a Reply>) -> Self {
        let mut replies: Vec<(Flow, &Reply)> =
            replies.iter().map(|(&flow, &reply)| (flow, reply)).collect();
        replies.sort_unstable_by_key(|&(flow, _)| flow);
        Self { replies, next: 0, last: None }
    }

    fn get(&mut self, flow: Flow) -> Option<&'a Reply> {
        if self.last.replace(flow).is_some_and(|last| flow < last) {
            self.next = 0;
        }
        let ahead = self.replies.get(self.next..)?;
        // Mostly the next one, or none before it.
        let before = match ahead.first() {
            Some(&(first, _)) if first >= flow => 0,
            _ => ahead.partition_point(|&(of, _)| of < flow),
        };
        self.next += before;
        let &(of, reply) = ahead.get(before)?;
        (of == flow).then_some(reply)
    }
}

#[cfg(test)]
mod tests {
    use crate::fixture::HostFixture;

    #[test]
    fn answers_are_found_in_any_order() {
        let peers = ["10.9.0.9:4000", "10.9.0.7:4000", "10.9.0.8:4000", "10.9.0.7:3999"];
        let host = HostFixture::new().device(2, "ps0").address(2, "10.1.0.10/24");
        let host = host.listener("10.1.0.10:80", 0, 128);
        let host = peers.iter().fold(host, |host, peer| {
            host.stuck_request("10.1.0.10:80", peer, (4, 4)).via(2, "10.1.0.1")
        });
        host.view(|view| {
            let flows: Vec<_> = view.requests().iter().map(|request| request.track.flow).collect();
            assert!(flows.is_sorted() && flows.len() == peers.len());
            for request in view.requests() {
                let flow = request.reply.map(|reply| reply.question.flow);
                assert_eq!(flow, Some(request.track.flow));
            }
        });
    }
}
