//! The reply leaves by another device than the one that owns the local address.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use synrecv_model::{
    Action, ActionLabel, Address, Command, Neighbour, Origin, Reply, RouteKind, Subject, Text,
    Value, Weight, text,
};

use crate::cases::{Case, Cases, Fact};
use crate::phrase;
use crate::view::{RequestView, View};

pub(super) fn examine(view: &View<'_>, cases: &mut Cases) {
    let mut groups: BTreeMap<(IpAddr, u32, u32), Vec<usize>> = BTreeMap::new();
    let mut straight = Vec::new();
    for index in view.stuck(RequestView::may_lose_synack) {
        let request = &view.requests()[index];
        match crossing(view, request.local().ip, request.reply) {
            Some((owner, out)) if owner != out => {
                groups.entry((request.local().ip, owner, out)).or_default().push(index);
            }
            Some(_) => straight.push(index),
            None => {}
        }
    }
    if groups.is_empty() {
        clear(view, cases, &straight);
    }
    for ((local, owner, out), requests) in groups {
        let case = cases.about(Subject::Way(out, local));
        describe(view, case, local, owner, out, &requests);
        argue(view, case, local, owner, out, &requests);
        advise(view, case, local, owner, &requests);
    }
}

/// The device that owns the local address, and the device of the reply.
///
/// `None` when the address is on several devices or on `lo` (a service address that any device can
/// receive), or when the reply has no way out.
fn crossing(view: &View<'_>, local: IpAddr, reply: Option<&Reply>) -> Option<(u32, u32)> {
    let route = reply?.resolved.as_ref().ok()?;
    if route.kind != RouteKind::Unicast {
        return None;
    }
    let owner = owner_address(view, local)?;
    Some((owner.ifindex, route.oif))
}

fn owner_address<'a>(view: &View<'a>, local: IpAddr) -> Option<&'a Address> {
    let mut owners = view.addresses().iter().filter(|address| address.address == local);
    let first = owners.next()?;
    let loopback = view.links().iter().any(|link| link.ifindex == first.ifindex && link.loopback);
    (owners.next().is_none() && !loopback).then_some(first)
}

fn clear(view: &View<'_>, cases: &mut Cases, straight: &[usize]) {
    let Some(&first) = straight.first() else { return };
    cases.about(Subject::Host).refutes(
        Weight::Strong,
        Fact::new(
            Origin::Route,
            "reply-by-owning-device",
            text![
                "replies to ",
                phrase::name_peers(&phrase::peers(view, straight)),
                " leave by the device that owns the local address",
            ],
        )
        .recheck(phrase::route_get(&view.requests()[first])),
    );
}

fn describe(
    view: &View<'_>,
    case: &mut Case,
    local: IpAddr,
    owner: u32,
    out: u32,
    requests: &[usize],
) {
    case.headline(text![
        phrase::stuck(view, requests),
        ": replies leave by another device than the SYN came for",
    ])
    .summary(text![
        local,
        " belongs to ",
        view.dev(owner),
        ", replies from it leave by ",
        view.dev(out),
    ])
    .arg("local", Value::Ip(local))
    .arg("in_interface", Value::Foreign(view.dev(owner)))
    .arg("out_interface", Value::Foreign(view.dev(out)))
    .affects(requests.iter().copied());
}

