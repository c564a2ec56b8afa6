//! The prefix of a container network, tunnel or second device catches the client.

use std::collections::BTreeMap;

use ipnet::IpNet;
use synrecv_model::view::{RetryReading, place};
use synrecv_model::{
    Action, ActionLabel, CheckInfo, Class, Command, Link, Manual, Origin, Part, Route, RouteKind,
    Subject, Text, Value, Weight, text,
};

use crate::cases::{Case, Cases, Fact};
use crate::view::{RequestView, View};
use crate::{Check, phrase};

pub(super) static CHECK: Check = Check {
    info: CheckInfo {
        id: "overlapping-route",
        class: Class::Path,
        summary: "a container, VPN or second-device prefix catches the client",
        severity: "problem",
        needs: &[Part::Sockets, Part::Replies, Part::Addresses, Part::Routes, Part::Links],
        also_reads: &[Part::Counters, Part::Neighbours],
        ipv6: "the same",
        explains: &["asymmetric-route", "neighbour-unresolved", "synack-lost-outside"],
        disproved_by: &[
            "the SYN of a stuck client arrives by the device of the longer prefix (capture)",
            "other clients of the same prefix complete by the same device",
        ],
        manual: Manual {
            meaning: "Two routes hold the client: a short one (often the default) by the device that the SYN came by, and \
                      a longer one by another device: a container bridge, a tunnel, a second NIC. The longest prefix \
                      wins, so the SYN-ACK goes into the other network and is lost there.",
            picture: &[
                "SYN      client 172.17.5.100 --> router --> eth0",
                "SYN-ACK  172.17.0.0/16 dev docker0: asked for on a bridge where the client is not",
            ],
            recognised: &[
                (
                    "the longest match for the client leaves by another device than the one that owns our address",
                    "routes, addresses",
                ),
                ("a shorter route would leave by the owning device", "routes"),
                ("the client repeats its SYN, or does not answer ARP there", "sockets, neighbours"),
            ],
            looks_like: &[
                (
                    "bad-netmask",
                    "the prefix that catches the client is on the device the SYN came by",
                ),
                ("asymmetric-route", "no shorter route leads out by the owning device"),
            ],
            by_hand: &[
                (
                    "ip route show match CLIENT",
                    "all routes that hold the client, the longest decides",
                ),
                ("ip route get CLIENT from SERVER", "the device of the reply"),
            ],
            fix: "Give the container network or tunnel a prefix that no client uses. Until then a more specific route for \
                  the clients by the right gateway repairs the replies.",
            references: &["ip-route(8)", "RFC 1812 section 5.2.4.3 (longest match)"],
        },
    },
    examine,
};

fn examine(view: &View<'_>, cases: &mut Cases) {
    let wanted = |request: &RequestView<'_>| {
        request.may_lose_synack() || request.reading == RetryReading::NextHopUnresolved
    };
    let mut groups: BTreeMap<(u32, IpNet), (Vec<usize>, &Route)> = BTreeMap::new();
    for index in view.stuck(wanted) {
        if let Some((out, prefix, other)) = overlap(view, &view.requests()[index]) {
            groups.entry((out, prefix)).or_insert_with(|| (Vec::new(), other)).0.push(index);
        }
    }
    for ((out, prefix), (requests, other)) in groups {
        report(view, cases, out, prefix, &requests, other);
    }
}

/// Device and prefix that catch the peer, and the shorter route by the device of our address.
fn overlap<'a>(view: &View<'a>, request: &RequestView<'_>) -> Option<(u32, IpNet, &'a Route)> {
    let reply = request.reply?;
    let route = reply.resolved.as_ref().ok()?;
    let prefix = reply.matched.as_ref()?.prefix;
    if route.kind != RouteKind::Unicast || prefix.prefix_len() == 0 {
        return None;
    }
    let local = request.local().ip;
    let mut owners = view.addresses().iter().filter(|address| address.address == local);
    let owner = owners.next()?.ifindex;
    if owners.next().is_some() || owner == route.oif || is_loopback(view, owner) {
        return None;
    }
    let peer = request.peer();
    let other = view
        .routes()
        .iter()
        .filter(|other| other.kind == RouteKind::Unicast && other.destination.contains(&peer))
        .filter(|other| other.destination.prefix_len() < prefix.prefix_len())
        .filter(|other| other.next_hops.iter().any(|hop| hop.ifindex == owner))
        .max_by_key(|other| other.destination.prefix_len())?;
    Some((route.oif, prefix, other))
}

