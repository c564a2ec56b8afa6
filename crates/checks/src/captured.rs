//! What a capture file shows of handshakes that leave no request behind: SYNs that get no SYN-ACK, and
//! ACKs that are refused. A host that is watched tells more; there, nothing of this is used.

mod deferred;
mod elsewhere;
mod next_hop;
mod other_vlan;
mod own_errors;
mod refused_ack;
mod silent_sources;
mod told;

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use synrecv_model::{
    Capture, Endpoint, FrameDirection, Handshake, Mac, Origin, Outcome, Place, Text, Value, text,
};

use crate::cases::{Cases, Fact};
use crate::phrase;
use crate::view::View;

pub(crate) use elsewhere::acknowledged;
pub(crate) use other_vlan::changes_vlan;
pub(crate) use told::verdict;

type Lead = fn(&View<'_>, &mut Cases);

/// By id of the finding that it leads to.
const LEADS: &[(&str, Lead)] = &[
    ("neighbour-unresolved", next_hop::neighbour_unresolved),
    ("synack-dropped-here", own_errors::synack_dropped_here),
    ("firewall-drops-syn", own_errors::firewall_drops_syn),
    ("asymmetric-route", other_vlan::asymmetric_route),
    ("defer-accept", deferred::defer_accept),
    ("syn-flood", silent_sources::syn_flood),
    ("syn-queue-full", silent_sources::syn_queue_full),
    ("ack-ignored-locally", refused_ack::ack_ignored_locally),
    ("ack-ignored-locally", elsewhere::ack_ignored_locally),
    ("synack-lost-outside", elsewhere::synack_lost_outside),
];

/// SYNs of one connection from which on its client is no scanner: those try once or twice.
const TRIES_LEAST: u32 = 3;

/// Ports that a client may try in vain and still be one that wants a service.
const PORTS_MAX: usize = 3;

/// Opens what the capture of a file leads to under this id.
pub(crate) fn follow(view: &View<'_>, id: &str, cases: &mut Cases) {
    for (_, lead) in LEADS.iter().filter(|(of, _)| *of == id) {
        lead(view, cases);
    }
}

/// Connections to one local end that were asked for several times and got no SYN-ACK.
#[derive(Debug)]
pub(crate) struct Silent<'a> {
    /// The end that the SYNs went to.
    pub(crate) local: Endpoint,
    /// In order of their clients.
    pub(crate) handshakes: Vec<&'a Handshake>,
}

impl Silent<'_> {
    /// Addresses of the clients, in order.
    pub(crate) fn clients(&self) -> Vec<IpAddr> {
        clients(&self.handshakes)
    }

    pub(crate) fn syn_count(&self) -> u64 {
        self.handshakes.iter().map(|one| u64::from(one.counts.syn_count)).sum()
    }

    /// `17 SYNs of 3 clients to 10.1.0.10:80 came in, and no SYN-ACK left`.
    pub(crate) fn fact(&self, left_by: Text) -> Fact {
        let clients = self.clients();
        let syns = usize::try_from(self.syn_count()).unwrap_or(usize::MAX);
        let text = text![
            phrase::count(syns, "SYN", "SYNs"),
            " of ",
            phrase::name_peers(&clients),
            " to ",
            self.local,
            " came in, and no SYN-ACK left",
            left_by,
        ];
        Fact::new(Origin::Frames, "syns-unanswered", text)
            .with("syn_count", Value::Number(self.syn_count()))
            .with("local", Value::Endpoint(self.local))
            .with("peers", Value::List(clients.into_iter().map(Value::Ip).collect()))
            .recheck(format!(
                "tcpdump -eni any 'tcp port {} and tcp[tcpflags] & tcp-syn != 0'",
                self.local.port
            ))
    }
}

/// Distinct addresses of the clients, in order.
fn clients(handshakes: &[&Handshake]) -> Vec<IpAddr> {
    let all: BTreeSet<IpAddr> = handshakes.iter().map(|one| one.flow.peer.ip).collect();
    all.into_iter().collect()
}

/// Connections whose SYNs came in and that got no SYN-ACK, of clients that try as those do who want a
/// connection; those that no lead explains included.
pub(crate) fn silent<'a>(view: &View<'a>) -> Vec<Silent<'a>> {
    view.capture().map_or_else(Vec::new, |capture| tried(capture, |one| came_in(capture, one)))
}

