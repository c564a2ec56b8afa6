//! The SYN-ACK leaves this host and does not reach the client; nothing here explains it.

use std::net::IpAddr;

use synrecv_model::view::RetryReading;
use synrecv_model::{
    Action, ActionLabel, CheckInfo, Class, Command, Manual, Nud, Origin, Part, SourceKind, Subject,
    Text, Value, Weight, text,
};

use crate::captured::changes_vlan;
use crate::cases::{Case, Cases, Fact};
use crate::seen::{Seen, seen, stays_on_bridge, ways};
use crate::undelivered::{Version, untransmitted, untransmitted_fact};
use crate::view::{RequestView, View};
use crate::{Check, phrase, share};

pub(super) static CHECK: Check = Check {
    info: CheckInfo {
        id: "synack-lost-outside",
        class: Class::Path,
        summary: "the SYN-ACK leaves this host and is lost on the way",
        severity: "by share: info, warning or problem",
        needs: &[Part::Sockets],
        also_reads: &[
            Part::Counters,
            Part::Replies,
            Part::Links,
            Part::Filters,
            Part::Neighbours,
            Part::Frames,
            Part::Settings,
            Part::Probes,
        ],
        ipv6: "the same; a dead next hop reads alike, its neighbour entry tells",
        explains: &[],
        disproved_by: &[
            "no SYN-ACK in a capture on this host: it dies here",
            "an ACK of a stuck client in a capture on this host",
        ],
        manual: Manual {
            meaning: "The client repeats its SYN, so it never saw a SYN-ACK. This host sends each one: the route has a \
                      next hop, the next hop has a MAC, and nothing known on this host sends it astray. It is lost \
                      between here and the client: a filter, a stateful machine, a wrong route or an overload.",
            picture: &["SYN      client --> ... --> server", "SYN-ACK  client  X  ... <-- server"],
            recognised: &[
                ("SYN-ACKs sent again exceed the timer's expiries, and it lasts", "sockets"),
                ("the next hop of the reply is resolved", "neighbours"),
                ("no finding on this host explains the connection", "all"),
            ],
            looks_like: &[
                ("asymmetric-route", "the reply leaves by another device than the SYN came by"),
                ("bad-netmask", "the reply goes straight to the wire instead of the gateway"),
                ("ack-lost-outside", "the client does not repeat its SYN"),
            ],
            by_hand: &[
                (
                    "tcpdump -eni any 'host CLIENT and tcp port PORT'",
                    "SYN-ACKs leave, SYNs repeat, no ACK",
                ),
                ("traceroute -n CLIENT", "how far replies get"),
            ],
            fix: "Follow the SYN-ACK hop by hop: capture on the next router, look for state or filters that saw the SYN \
                  by another way, compare with a client that works.",
            references: &["RFC 9293 section 3.8.1"],
        },
    },
    examine,
};

fn examine(view: &View<'_>, cases: &mut Cases) {
    let lost = view
        .stuck(|request| request.reading == RetryReading::ClientRepeatsSyn && has_way_out(request));
    let Some(&first) = lost.first() else { return };
    let sample = &view.requests()[first];
    let (severity, numbers) = share::severity(view, &lost);
    let unseen = seen(view, &lost).next().is_none();
    let case = cases.about(Subject::Host);
    case.severity(severity)
        .headline(text![
            phrase::stuck(view, &lost),
            ": the SYN-ACK leaves this host and does not reach the client",
        ])
        .summary(text![
            "the SYN-ACK is lost between here and ",
            phrase::name_peers(&phrase::peers(view, &lost)),
        ])
        .arg("peers", Value::List(phrase::peers(view, &lost).into_iter().map(Value::Ip).collect()))
        .affects(lost.iter().copied())
        .supports(
            if unseen && (may_end_on_bridge(view, sample) || may_go_astray(view, sample)) {
                Weight::Weak
            } else {
                Weight::Strong
            },
            phrase::retries(
                view,
                &lost,
                "the client repeats its SYN, so the SYN-ACK is lost, not the ACK",
            ),
        );
    if unseen && lost.iter().all(|&index| goes_straight(&view.requests()[index])) {
        case.refutes(
            Weight::Strong,
            Fact::new(
                Origin::Route,
                "nobody-between",
                text![
                    "replies go straight to the wire, to a link-layer address that is known: only a switch is between",
                ],
            )
            .recheck(phrase::route_get(sample)),
        );
    }
    argue_kept(view, case, sample);
    argue_frames(view, case, &lost);
    argue_trace(view, case, &lost);
    if let Some(fact) = way_out(view, sample) {
        case.supports(Weight::Weak, fact);
    }
    case.supports(
        Weight::Weak,
        Fact::new(share::origin(view), "share", numbers)
            .with("passive_opens_delta_count", phrase::number(view.delta("TcpPassiveOpens"))),
    );
    case.action(Action {
        id: "see-synack-leave",
        label: ActionLabel::Investigate,
        text: text!["see the SYN-ACK leave, and with which MAC"],
        commands: vec![Command(format!("tcpdump -eni any 'host {} and tcp'", sample.peer()))],
        verify: Text::new(),
    })
    .action(Action {
        id: "follow-the-reply",
        label: ActionLabel::Investigate,
        text: text!["follow it: capture at the next hop, or trace the way to the client"],
        commands: vec![Command(format!("traceroute -n {}", sample.peer()))],
        verify: Text::new(),
    });
}