fn is_loopback(view: &View<'_>, ifindex: u32) -> bool {
    link(view, ifindex).is_some_and(|link| link.loopback)
}

fn link<'a>(view: &View<'a>, ifindex: u32) -> Option<&'a Link> {
    view.links().iter().find(|link| link.ifindex == ifindex)
}

/// `bridge docker0`, or the name alone.
fn described(view: &View<'_>, ifindex: u32) -> Text {
    match link(view, ifindex).and_then(|link| link.kind.as_ref()) {
        Some(kind) => text![kind, " ", view.dev(ifindex)],
        None => text![view.dev(ifindex)],
    }
}

fn report(
    view: &View<'_>,
    cases: &mut Cases,
    out: u32,
    prefix: IpNet,
    requests: &[usize],
    other: &Route,
) {
    let sample = &view.requests()[requests[0]];
    let peers = phrase::peers(view, requests);
    let case = cases.about(Subject::Prefix(out, prefix));
    case.headline(text![
        phrase::stuck(view, requests),
        ": replies go into another network than the SYN came from",
    ])
    .summary(text![prefix, " on ", described(view, out), " catches ", phrase::name_peers(&peers),])
    .arg("interface", Value::Foreign(view.dev(out)))
    .arg("prefix", Value::Net(prefix))
    .arg("shorter_prefix", Value::Net(other.destination))
    .arg("peers", Value::List(peers.iter().copied().map(Value::Ip).collect()))
    .affects(requests.iter().copied());
    let hop = other.next_hops.first();
    // Strong, not decisive: the device of the SYN is inferred from who owns the local address.
    case.supports(
        Weight::Strong,
        Fact::new(
            Origin::Route,
            "longer-prefix-on-other-device",
            text![
                prefix,
                " dev ",
                view.dev(out),
                " wins over ",
                other.destination,
                hop.map(|hop| match hop.gateway {
                    Some(gateway) => text![" via ", gateway, " dev ", view.dev(hop.ifindex)],
                    None => text![" dev ", view.dev(hop.ifindex)],
                })
                .unwrap_or_default(),
                ", which leads back to where ",
                sample.local().ip,
                " lives",
            ],
        )
        .with("prefix", Value::Net(prefix))
        .with("dev", Value::Foreign(view.dev(out)))
        .with("shorter_prefix", Value::Net(other.destination))
        .recheck(phrase::route_get(sample))
        .recheck(format!("ip route show match {}", sample.peer())),
    );
    argue_device(view, case, out);
    case.supports(Weight::Weak, phrase::retries(view, requests, "no SYN-ACK reaches the client"));
    argue_controls(view, case, out, prefix);
    advise(view, case, out, prefix, sample, other);
}

fn argue_device(view: &View<'_>, case: &mut Case, out: u32) {
    let Some(link) = link(view, out) else { return };
    let ports = view.links().iter().filter(|port| port.master_ifindex == Some(out)).count();
    if link.kind.as_ref().is_some_and(|kind| kind.0 == "bridge") {
        case.supports(
            Weight::Weak,
            Fact::new(
                Origin::Address,
                "bridge",
                text![
                    view.dev(out),
                    " is a bridge with ",
                    phrase::count(ports, "port", "ports"),
                    ", as container networks have",
                ],
            )
            .with("port_count", Value::Number(ports as u64))
            .recheck(format!("ip link show master {}", view.dev(out))),
        );
    }
}

/// Clients of the same prefix that complete by this device belong there.
fn argue_controls(view: &View<'_>, case: &mut Case, out: u32, prefix: IpNet) {
    let connected = view
        .completed()
        .filter(|reply| {
            let peer = reply.question.flow.peer.ip;
            prefix.contains(&peer) && reply.resolved.as_ref().is_ok_and(|route| route.oif == out)
        })
        .filter(|reply| {
            let local = reply.question.flow.local.ip;
            !view
                .addresses()
                .iter()
                .any(|address| address.ifindex == out && address.address == local)
        })
        .count();
    if connected > 0 {
        case.refutes(
            Weight::Strong,
            Fact::new(
                Origin::Sockets,
                "connected-by-the-same-way",
                text![
                    phrase::count(connected, "client", "clients"),
                    " of ",
                    prefix,
                    " completed a handshake by this device",
                ],
            )
            .with("connected_count", Value::Number(connected as u64)),
        );
    }
}