/// The same of those handshakes that are wanted, wherever they were captured.
fn tried(capture: &Capture, wanted: impl Fn(&Handshake) -> bool) -> Vec<Silent<'_>> {
    let lonely = |one: &&Handshake| {
        // A host answers a SYN with its own address as the source to itself, on no device.
        one.flow.peer.ip != one.flow.local.ip
            && one.outcome == Outcome::Unanswered
            && one.counts.synack_count == 0
            && wanted(one)
    };
    let mut ports: BTreeMap<IpAddr, BTreeSet<u16>> = BTreeMap::new();
    for one in capture.handshakes.iter().filter(lonely) {
        ports.entry(one.flow.peer.ip).or_default().insert(one.flow.local.port);
    }
    let mut by_local: BTreeMap<Endpoint, Vec<&Handshake>> = BTreeMap::new();
    for one in capture.handshakes.iter().filter(lonely) {
        let scans = ports.get(&one.flow.peer.ip).is_some_and(|tried| tried.len() > PORTS_MAX);
        if one.counts.syn_count >= TRIES_LEAST && !scans {
            by_local.entry(one.flow.local).or_default().push(one);
        }
    }
    // Where clients acknowledge SYN-ACKs that are not in the capture, answers take another way, and
    // reach them.
    by_local
        .into_iter()
        .filter(|(local, _)| service_count(capture, *local, Outcome::ReplyUnseen) == 0)
        .map(|(local, handshakes)| Silent { local, handshakes })
        .collect()
}

/// Those that a lead does not explain.
pub(crate) fn unexplained<'a>(view: &View<'a>) -> Vec<Silent<'a>> {
    let known: BTreeSet<_> = next_hop::in_vain(view)
        .iter()
        .flat_map(|hop| &hop.handshakes)
        .map(|one| one.flow)
        .chain(own_errors::own(view).map(|one| one.flow))
        .collect();
    let mut all = silent(view);
    for silent in &mut all {
        silent.handshakes.retain(|one| !known.contains(&one.flow));
    }
    all.retain(|silent| !silent.handshakes.is_empty());
    all
}

/// Handshakes to one local end with this outcome.
pub(crate) fn service_count(capture: &Capture, local: Endpoint, outcome: Outcome) -> u64 {
    let of = |service: &&synrecv_model::Service| service.local == local;
    capture.services.iter().filter(of).map(|service| service.count(outcome)).sum()
}

/// The SYN came in at the host that took the capture, as far as that can be told: it is the server, or
/// its device says so and it does not send the SYN on, or the SYN has crossed a router.
pub(crate) fn came_in(capture: &Capture, handshake: &Handshake) -> bool {
    let syn = |wanted: FrameDirection| {
        handshake
            .frames
            .iter()
            .any(|frame| frame.kind == synrecv_model::FrameKind::Syn && frame.direction == wanted)
    };
    if syn(FrameDirection::Out) {
        return false;
    }
    match capture.place(handshake.flow.local.ip) {
        Place::Server => true,
        Place::Client | Place::Middle => false,
        Place::Unknown => syn(FrameDirection::In) || routers_crossed(handshake) > Some(0),
    }
}

/// It is known that the capture was taken at the host that the SYN went to: it answers others, or asks
/// for its neighbours with that address. Where a capture on all devices was taken at a server, what comes
/// in and is not sent on is meant for it.
pub(crate) fn at_server(capture: &Capture, handshake: &Handshake) -> bool {
    let local = handshake.flow.local.ip;
    let macs = own_macs(&[handshake]);
    let serves = capture.vantages.iter().any(|vantage| vantage.place == Place::Server);
    let to_host = handshake.syns().any(|syn| syn.direction == FrameDirection::In);
    capture.place(local) == Place::Server
        || (serves && to_host)
        || capture.questions.iter().any(|question| {
            let own = question.outgoing || question.mac.is_some_and(|mac| macs.contains(&mac));
            question.asker == Some(local) && own
        })
}

/// Link-layer addresses that the SYNs were sent to: those of the host, when it is the server.
fn own_macs(handshakes: &[&Handshake]) -> BTreeSet<Mac> {
    handshakes.iter().flat_map(|one| one.syns()).filter_map(|syn| syn.dst_mac).collect()
}

/// Routers between the client and the capture, by the TTL of its first SYN.
pub(crate) fn routers_crossed(handshake: &Handshake) -> Option<u8> {
    let ttl = handshake.syns().find_map(synrecv_model::HandshakeFrame::ttl_seen)?;
    let sent = [64, 128, 255].into_iter().find(|&start| ttl <= start)?;
    Some(sent - ttl)
}