/// Packets enough for all SYN-ACKs did not leave: they can be among them.
fn argue_kept(view: &View<'_>, case: &mut Case, sample: &RequestView<'_>) {
    let version = Version::of(sample.peer());
    let resent = view.delta("TcpExtTCPSynRetrans").filter(|&count| count >= RESENT_LEAST);
    let kept = untransmitted(view, version);
    if let Some((kept, _)) = kept.zip(resent).filter(|(kept, resent)| kept >= resent) {
        case.refutes(Weight::Strong, untransmitted_fact(version, kept));
    }
}

/// SYN-ACKs sent again from which on as many packets that did not leave are no coincidence.
const RESENT_LEAST: u64 = 6;

/// The SYN-ACK is seen to leave to where the SYN came from.
fn argue_frames(view: &View<'_>, case: &mut Case, lost: &[usize]) {
    let known: Vec<&Seen<'_>> = seen(view, lost).collect();
    if known.is_empty() {
        return;
    }
    let stays = |seen: &Seen<'_>| seen.synack_left == Some(false) || stays_on_bridge(view, seen);
    if known.iter().all(|seen| stays(seen)) {
        // Decisive: no SYN-ACK went out.
        case.refutes(
            Weight::Decisive,
            Fact::new(Origin::Frames, "synacks-seen", text!["no SYN-ACK is seen to leave"]),
        );
        return;
    }
    let goes_back = |seen: &Seen<'_>| seen.goes_back() && !changes_vlan(view, seen.handshake);
    let back = known.len() == lost.len() && known.iter().all(|seen| goes_back(seen));
    if let Some(fact) = ways(view, lost) {
        // Decisive: it left by the device and to the address that the SYN came from, so this host did
        // all it can. A file does not say whether that device is a bridge, which drops behind the tap.
        let weight = match back {
            true if view.source() == SourceKind::Capture => Weight::Strong,
            true => Weight::Decisive,
            false => Weight::Weak,
        };
        case.supports(weight, fact);
    }
}

/// How far packets to a client come.
fn argue_trace(view: &View<'_>, case: &mut Case, lost: &[usize]) {
    let peers = phrase::peers(view, lost);
    let traced = |peer: &IpAddr| view.trace(*peer).filter(|trace| trace.hops.len() > 1);
    let Some(trace) = peers.iter().find_map(traced) else { return };
    let answered = || trace.hops.iter().filter(|hop| !hop.answers.is_empty());
    let arrives = answered().any(|hop| hop.answers.contains(&trace.target));
    let mut text = text!["packets to ", trace.target];
    match answered().next_back() {
        Some(_) if arrives => {
            text.push(text![" come to the client and are answered: what is lost is TCP"]);
        }
        Some(hop) => text.push(text![
            " are answered for ",
            phrase::count(hop.distance.into(), "hop", "hops"),
            ", the last by ",
            hop.answers[0],
            ", and then no more",
        ]),
        None => text.push(text![" are not answered by any hop"]),
    }
    let hops = answered().filter_map(|hop| hop.answers.first()).copied().map(Value::Ip);
    case.supports(
        Weight::Weak,
        Fact::new(Origin::Probe, "way-traced", text)
            .with("peer", Value::Ip(trace.target))
            .with("hops", Value::List(hops.collect()))
            .with("arrives", Value::Flag(arrives))
            .recheck(format!("synrecv-doctor trace {}", trace.target)),
    );
}

/// The reply leaves by a bridge of this host, whose rules are not known: they drop without a word to
/// TCP.
fn may_end_on_bridge(view: &View<'_>, request: &RequestView<'_>) -> bool {
    let route = request.reply.and_then(|reply| reply.resolved.as_ref().ok());
    let is_bridge = |oif: u32| {
        let links = view.links();
        match links.iter().find(|link| link.ifindex == oif).and_then(|link| link.kind.as_ref()) {
            Some(kind) => kind.0 == "bridge",
            None => links.iter().any(|link| link.master_ifindex == Some(oif)),
        }
    };
    route.is_some_and(|route| is_bridge(route.oif)) && view.whole_filters().is_none()
}

/// The link-layer address of the next hop was set by hand, and whether anybody connects by it is not
/// known: it can be wrong.
fn may_go_astray(view: &View<'_>, request: &RequestView<'_>) -> bool {
    request.next_hop.is_some_and(|entry| entry.state == Nud::Permanent)
        && view.completions_unplaced()
}

/// The next hop is the client itself, and it is resolved.
fn goes_straight(request: &RequestView<'_>) -> bool {
    request.next_hop.is_some_and(|entry| {
        entry.address == request.peer() && entry.mac.is_some() && !entry.state.is_unresolved()
    })
}

