//! Routes and rules alone.

use std::net::IpAddr;

use ipnet::IpNet;
use synrecv_model::{
    Family, FilterChain, FilterRule, Flow, Foreign, Hook, Origin, PortRange, Route, RouteKind,
    Rule, RuleAction, RuleVerdict, Subject, Test, Value, Weight, text,
};

use crate::cases::{Cases, Fact};
use crate::view::View;

/// Routes to networks on the wire of a device, default and single hosts left out.
fn wires<'a>(view: &View<'a>) -> Vec<(&'a Route, u32)> {
    let is_wire = |route: &&Route| {
        let whole = if route.destination.addr().is_ipv4() { 32 } else { 128 };
        let link_local = match route.destination.addr() {
            IpAddr::V4(v4) => v4.is_link_local(),
            IpAddr::V6(v6) => v6.is_unicast_link_local(),
        };
        route.is_on_link()
            && !link_local
            && !route.destination.addr().is_multicast()
            && route.kind == RouteKind::Unicast
            && (1..whole).contains(&route.destination.prefix_len())
    };
    let on_one = |route: &'a Route| Some((route, route.next_hops.first()?.ifindex));
    view.routes().iter().filter(is_wire).filter_map(on_one).collect()
}

/// How names of such devices begin, where their kind is not told.
const VIRTUAL: [&str; 14] = [
    "docker", "br-", "virbr", "lxcbr", "lxdbr", "cni", "cbr", "flannel", "podman", "weave", "cali",
    "vxlan", "tun", "wg",
];

/// Containers, virtual machines and tunnels: networks that were chosen on this host.
fn is_virtual(view: &View<'_>, ifindex: u32) -> bool {
    let kind =
        view.links().iter().find(|link| link.ifindex == ifindex).and_then(|l| l.kind.as_ref());
    if let Some(kind) = kind {
        return matches!(kind.0.as_str(), "bridge" | "tun" | "wireguard" | "vxlan");
    }
    let name = view.dev(ifindex).0;
    VIRTUAL.iter().any(|start| name.starts_with(start))
}

fn overlaps(one: &IpNet, two: &IpNet) -> bool {
    one.contains(two) || two.contains(one)
}

pub(super) fn overlapping_route(view: &View<'_>, cases: &mut Cases) {
    if !doubled(view, cases) {
        spoken_of(view, cases);
    }
}

/// One network on the wire and inside of this host. True when there is one.
fn doubled(view: &View<'_>, cases: &mut Cases) -> bool {
    let wires = wires(view);
    for (index, (one, dev)) in wires.iter().enumerate() {
        for (two, other) in &wires[..index] {
            let virtual_one = is_virtual(view, *dev);
            if dev == other
                || one.destination != two.destination
                || virtual_one == is_virtual(view, *other)
            {
                continue;
            }
            let ((caught, by), (meant, wire)) = if virtual_one {
                ((one, *dev), (two, *other))
            } else {
                ((two, *other), (one, *dev))
            };
            // The wire keeps its clients when its metric is less.
            if caught.metric > meant.metric || !super::is_trouble(view) {
                continue;
            }
            let case = cases.about(Subject::Prefix(by, caught.destination));
            case.headline(text![
                "replies into ",
                caught.destination,
                " leave by ",
                view.dev(by),
                ", not by ",
                view.dev(wire),
            ])
            .summary(text![
                caught.destination,
                " is on ",
                view.dev(by),
                " and on ",
                view.dev(wire),
                ", and ",
                view.dev(by),
                " wins",
            ])
            .arg("interface", Value::Foreign(view.dev(by)))
            .arg("prefix", Value::Net(caught.destination))
            .supports(
                Weight::Strong,
                Fact::new(
                    Origin::Route,
                    "one-network-on-two-devices",
                    text![
                        caught.destination,
                        " dev ",
                        view.dev(by),
                        " metric ",
                        caught.metric,
                        " wins over ",
                        meant.destination,
                        " dev ",
                        view.dev(wire),
                        " metric ",
                        meant.metric,
                    ],
                )
                .recheck("ip route"),
            );
            return true;
        }
    }
    false
}

