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

#[cfg(test)]
mod tests {
    use synrecv_model::RouteErrno;

    use super::*;
    use crate::fixture::HostFixture;

    const LOCAL: &str = "192.168.4.10:80";

    fn host() -> HostFixture {
        HostFixture::new()
            .device(2, "ps0")
            .address(2, "192.168.4.10/22")
            .default_route(2, "192.168.4.1")
            .neighbour(2, "192.168.4.1", "02:00:00:00:00:01")
            .listener(LOCAL, 0, 128)
    }

    /// A client that repeats its SYN.
    fn stuck(host: HostFixture, peer: &str) -> HostFixture {
        host.stuck_request(LOCAL, peer, (4, 1))
    }

    fn on_link(host: HostFixture, peer: &str) -> HostFixture {
        stuck(host, peer).on_link(2, "192.168.4.0/22")
    }

    fn via(host: HostFixture, peer: &str, gateway: &str) -> HostFixture {
        stuck(host, peer).via(2, gateway)
    }

    fn questions(probes: &Probes) -> Vec<(String, ProbePurpose)> {
        let text = |question: &Question| (question.address.to_string(), question.purpose);
        assert!(probes.questions.iter().all(|question| question.ifindex == 2));
        probes.questions.iter().map(text).collect()
    }

    fn expected(all: &[(&str, ProbePurpose)]) -> Vec<(String, ProbePurpose)> {
        all.iter().map(|&(text, purpose)| (text.to_owned(), purpose)).collect()
    }

    fn peers(flows: impl IntoIterator<Item = Flow>) -> Vec<String> {
        flows.into_iter().map(|flow| flow.peer.ip.to_string()).collect()
    }

    #[test]
    fn a_client_on_the_wire_is_asked_for_and_addresses_beside_it_and_the_gateway() {
        let host = on_link(on_link(host(), "192.168.5.11:4000"), "192.168.5.12:4000");
        let probes = on_link(host, "192.168.5.13:4000").probes();
        let all = [
            ("192.168.5.11", ProbePurpose::Peer),
            ("192.168.5.222", ProbePurpose::Unused),
            ("192.168.5.3", ProbePurpose::Unused),
            ("192.168.4.1", ProbePurpose::Gateway),
        ];
        assert_eq!(questions(&probes), expected(&all));
        assert_eq!(peers(probes.first_hops), ["192.168.5.11", "192.168.5.12"]);
        assert_eq!(probes.trace, None, "a reply that goes straight has one hop");
    }

    #[test]
    fn parts_of_a_prefix_are_ways_of_their_own_and_one_gateway_is_asked_for_once() {
        let host = on_link(on_link(host(), "192.168.5.11:4000"), "192.168.6.11:4000");
        let probes = host.probes();
        let of = |purpose| {
            let its = probes.questions.iter().filter(|question| question.purpose == purpose);
            its.map(|question| question.address.to_string()).collect::<Vec<_>>()
        };
        assert_eq!(of(ProbePurpose::Peer), ["192.168.5.11", "192.168.6.11"]);
        assert_eq!(of(ProbePurpose::Unused).len(), 4);
        assert_eq!(of(ProbePurpose::Gateway), ["192.168.4.1"]);
    }

    #[test]
    fn behind_a_gateway_the_gateway_is_asked_for_and_one_way_is_traced() {
        let host = via(host(), "10.9.0.7:4000", "192.168.4.1");
        // Another connection of a client is no other client.
        let host = via(host, "10.9.0.7:4001", "192.168.4.1");
        let probes = via(host, "10.8.0.7:4000", "192.168.4.1").probes();
        assert_eq!(questions(&probes), expected(&[("192.168.4.1", ProbePurpose::Gateway)]));
        let first_hops = peers(probes.first_hops);
        assert_eq!(first_hops, ["10.8.0.7", "10.9.0.7"]);
        assert_eq!(peers(probes.trace).len(), 1);
    }

    #[test]
    fn the_ways_of_most_connections_come_first_and_few_are_asked_about() {
        let mut host = host();
        for (gateway, clients) in [(2, 1), (3, 1), (4, 1), (5, 1), (6, 3)] {
            for client in 0..clients {
                let peer = format!("10.{gateway}.{client}.7:4000");
                host = via(host, &peer, &format!("192.168.4.{gateway}"));
            }
        }
        let probes = host.probes();
        assert_eq!(probes.questions.len(), WAYS_MAX);
        assert_eq!(probes.questions[0].address.to_string(), "192.168.4.6");
        let most =
            peers(probes.first_hops.clone()).into_iter().filter(|ip| ip.starts_with("10.6."));
        assert_eq!(most.count(), CLIENTS_MAX);
        assert!(probes.first_hops.len() <= WAYS_MAX * CLIENTS_MAX);
        assert!(peers(probes.trace)[0].starts_with("10.6."));
    }

    #[test]
    fn where_nothing_leaves_there_is_no_first_hop() {
        let host = host()
            .stuck_request(LOCAL, "192.168.5.11:4000", (0, 2))
            .on_link(2, "192.168.4.0/22")
            .unresolved(2, "192.168.5.11");
        let probes = host.probes();
        assert_eq!(probes.questions.len(), 4);
        assert!(probes.first_hops.is_empty() && probes.trace.is_none());
    }

    #[test]
    fn nothing_is_asked_that_would_not_decide() {
        assert!(host().probes().is_empty(), "nothing is stuck");
        let silent = host().stuck_request(LOCAL, "10.9.0.7:4000", (4, 4)).via(2, "192.168.4.1");
        assert!(silent.probes().is_empty(), "the client does not repeat its SYN");
        let unknown = stuck(host(), "10.9.0.7:4000");
        assert!(unknown.probes().is_empty(), "no way is known");
        let nowhere = stuck(host(), "10.9.0.7:4000").no_way_back(RouteErrno::EHOSTUNREACH);
        assert!(nowhere.probes().is_empty(), "there is no way");
    }

    #[test]
    fn nothing_is_asked_about_what_is_sure_to_die_on_this_host() {
        let asks = |class, confidence| {
            let host = on_link(on_link(host(), "192.168.5.11:4000"), "192.168.5.12:4000");
            let host = host.neighbour(2, "192.168.5.11", "02:00:00:00:00:02");
            let host = host.neighbour(2, "192.168.5.12", "02:00:00:00:00:02");
            let probes = host.probes_after(|diagnosis| {
                let leading = &mut diagnosis.findings[0];
                assert_eq!(leading.affected.len(), 2);
                (leading.class, leading.confidence) = (class, confidence);
            });
            !probes.is_empty()
        };
        assert!(!asks(Class::Local, Confidence::Confirmed));
        assert!(asks(Class::Local, Confidence::Likely));
        assert!(asks(Class::Path, Confidence::Confirmed), "which box it is, the answers name");
    }
}