/// The reply has a way, as far as the kernel could be asked.
fn has_way_out(request: &RequestView<'_>) -> bool {
    match request.reply {
        Some(reply) => reply.resolved.is_ok(),
        None => request.seen.as_deref().is_some_and(|seen| seen.synack_left == Some(true)),
    }
}

fn way_out(view: &View<'_>, request: &RequestView<'_>) -> Option<Fact> {
    let route = request.reply?.resolved.as_ref().ok()?;
    let mut text = text!["replies to ", request.peer(), " leave by ", phrase::way(view, route)];
    if let Some(entry) = request.next_hop {
        if let Some(mac) = entry.mac {
            text.push(text![" to ", mac]);
        }
        text.push(text![" (", Nud::name(entry.state), ")"]);
    }
    Some(
        Fact::new(Origin::Route, "way-out", text)
            .with("dev", Value::Foreign(view.dev(route.oif)))
            .with("next_hop", request.reply?.next_hop().map_or(Value::Unknown, Value::Ip))
            .recheck(phrase::route_get(request)),
    )
}

#[cfg(test)]
mod tests {
    use synrecv_model::{Confidence, Severity};

    use crate::fixture::{Frames, HostFixture};

    fn host() -> HostFixture {
        HostFixture::new()
            .device(2, "ps0")
            .address(2, "10.1.0.10/24")
            .default_route(2, "10.1.0.1")
            .listener("10.1.0.10:80", 0, 128)
            .neighbour(2, "10.1.0.1", "02:00:00:00:00:01")
    }

    #[test]
    fn many_networks_and_no_handshake_is_a_problem() {
        let host = (1..=4).fold(host().passive_opens(0), |host, net| {
            host.stuck_request("10.1.0.10:80", &format!("198.51.{net}.7:4000"), (4, 1))
                .via(2, "10.1.0.1")
        });
        let finding = host.diagnose().finding("synack-lost-outside").unwrap();
        assert_eq!((finding.severity, finding.confidence), (Severity::Problem, Confidence::Likely));
    }

    #[test]
    fn one_network_is_worth_a_note_only() {
        let host =
            host().stuck_request("10.1.0.10:80", "198.51.100.7:4000", (4, 1)).via(2, "10.1.0.1");
        let finding = host.diagnose().finding("synack-lost-outside").unwrap();
        assert_eq!(finding.severity, Severity::Info);
    }

    #[test]
    fn equal_counters_are_another_story() {
        let host =
            host().stuck_request("10.1.0.10:80", "198.51.100.7:4000", (2, 2)).via(2, "10.1.0.1");
        assert!(host.diagnose().finding("synack-lost-outside").is_none());
    }

    #[test]
    fn a_synack_that_goes_back_where_the_syn_came_from_confirms_it() {
        let host = host()
            .stuck_request("10.1.0.10:80", "198.51.100.7:4000", (4, 1))
            .via(2, "10.1.0.1")
            .frames(Frames::default());
        let finding = host.diagnose().finding("synack-lost-outside").unwrap();
        assert_eq!(finding.confidence, Confidence::Confirmed);
    }

    #[test]
    fn a_synack_that_never_leaves_is_not_lost_outside() {
        let host = host()
            .stuck_request("10.1.0.10:80", "198.51.100.7:4000", (4, 1))
            .via(2, "10.1.0.1")
            .frames(Frames { synack: None, ..Frames::default() });
        assert!(host.diagnose().finding("synack-lost-outside").is_none());
    }

    #[test]
    fn rules_of_a_bridge_that_are_not_known_can_be_it() {
        let of = |host: HostFixture| {
            host.device(2, "br0")
                .bridge()
                .address(2, "10.1.0.10/24")
                .default_route(2, "10.1.0.1")
                .listener("10.1.0.10:80", 0, 128)
                .neighbour(2, "10.1.0.1", "02:00:00:00:00:01")
                .stuck_request("10.1.0.10:80", "198.51.100.7:4000", (4, 1))
                .via(2, "10.1.0.1")
                .diagnose()
                .finding("synack-lost-outside")
                .unwrap()
                .confidence
        };
        assert_eq!(of(HostFixture::new()), Confidence::Possible);
        assert_eq!(of(HostFixture::new().no_rules()), Confidence::Likely);
    }

    #[test]
    fn as_many_packets_that_did_not_leave_make_it_possible_only() {
        let confidence = |transmitted: u64| {
            let host = host()
                .stuck_request("10.1.0.10:80", "198.51.100.7:4000", (4, 1))
                .via(2, "10.1.0.1")
                .counter_moved("TcpExtTCPSynRetrans", 12)
                .counter_moved("IpOutRequests", 100)
                .counter_moved("IpOutTransmits", transmitted);
            host.diagnose().finding("synack-lost-outside").unwrap().confidence
        };
        assert_eq!(confidence(85), Confidence::Possible);
        assert_eq!(confidence(100), Confidence::Likely);
    }
}
