//! What to ask the network when that is wished: as little as decides between the causes that are left.

use std::cmp::Reverse;
use std::collections::{BTreeMap, HashSet};
use std::net::IpAddr;

use synrecv_model::view::probe::Wire;
use synrecv_model::view::{RetryReading, place};
use synrecv_model::{
    Class, Confidence, Diagnosis, Facts, Flow, Observation, ProbePurpose, RouteKind,
};

use crate::view::{RequestView, View};

/// Ways by which replies leave that are asked about; those of most connections first.
const WAYS_MAX: usize = 4;

/// Clients of one way whose own way is looked at.
const CLIENTS_MAX: usize = 2;

/// Addresses nobody should own, for each way that has no gateway.
const UNUSED_COUNT: usize = 2;

/// An address to ask for aloud.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Question {
    /// The address.
    pub address: IpAddr,
    /// Device to ask on.
    pub ifindex: u32,
    /// Why.
    pub purpose: ProbePurpose,
}

/// What to ask the network.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Probes {
    /// Addresses to ask for by ARP or ND.
    pub questions: Vec<Question>,
    /// Replies whose first hop is to show itself: packets to the peer that live for one hop.
    pub first_hops: Vec<Flow>,
    /// A reply whose whole way is of interest.
    pub trace: Option<Flow>,
}

/// What decides between the causes that are left for connections whose SYN-ACK is lost. Nothing where
/// there are none: no answer of the network tells why a host does not take an ACK.
pub fn probes(facts: &Facts, observation: &Observation, diagnosis: &Diagnosis) -> Probes {
    probes_of(&View::new(facts, observation), facts, diagnosis)
}

/// The same of facts that are seen together already.
pub(crate) fn probes_of(view: &View<'_>, facts: &Facts, diagnosis: &Diagnosis) -> Probes {
    let mut probes = Probes::default();
    let ways = ways(view, diagnosis);
    let wire = Wire {
        addresses: view.addresses(),
        neighbours: facts.neighbours.data().map_or(&[][..], Vec::as_slice),
        routes: view.routes(),
    };
    for (way, requests) in &ways {
        let sample = &view.requests()[requests[0]];
        let flows = distinct(view, requests);
        match way.gateway {
            Some(gateway) => probes.ask(gateway, way.ifindex, ProbePurpose::Gateway),
            None => {
                let peer = sample.peer();
                probes.ask(peer, way.ifindex, ProbePurpose::Peer);
                for unused in wire.unused(way.ifindex, peer, &[], UNUSED_COUNT) {
                    probes.ask(unused, way.ifindex, ProbePurpose::Unused);
                }
                // Whose MAC is that of the router that clients of other networks are behind?
                let same_family = |gateway: &IpAddr| gateway.is_ipv4() == peer.is_ipv4();
                let gateways = view.gateways(way.ifindex);
                if let Some(gateway) = gateways.into_iter().find(same_family) {
                    probes.ask(gateway, way.ifindex, ProbePurpose::Gateway);
                }
            }
        }
        // Without a next hop nothing leaves.
        if sample.reading == RetryReading::NextHopUnresolved {
            continue;
        }
        probes.first_hops.extend(flows);
        if way.gateway.is_some() && probes.trace.is_none() {
            probes.trace = Some(sample.track.flow);
        }
    }
    probes
}

impl Probes {
    /// True when there is nothing to ask.
    pub fn is_empty(&self) -> bool {
        self.questions.is_empty() && self.first_hops.is_empty() && self.trace.is_none()
    }

    fn ask(&mut self, address: IpAddr, ifindex: u32, purpose: ProbePurpose) {
        let known = |other: &Question| (other.address, other.ifindex) == (address, ifindex);
        if !self.questions.iter().any(known) {
            self.questions.push(Question { address, ifindex, purpose });
        }
    }
}

/// How replies leave.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Way {
    ifindex: u32,
    gateway: Option<IpAddr>,
    /// Without a gateway: the network of the peer, since parts of one prefix can lie elsewhere.
    network: Option<ipnet::IpNet>,
}

/// Ways of replies that get lost, with their requests.
fn ways(view: &View<'_>, diagnosis: &Diagnosis) -> Vec<(Way, Vec<usize>)> {
    let loses = |request: &RequestView<'_>| {
        request.may_lose_synack() || request.reading == RetryReading::NextHopUnresolved
    };
    let settled = settled(diagnosis);
    let mut by_way: BTreeMap<Way, Vec<usize>> = BTreeMap::new();
    for index in view.stuck(loses) {
        let request = &view.requests()[index];
        if settled.contains(&index) {
            continue;
        }
        let Some(route) = request.reply.and_then(|reply| reply.resolved.as_ref().ok()) else {
            continue;
        };
        if route.kind != RouteKind::Unicast {
            continue;
        }
        let network = route.gateway.is_none().then(|| place(request.peer()));
        let way = Way { ifindex: route.oif, gateway: route.gateway, network };
        by_way.entry(way).or_default().push(index);
    }
    let mut ways: Vec<(Way, Vec<usize>)> = by_way.into_iter().collect();
    ways.sort_by_key(|(_, requests)| Reverse(requests.len()));
    ways.truncate(WAYS_MAX);
    ways
}

/// Requests with a confirmed cause on this host: no answer of the network would change that.
fn settled(diagnosis: &Diagnosis) -> HashSet<usize> {
    diagnosis
        .findings
        .iter()
        .filter(|finding| {
            finding.class == Class::Local && finding.confidence == Confidence::Confirmed
        })
        .flat_map(|finding| finding.affected.iter().copied())
        .collect()
}

/// Flows of different clients.
fn distinct(view: &View<'_>, requests: &[usize]) -> Vec<Flow> {
    let mut flows: Vec<Flow> = Vec::new();
    for &index in requests {
        let flow = view.requests()[index].track.flow;
        if flows.len() < CLIENTS_MAX && flows.iter().all(|other| other.peer.ip != flow.peer.ip) {
            flows.push(flow);
        }
    }
    flows
}