fn argue(
    view: &View<'_>,
    case: &mut Case,
    local: IpAddr,
    owner: u32,
    out: u32,
    requests: &[usize],
) {
    let sample = &view.requests()[requests[0]];
    if let Some(route) = sample.reply.and_then(|reply| reply.resolved.as_ref().ok()) {
        // Strong, not decisive: which device the SYN came by is inferred from who owns the address.
        case.supports(
            Weight::Strong,
            Fact::new(
                Origin::Route,
                "reply-by-other-device",
                text![
                    "replies from ",
                    local,
                    " to ",
                    phrase::name_peers(&phrase::peers(view, requests)),
                    " leave by ",
                    phrase::way(view, route),
                    "; ",
                    local,
                    " belongs to ",
                    view.dev(owner),
                ],
            )
            .with("local", Value::Ip(local))
            .with("owner_dev", Value::Foreign(view.dev(owner)))
            .with("reply_dev", Value::Foreign(view.dev(out)))
            .with("gateway", route.gateway.map_or(Value::Unknown, Value::Ip))
            .recheck(phrase::route_get(sample))
            .recheck("ip addr"),
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
    argue_arrivals(view, case, local, owner);
    argue_controls(view, case, local, owner, out);
    if let Some(queue) = phrase::queue(view, sample.local()) {
        case.supports(Weight::Weak, queue);
    }
}

/// Neighbours on the owning device: somebody there asked for this host, so packets come in there.
fn argue_arrivals(view: &View<'_>, case: &mut Case, local: IpAddr, owner: u32) {
    let near: Vec<&Neighbour> = view
        .neighbours()
        .filter(|entry| {
            entry.ifindex == owner
                && entry.mac.is_some()
                && entry.address.is_ipv4() == local.is_ipv4()
        })
        .collect();
    let Some(first) = near.first() else { return };
    case.supports(
        Weight::Weak,
        Fact::new(
            Origin::Arp,
            "neighbours-on-owning-device",
            text![
                phrase::name_peers(&near.iter().map(|entry| entry.address).collect::<Vec<_>>()),
                " on ",
                view.dev(owner),
                if near.len() == 1 { " knows" } else { " know" },
                " this host, although no reply goes there",
            ],
        )
        .with("neighbour", Value::Ip(first.address))
        .recheck(format!("ip -s neigh show dev {}", view.dev(owner))),
    );
}

/// Completed connections: by the same crossing they speak against, by straight ways for.
fn argue_controls(view: &View<'_>, case: &mut Case, local: IpAddr, owner: u32, out: u32) {
    let (mut crossed, mut straight) = (0_usize, 0_usize);
    for reply in view.completed() {
        let from = reply.question.flow.local.ip;
        match crossing(view, from, Some(reply)) {
            Some(way) if from == local && way == (owner, out) => crossed += 1,
            Some((own, other)) if own == other => straight += 1,
            _ => {}
        }
    }
    if crossed > 0 {
        case.refutes(
            Weight::Strong,
            Fact::new(
                Origin::Sockets,
                "connected-by-the-same-way",
                text![
                    phrase::count(crossed, "other client", "other clients"),
                    " of ",
                    local,
                    " completed a handshake by the same way out",
                ],
            )
            .with("connected_count", Value::Number(crossed as u64)),
        );
    } else if straight > 0 {
        case.supports(
            Weight::Weak,
            Fact::new(
                Origin::Sockets,
                "connected-by-own-device",
                text![
                    phrase::count(straight, "client", "clients"),
                    " whose replies leave by the device of their address completed a handshake",
                ],
            )
            .with("connected_count", Value::Number(straight as u64)),
        );
    }
}

fn advise(view: &View<'_>, case: &mut Case, local: IpAddr, owner: u32, requests: &[usize]) {
    let dev = view.dev(owner);
    let sample: &RequestView<'_> = &view.requests()[requests[0]];
    case.action(Action {
        id: "see-both-ways",
        label: ActionLabel::Investigate,
        text: text!["see by which device the SYNs come in and the SYN-ACKs leave"],
        commands: vec![Command(format!(
            "tcpdump -eni any 'tcp[tcpflags] & tcp-syn != 0 and host {}'",
            sample.peer()
        ))],
        verify: Text::new(),
    });
    let family = if local.is_ipv4() { "" } else { "-6 " };
    let table = free_table(view);
    let mut commands = Vec::new();
    if let Some(own) = owner_address(view, local) {
        let prefix = own.prefix();
        commands.push(format!("ip {family}route add {prefix} dev {dev} src {local} table {table}"));
    }
    let (gateway, known) = match gateway_behind(view, owner, local) {
        Some(gateway) => (gateway.to_string(), true),
        None => (format!("GATEWAY_OF_{dev}"), false),
    };
    commands.push(format!("ip {family}route add default via {gateway} dev {dev} table {table}"));
    commands.push(format!("ip {family}rule add from {local} lookup {table}"));
    case.action(Action {
        id: "route-by-source",
        label: ActionLabel::Safe,
        text: text![
            "send replies from ",
            local,
            " back by ",
            dev.clone(),
            if known { " (check that this is its router)" } else { " (fill in its router)" },
        ],
        commands: commands.into_iter().map(Command).collect(),
        verify: text![
            Command(phrase::route_get(sample)),
            " shows dev ",
            dev,
            "; stuck connections complete at their next retry",
        ],
    });
}

/// The router behind a device: the gateway of a route, else the only neighbour there.
fn gateway_behind(view: &View<'_>, ifindex: u32, local: IpAddr) -> Option<IpAddr> {
    let same_family = |address: &IpAddr| address.is_ipv4() == local.is_ipv4();
    view.gateways(ifindex).into_iter().find(same_family).or_else(|| {
        let mut neighbours = view
            .neighbours()
            .filter(|entry| entry.ifindex == ifindex && entry.mac.is_some())
            .map(|entry| entry.address)
            .filter(same_family);
        let first = neighbours.next()?;
        neighbours.next().is_none().then_some(first)
    })
}

/// A table number that no route and no rule uses.
fn free_table(view: &View<'_>) -> u32 {
    let used: BTreeSet<u32> = view
        .routes()
        .iter()
        .map(|route| route.table)
        .chain(view.rules().iter().map(|rule| rule.table))
        .collect();
    (100..=u32::MAX).find(|table| !used.contains(table)).unwrap_or(100)
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
            .default_route(2, "10.1.0.1")
            .listener("0.0.0.0:80", 0, 128)
            .neighbour(2, "10.1.0.1", "02:00:00:00:00:0a")
    }

    #[test]
    fn replies_by_another_device_make_it_likely() {
        let host =
            host().stuck_request("10.2.0.10:80", "10.9.0.100:4000", (4, 1)).via(2, "10.1.0.1");
        let finding = host.diagnose().finding("asymmetric-route").unwrap();
        assert_eq!(finding.confidence, Confidence::Likely);
        assert_eq!(finding.affected.len(), 1);
    }

    #[test]
    fn a_completed_client_by_the_same_way_speaks_against() {
        let host = host()
            .stuck_request("10.2.0.10:80", "10.9.0.100:4000", (4, 1))
            .via(2, "10.1.0.1")
            .connected("10.2.0.10:80", "10.9.0.101:4000")
            .via(2, "10.1.0.1");
        let diagnosis = host.diagnose();
        assert_eq!(diagnosis.leading(), Some("synack-lost-outside"));
    }

    #[test]
    fn replies_by_the_owning_device_are_no_case() {
        let host =
            host().stuck_request("10.1.0.10:80", "10.9.0.100:4000", (4, 1)).via(2, "10.1.0.1");
        assert!(host.diagnose().finding("asymmetric-route").is_none());
    }

    #[test]
    fn a_silent_client_proves_no_loss_of_the_reply() {
        let host =
            host().stuck_request("10.2.0.10:80", "10.9.0.100:4000", (2, 2)).via(2, "10.1.0.1");
        assert!(host.diagnose().finding("asymmetric-route").is_none());
    }
}
