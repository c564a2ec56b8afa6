//! A route with several equal ways: replies by one of them are lost, by another they arrive.
//!
//! The SYNs of one service come by one router at a time and the kernel spreads the replies over all of
//! them, so some clients are answered by a router that never saw their SYN.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use ipnet::IpNet;
use synrecv_model::view::RetryReading;
use synrecv_model::{
    Action, ActionLabel, Command, Origin, Reply, Subject, Text, Value, Weight, text,
};

use crate::cases::{Case, Cases, Fact};
use crate::phrase;
use crate::view::View;

/// Distinct clients on either side from which it is no coincidence.
const CLIENTS_LEAST: usize = 2;

/// One of several ways of a multipath route.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Way {
    prefix: IpNet,
    oif: u32,
    gateway: IpAddr,
}

impl Way {
    /// `None` unless the route that matched has several next hops, each behind a gateway.
    fn of(reply: &Reply) -> Option<Self> {
        let route = reply.resolved.as_ref().ok()?;
        let matched = reply.matched.as_ref().filter(|matched| matched.next_hop_count > 1)?;
        Some(Self { prefix: matched.prefix, oif: route.oif, gateway: route.gateway? })
    }
}

pub(super) fn examine(view: &View<'_>, cases: &mut Cases) {
    let mut groups: BTreeMap<(IpAddr, Way), Vec<usize>> = BTreeMap::new();
    for index in view.stuck(|request| request.reading == RetryReading::ClientRepeatsSyn) {
        let request = &view.requests()[index];
        if let Some(way) = request.reply.and_then(Way::of) {
            groups.entry((request.local().ip, way)).or_default().push(index);
        }
    }
    for ((local, way), requests) in groups {
        let mut here = BTreeSet::new();
        let mut elsewhere: BTreeMap<Way, BTreeSet<IpAddr>> = BTreeMap::new();
        for reply in view.completed().filter(|reply| reply.question.flow.local.ip == local) {
            let peer = reply.question.flow.peer.ip;
            match Way::of(reply) {
                Some(other) if other == way => {
                    here.insert(peer);
                }
                Some(other) if other.prefix == way.prefix => {
                    elsewhere.entry(other).or_default().insert(peer);
                }
                _ => {}
            }
        }
        let stuck = phrase::peers(view, &requests);
        let working = elsewhere.into_iter().max_by_key(|(_, peers)| peers.len());
        let Some((other, connected)) = working else { continue };
        let here = here.iter().filter(|peer| !stuck.contains(peer)).count();
        if stuck.len() >= CLIENTS_LEAST && connected.len() >= CLIENTS_LEAST {
            report(view, cases, local, (way, here), (other, connected.len()), &requests);
        }
    }
}

fn report(
    view: &View<'_>,
    cases: &mut Cases,
    local: IpAddr,
    (way, here): (Way, usize),
    (other, connected): (Way, usize),
    requests: &[usize],
) {
    let peers = phrase::peers(view, requests);
    let case = cases.about(Subject::Way(way.oif, local));
    case.headline(text![
        phrase::stuck(view, requests),
        ": replies leave by one of several ways, and not by the one the SYN came by",
    ])
    .summary(text![
        way.prefix,
        " has several ways; replies by ",
        way.gateway,
        " on ",
        view.dev(way.oif),
        " are lost, replies by ",
        other.gateway,
        " on ",
        view.dev(other.oif),
        " arrive",
    ])
    .arg("local", Value::Ip(local))
    .arg("prefix", Value::Net(way.prefix))
    .arg("out_interface", Value::Foreign(view.dev(way.oif)))
    .arg("gateway", Value::Ip(way.gateway))
    .arg("working_gateway", Value::Ip(other.gateway))
    .affects(requests.iter().copied());
    let sample = &view.requests()[requests[0]];
    // Strong, not decisive: which router the SYN came by is inferred from who completes.
    case.supports(
        Weight::Strong,
        Fact::new(
            Origin::Route,
            "stuck-by-one-way",
            text![
                "all replies to ",
                phrase::name_peers(&peers),
                " leave by ",
                way.gateway,
                "; ",
                phrase::count(connected, "client", "clients"),
                " whose replies leave by ",
                other.gateway,
                " completed a handshake",
            ],
        )
        .with("stuck_peer_count", Value::Number(peers.len() as u64))
        .with("connected_peer_count", Value::Number(connected as u64))
        .recheck(phrase::route_get(sample)),
    );
    if here > 0 {
        case.refutes(
            Weight::Strong,
            Fact::new(
                Origin::Sockets,
                "connected-by-the-same-way",
                text![
                    phrase::count(here, "client", "clients"),
                    " whose replies leave by ",
                    way.gateway,
                    " completed a handshake too",
                ],
            )
            .with("connected_count", Value::Number(here as u64)),
        );
    }
    case.supports(
        Weight::Weak,
        phrase::retries(
            view,
            requests,
            "the client repeats its SYN, so the SYN-ACK is lost, not the ACK",
        ),
    );
    advise(view, case, local, way, other);
}