fn advise(
    view: &View<'_>,
    case: &mut Case,
    out: u32,
    prefix: IpNet,
    sample: &RequestView<'_>,
    other: &Route,
) {
    let dev = view.dev(out);
    let peer = sample.peer();
    case.action(Action {
        id: "who-owns-prefix",
        label: ActionLabel::Investigate,
        text: text![
            "find out who made ",
            prefix,
            " on ",
            dev.clone(),
            " and who really lives there"
        ],
        commands: vec![
            Command(format!("ip -d link show dev {dev}")),
            Command(format!("ip route show match {peer}")),
        ],
        verify: Text::new(),
    });
    if let Some((hop, gateway)) = other.next_hops.iter().find_map(|hop| Some((hop, hop.gateway?))) {
        let family = if peer.is_ipv4() { "" } else { "-6 " };
        let narrow: IpNet = if place(peer).prefix_len() > prefix.prefix_len() {
            place(peer)
        } else {
            IpNet::from(peer)
        };
        case.action(Action {
            id: "route-clients",
            label: ActionLabel::Safe,
            text: text![
                "until the prefix is changed, send replies to the clients the right way; nothing on ",
                dev.clone(),
                " in ",
                narrow,
                " is reachable then",
            ],
            commands: vec![Command(format!(
                "ip {family}route add {narrow} via {gateway} dev {}",
                view.dev(hop.ifindex)
            ))],
            verify: text![
                Command(phrase::route_get(sample)),
                " shows dev ",
                view.dev(hop.ifindex),
                "; stuck connections complete at their next retry",
            ],
        });
    }
    case.action(Action {
        id: "renumber",
        label: ActionLabel::Disruptive,
        text: text![
            "give ",
            dev,
            " a prefix that no client uses (Docker: bip and default-address-pools; VPN: allowed prefixes)",
        ],
        commands: vec![],
        verify: text![Command(format!("ip route show match {peer}")), " no longer lists the prefix"],
    });
}

#[cfg(test)]
mod tests {
    use crate::fixture::HostFixture;

    fn host() -> HostFixture {
        HostFixture::new()
            .device(2, "ps0")
            .device(3, "br0")
            .address(2, "10.1.0.10/24")
            .address(3, "172.17.0.1/16")
            .default_route(2, "10.1.0.1")
            .listener("10.1.0.10:80", 0, 128)
            .neighbour(2, "10.1.0.1", "02:00:00:00:00:01")
    }

    #[test]
    fn a_bridge_over_the_client_is_the_cause_and_its_dead_neighbour_the_effect() {
        let judged = host()
            .stuck_request("10.1.0.10:80", "172.17.5.100:4000", (3, 1))
            .on_link(3, "172.17.0.0/16")
            .unresolved(3, "172.17.5.100")
            .diagnose();
        assert_eq!(judged.leading(), Some("overlapping-route"));
        let finding = judged.finding("overlapping-route").unwrap();
        assert_eq!(finding.explains.len(), 1);
    }

    #[test]
    fn clients_of_the_containers_own_address_are_at_home() {
        let judged = host()
            .stuck_request("172.17.0.1:80", "172.17.5.100:4000", (3, 1))
            .on_link(3, "172.17.0.0/16")
            .neighbour(3, "172.17.5.100", "02:00:00:00:00:99")
            .diagnose();
        assert!(judged.finding("overlapping-route").is_none());
    }

    #[test]
    fn without_a_shorter_route_it_is_plain_asymmetry() {
        let judged = HostFixture::new()
            .device(2, "ps0")
            .device(3, "ps1")
            .address(2, "10.1.0.10/24")
            .address(3, "10.2.0.10/24")
            .default_route(3, "10.2.0.1")
            .listener("10.1.0.10:80", 0, 128)
            .stuck_request("10.1.0.10:80", "10.9.0.7:4000", (4, 1))
            .via(3, "10.2.0.1")
            .diagnose();
        assert_eq!(judged.leading(), Some("asymmetric-route"));
    }
}