/// A network inside of this host that the ticket speaks of.
fn spoken_of(view: &View<'_>, cases: &mut Cases) {
    let wires = wires(view);
    let caught = view.mentions().iter().find_map(|mention| {
        let (route, dev) = wires.iter().find(|(route, dev)| {
            is_virtual(view, *dev)
                && mention.network.prefix_len() < 32
                && overlaps(&route.destination, &mention.network)
        })?;
        Some((mention, *route, *dev))
    });
    let Some((mention, route, dev)) = caught else { return };
    cases
        .about(Subject::Prefix(dev, route.destination))
        .headline(text!["replies into ", mention.network, " leave by ", view.dev(dev)])
        .summary(text![
            route.destination,
            " on ",
            view.dev(dev),
            " catches clients in ",
            mention.network,
            ", if they are elsewhere",
        ])
        .arg("interface", Value::Foreign(view.dev(dev)))
        .arg("prefix", Value::Net(route.destination))
        // Weak: where that network is, only the words around the tables say.
        .supports(
            Weight::Weak,
            Fact::new(
                Origin::Route,
                "network-of-the-ticket",
                text![
                    "the ticket speaks of ",
                    mention.network,
                    " (line ",
                    mention.line,
                    "), and ",
                    route.destination,
                    " is routed to ",
                    view.dev(dev),
                ],
            )
            .recheck("ip route get CLIENT"),
        );
}

pub(super) fn no_return_route(view: &View<'_>, cases: &mut Cases) {
    let ends = |action: RuleAction| {
        matches!(action, RuleAction::Blackhole | RuleAction::Unreachable | RuleAction::Prohibit)
    };
    let stuck = view.stuck(|_| true);
    let replies: Vec<Flow> =
        stuck.into_iter().map(|index| view.requests()[index].track.flow).collect();
    let concerns =
        |rule: &&Rule| replies.is_empty() || replies.iter().any(|&reply| may_match(rule, reply));
    let mut ending = view.rules().iter().filter(|rule| ends(rule.action));
    let Some(rule) = ending.find(concerns) else { return };
    if !super::is_trouble(view) {
        return;
    }
    let later = view
        .rules()
        .iter()
        .any(|other| other.priority > rule.priority && other.action == RuleAction::ToTable);
    if !later {
        return;
    }
    let mut text = text!["rule ", rule.priority];
    if let Some((mark, _)) = rule.fwmark {
        text.push(text![" (mark ", Foreign(format!("{mark:#x}")), ")"]);
    }
    text.push(text![" is `", rule.action.name(), "`: no rule after it is asked"]);
    cases
        .about(Subject::Host)
        .headline(text!["replies that match rule ", rule.priority, " are dropped"])
        .summary(text!["a policy rule ends the look-up before the table with the route is asked"])
        .supports(
            Weight::Weak,
            Fact::new(Origin::Route, "rule-ends-look-up", text).recheck("ip rule"),
        );
}

/// Whether a reply can meet the rule. Marks, devices and users of it are not known.
fn may_match(rule: &Rule, reply: Flow) -> bool {
    const TCP: u8 = 6;
    let (local, peer) = (reply.local, reply.peer);
    let within = |range: Option<PortRange>, port: u16| {
        range.is_none_or(|range| (range.start..=range.end).contains(&u32::from(port)))
    };
    let covers = |net: Option<IpNet>, ip: IpAddr| net.is_none_or(|net| net.contains(&ip));
    let family = if peer.ip.is_ipv6() { Family::V6 } else { Family::V4 };
    let fits = covers(rule.from, local.ip)
        && covers(rule.to, peer.ip)
        && rule.ip_protocol.is_none_or(|protocol| protocol == TCP)
        && within(rule.sport, local.port)
        && within(rule.dport, peer.port);
    rule.family == family && (fits || rule.invert)
}