fn advise(view: &View<'_>, case: &mut Case, local: IpAddr, way: Way, other: Way) {
    case.action(Action {
        id: "ask-router",
        label: ActionLabel::Investigate,
        text: text![
            "find out what ",
            way.gateway,
            " does with replies from ",
            local,
            ": does it keep state, does it know the way back?",
        ],
        commands: vec![Command(format!(
            "tcpdump -eni {} 'tcp[tcpflags] & tcp-syn != 0 and host {local}'",
            view.dev(way.oif)
        ))],
        verify: Text::new(),
    })
    .action(Action {
        id: "one-way-for-the-service",
        label: ActionLabel::Disruptive,
        text: text![
            "where the routers cannot share state, send replies from ",
            local,
            " by one of them, and have SYNs come by the same one",
        ],
        commands: vec![Command(format!(
            "ip {}rule add from {local} lookup TABLE_WITH_DEFAULT_VIA_{}",
            if local.is_ipv4() { "" } else { "-6 " },
            other.gateway
        ))],
        verify: Text::new(),
    });
}

#[cfg(test)]
mod tests {
    use synrecv_model::Confidence;

    use crate::fixture::HostFixture;

    fn host() -> HostFixture {
        HostFixture::new()
            .device(2, "ps0")
            .device(3, "ps1")
            .address(2, "10.1.0.10/24")
            .address(3, "10.2.0.10/24")
            .device(1, "lo")
            .address(1, "10.5.0.10/32")
            .loopback()
            .listener("10.5.0.10:80", 0, 128)
            .neighbour(2, "10.1.0.1", "02:00:00:00:00:0a")
            .neighbour(3, "10.2.0.1", "02:00:00:00:00:0b")
    }

    fn both_sides(host: HostFixture) -> HostFixture {
        let stuck = |host: HostFixture, peer: &str| {
            host.stuck_request("10.5.0.10:80", peer, (4, 1)).multipath(3, "10.2.0.1")
        };
        let fine = |host: HostFixture, peer: &str| {
            host.connected("10.5.0.10:80", peer).multipath(2, "10.1.0.1")
        };
        let host = stuck(stuck(host, "10.9.0.1:4000"), "10.9.0.2:4000");
        fine(fine(host, "10.9.0.3:4000"), "10.9.0.4:4000")
    }

    #[test]
    fn one_way_loses_and_another_does_not() {
        let judged = both_sides(host()).diagnose();
        assert_eq!(judged.leading(), Some("asymmetric-route"));
        let finding = judged.finding("asymmetric-route").unwrap();
        assert_eq!((finding.confidence, finding.affected.len()), (Confidence::Likely, 2));
    }

    #[test]
    fn a_client_that_completes_by_the_same_way_speaks_against() {
        let judged = both_sides(host())
            .connected("10.5.0.10:80", "10.9.0.5:4000")
            .multipath(3, "10.2.0.1")
            .diagnose();
        assert_eq!(judged.leading(), Some("synack-lost-outside"));
    }

    #[test]
    fn losses_by_both_ways_have_another_cause() {
        let judged = host()
            .stuck_request("10.5.0.10:80", "10.9.0.1:4000", (4, 1))
            .multipath(3, "10.2.0.1")
            .stuck_request("10.5.0.10:80", "10.9.0.2:4000", (4, 1))
            .multipath(2, "10.1.0.1")
            .diagnose();
        assert!(judged.finding("asymmetric-route").is_none());
    }
}