/// A network by a gateway that stands on the same wire as machines that the ticket speaks of: what
/// they send to it comes and goes by one device, and what comes back does not pass this host.
pub(super) fn asymmetric_route(view: &View<'_>, cases: &mut Cases) {
    if view.mentions().is_empty() || !super::is_trouble(view) {
        return;
    }
    let wires = wires(view);
    for route in view.routes().iter().filter(|route| route.destination.prefix_len() > 0) {
        let Some(hop) = route.next_hops.first() else { continue };
        let Some(gateway) = hop.gateway else { continue };
        let Some((wire, _)) = wires
            .iter()
            .find(|(wire, dev)| *dev == hop.ifindex && wire.destination.contains(&gateway))
        else {
            continue;
        };
        let own: Vec<IpAddr> = view.addresses().iter().map(|own| own.address).collect();
        let spoken = view.mentions().iter().map(|mention| mention.network);
        let beside = spoken.clone().find(|net| {
            wire.destination.contains(net) && net.addr() != gateway && !own.contains(&net.addr())
        });
        let named = spoken.clone().any(|net| net.addr() == gateway);
        let Some(beside) = beside.filter(|_| named) else { continue };
        cases
            .about(Subject::Host)
            .headline(text![
                "one direction between ",
                beside.addr(),
                " and ",
                route.destination,
                " passes this host",
            ])
            .summary(text![
                route.destination,
                " is behind ",
                gateway,
                ", on the same wire as ",
                beside.addr(),
                ": the one asks directly, the other answers through this host",
            ])
            .supports(
                Weight::Weak,
                Fact::new(
                    Origin::Route,
                    "gateway-beside-its-clients",
                    text![
                        route.destination,
                        " via ",
                        gateway,
                        " dev ",
                        view.dev(hop.ifindex),
                        "; ",
                        beside.addr(),
                        " is in ",
                        wire.destination,
                        " on ",
                        view.dev(hop.ifindex),
                        ", too",
                    ],
                )
                .recheck("ip route"),
            );
        return;
    }
}

/// Rules that dropped packets and that a segment of a handshake can match.
fn droppers<'a>(view: &View<'a>) -> Vec<(&'a FilterChain, &'a FilterRule, u64)> {
    let of_this_host = |chain: &FilterChain| {
        chain.base.as_ref().is_none_or(|base| {
            matches!(base.hook, Hook::Prerouting | Hook::Input | Hook::Forward | Hook::Ingress)
        })
    };
    let mut found = Vec::new();
    for chain in view.filters().iter().filter(|chain| of_this_host(chain)) {
        for rule in &chain.rules {
            let count = rule.packet_count.filter(|&count| count > 0);
            let of_tcp = rule.terms.iter().all(|term| match &term.test {
                Test::Protocol(numbers) => numbers.contains(&6) != term.negated,
                _ => true,
            });
            if let Some(count) = count.filter(|_| rule.verdict.ends_packet() && of_tcp) {
                found.push((chain, rule, count));
            }
        }
    }
    found.sort_by_key(|(.., count)| std::cmp::Reverse(*count));
    found
}

fn is_invalid(rule: &FilterRule) -> bool {
    rule.terms.iter().any(
        |term| matches!(&term.test, Test::ConntrackState(states) if states.invalid != term.negated),
    )
}

fn rule_fact(chain: &FilterChain, rule: &FilterRule, count: u64) -> Fact {
    Fact::new(
        Origin::Filter,
        "rule-dropped",
        text![
            "chain ",
            chain.name.clone(),
            " of ",
            chain.table.clone(),
            " dropped ",
            count,
            " packets by: ",
            rule.text.clone(),
        ],
    )
    .with("packet_count", Value::Number(count))
}

pub(super) fn conntrack_invalid(view: &View<'_>, cases: &mut Cases) {
    let found = droppers(view);
    let Some((chain, rule, count)) = found.iter().find(|(_, rule, _)| is_invalid(rule)) else {
        return;
    };
    if !super::is_trouble(view) {
        return;
    }
    cases
        .about(Subject::Host)
        .headline(text!["packets that connection tracking calls invalid are dropped"])
        .summary(text!["a rule drops packets in the state INVALID"])
        .supports(Weight::Weak, rule_fact(chain, rule, *count));
}

pub(super) fn firewall_drops_syn(view: &View<'_>, cases: &mut Cases) {
    let found = droppers(view);
    let Some((chain, rule, count)) = found.iter().find(|(_, rule, _)| !is_invalid(rule)) else {
        return;
    };
    // Requests say that SYNs get in.
    let gets_in = !view.stuck(|_| true).is_empty();
    if gets_in || !super::is_trouble(view) || matches!(rule.verdict, RuleVerdict::Reject) {
        return;
    }
    cases
        .about(Subject::Host)
        .headline(text!["packets are dropped by a rule of this host"])
        .summary(text!["a rule in ", chain.name.clone(), " dropped ", *count, " packets"])
        .supports(Weight::Weak, rule_fact(chain, rule, *count));
}
