//! Two machines on the wire claim the address of the reply's next hop.

mod answering_twin;
mod asked_aloud;

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use synrecv_model::view::place;
use synrecv_model::{
    Action, ActionLabel, CheckInfo, Class, Command, Mac, Manual, Nud, Origin, Part, Subject, Text,
    Value, Weight, text,
};

use crate::cases::{Case, Cases, Fact};
use crate::seen::{claimants, seen, ways};
use crate::view::{RequestView, View};
use crate::{Check, phrase};

pub(super) static CHECK: Check = Check {
    info: CheckInfo {
        id: "duplicate-address",
        class: Class::Path,
        summary: "two machines on the wire claim one address",
        severity: "problem",
        needs: &[Part::Sockets, Part::Replies, Part::Neighbours],
        also_reads: &[
            Part::Links,
            Part::Routes,
            Part::Addresses,
            Part::Counters,
            Part::Frames,
            Part::Probes,
        ],
        ipv6: "the same; duplicate address detection finds it only when a machine starts",
        explains: &["neighbour-wrong", "asymmetric-route", "synack-lost-outside", "peer-resets"],
        disproved_by: &[
            "one machine answers a broadcast question for the address",
            "the SYN comes from the link-layer address that the SYN-ACK goes to",
        ],
        manual: Manual {
            meaning: "Two machines have the same address. Each ARP question or answer of either overwrites the entry here; \
                      the SYN comes from one, the SYN-ACK goes to the other, which knows nothing of it: it is silent or \
                      answers RST.",
            picture: &[
                "SYN      10.0.0.20 at MAC A --> server",
                "SYN-ACK  server --> 10.0.0.20 at MAC B",
            ],
            recognised: &[
                ("the link-layer address of the next hop changes while watching", "neighbours"),
                ("one client on the wire is stuck, its neighbours connect", "sockets, replies"),
            ],
            looks_like: &[
                ("bad-netmask", "the client is not on this wire; proxies answer for it"),
                ("neighbour-wrong", "the entry was set by hand"),
                ("peer-resets", "the twin answers with RST"),
            ],
            by_hand: &[
                ("arping -b -c 5 -I DEV ADDRESS", "answers from two link-layer addresses"),
                ("ip -s neigh show ADDRESS", "the link-layer address changes"),
                ("tcpdump -eni DEV 'host CLIENT'", "SYNs from A, SYN-ACKs to B"),
            ],
            fix: "Find the machine by its link-layer address at the switch, and give one of the two another address.",
            references: &["RFC 5227", "RFC 4862 section 5.4"],
        },
    },
    examine,
};

fn examine(view: &View<'_>, cases: &mut Cases) {
    let mut by_hop: BTreeMap<(u32, IpAddr), Vec<usize>> = BTreeMap::new();
    for index in view.stuck(RequestView::may_lose_synack) {
        if let Some(entry) = view.requests()[index].next_hop {
            by_hop.entry((entry.ifindex, entry.address)).or_default().push(index);
        }
    }
    for ((ifindex, address), requests) in &by_hop {
        let (hop, requests) = ((*ifindex, *address), &requests[..]);
        if let Some(probe) = asked_aloud::owners(view, hop) {
            asked_aloud::report(view, cases, hop, requests, &probe);
        } else if let Some(macs) = claimed_on_wire(view, *address, requests) {
            by_frames(view, cases, hop, requests, &macs);
        } else if let Some(macs) = claimed(view, *ifindex, *address) {
            report(view, cases, hop, requests, &macs);
        } else if seen(view, requests).next().is_none() {
            lone_neighbour(view, cases, hop, requests);
        }
    }
    answering_twin::examine(view, cases);
}

/// Link-layer addresses that claim the next hop, as frames show: the one that the SYN comes from and
/// the one that the SYN-ACK goes to. For a client, its own frames claim its address.
fn claimed_on_wire(view: &View<'_>, address: IpAddr, requests: &[usize]) -> Option<BTreeSet<Mac>> {
    let capture = view.capture()?;
    let mut macs = claimants(capture, address);
    for seen in seen(view, requests) {
        let direct = seen.handshake.flow.peer.ip == address && seen.routers_crossed() == Some(0);
        if let (true, Some((from, to))) = (direct, seen.other_mac()) {
            macs.extend([from, to]);
        }
    }
    // The reply has to go to one of them and the SYN to come from another.
    let split = seen(view, requests).any(|seen| {
        seen.other_mac().is_some_and(|(from, to)| macs.contains(&from) && macs.contains(&to))
    });
    (macs.len() > 1 && split).then_some(macs)
}

fn by_frames(
    view: &View<'_>,
    cases: &mut Cases,
    (ifindex, address): (u32, IpAddr),
    requests: &[usize],
    macs: &BTreeSet<Mac>,
) {
    let dev = view.dev(ifindex);
    // Behind a router the two machines are proxies.
    let routed = seen(view, requests)
        .any(|seen| seen.handshake.flow.peer.ip == address && seen.routers_crossed() != Some(0));
    if routed {
        return;
    }
    let claims = view.capture().map_or(0, |capture| claimants(capture, address).len());
    // An entry set by hand can be wrong without a second machine.
    let by_hand =
        view.neighbour(ifindex, address).is_some_and(|entry| entry.state == Nud::Permanent);
    if by_hand && claims < 2 {
        return;
    }
    let case = open(view, cases, (ifindex, address), requests);
    case.summary(text![
        address,
        " on ",
        dev.clone(),
        " is claimed by ",
        Text::join(macs.iter().copied(), " and "),
    ])
    .arg("macs", Value::List(macs.iter().copied().map(Value::Mac).collect()));
    if let Some(fact) = ways(view, requests) {
        // Decisive: two machines on this wire are seen to claim it, and the connection is split
        // between them. Of a client alone its entry can be out of date.
        case.supports(if claims > 1 { Weight::Decisive } else { Weight::Strong }, fact);
    }
    argue(view, case, requests);
    advise(case, address, &dev.to_string());
}

/// Link-layer addresses that the entry had while watching, when there were several that cannot be
/// one machine's.
fn claimed(view: &View<'_>, ifindex: u32, address: IpAddr) -> Option<Vec<Mac>> {
    let change = view
        .mac_changes()
        .iter()
        .find(|change| (change.ifindex, change.address) == (ifindex, address))?;
    let distinct: BTreeSet<Mac> = change.macs.iter().copied().collect();
    // A virtual router's address may move from one router to another.
    let several = distinct.len() > 1 && !change.macs.iter().any(|mac| mac.is_virtual_router());
    several.then(|| distinct.into_iter().collect())
}

fn report(
    view: &View<'_>,
    cases: &mut Cases,
    (ifindex, address): (u32, IpAddr),
    requests: &[usize],
    macs: &[Mac],
) {
    let dev = view.dev(ifindex);
    // Proxies that race for an address that is not on this wire change an entry likewise.
    let shared = macs.iter().any(|mac| {
        view.addresses_by_mac(ifindex)
            .get(mac)
            .is_some_and(|held| held.iter().any(|other| *other != address))
    });
    let case = open(view, cases, (ifindex, address), requests);
    case.summary(text![
        address,
        " on ",
        dev.clone(),
        " is claimed by ",
        Text::join(macs.iter().copied(), " and "),
    ])
    .arg("macs", Value::List(macs.iter().copied().map(Value::Mac).collect()))
    .supports(
        if shared { Weight::Weak } else { Weight::Strong },
        Fact::new(
            Origin::Arp,
            "entry-changes",
            text![
                "the entry of ",
                address,
                " on ",
                dev.clone(),
                " had ",
                Text::join(macs.iter().copied(), ", then "),
                " while watching",
            ],
        )
        .with("macs", Value::List(macs.iter().copied().map(Value::Mac).collect()))
        .recheck(format!("ip -s neigh show {address} dev {dev}")),
    );
    argue(view, case, requests);
    advise(case, address, &dev.to_string());
}

/// A client on this wire that is stuck while other clients on the wire connect: its frames go to one
/// machine and are not answered from there.
fn lone_neighbour(
    view: &View<'_>,
    cases: &mut Cases,
    (ifindex, address): (u32, IpAddr),
    requests: &[usize],
) {
    let request = &view.requests()[requests[0]];
    let Some(entry) = request.next_hop else { return };
    let Some(mac) = entry.mac.filter(|_| !entry.state.is_unresolved()) else { return };
    let connected: Vec<IpAddr> = view
        .completed()
        .filter(|reply| {
            reply
                .resolved
                .as_ref()
                .is_ok_and(|route| route.gateway.is_none() && route.oif == ifindex)
        })
        .map(|reply| reply.question.flow.peer.ip)
        .filter(|&peer| view.neighbour(ifindex, peer).is_some_and(|other| other.mac != Some(mac)))
        .collect();
    // Far from everybody who connects and from this host, it is rather not on this wire.
    let near = |other: IpAddr| place(other) == place(address);
    let among = connected.iter().copied().chain([request.local().ip]).any(near);
    // A machine that holds other addresses, too, stands for a proxy or a router.
    let alone = view.addresses_by_mac(ifindex).get(&mac).is_none_or(|held| held.len() == 1);
    if request.peer() != address || connected.is_empty() || !among || !alone {
        return;
    }
    let dev = view.dev(ifindex);
    let case = open(view, cases, (ifindex, address), requests);
    case.summary(text![
        "SYN-ACKs for ",
        address,
        " go to ",
        mac,
        " on ",
        dev.clone(),
        ", and another machine asked",
    ])
    .arg("macs", Value::List(vec![Value::Mac(mac)]))
    .supports(
        Weight::Weak,
        Fact::new(
            Origin::Arp,
            "one-neighbour-deaf",
            text![
                "other clients on ",
                dev.clone(),
                " connect; ",
                address,
                " at ",
                mac,
                " never sees the SYN-ACK",
            ],
        )
        .with("mac", Value::Mac(mac))
        .recheck(format!("ip -s neigh show {address} dev {dev}")),
    );
    argue(view, case, requests);
    advise(case, address, &dev.to_string());
}

fn open<'c>(
    view: &View<'_>,
    cases: &'c mut Cases,
    (ifindex, address): (u32, IpAddr),
    requests: &[usize],
) -> &'c mut Case {
    let case = cases.about(Subject::Way(ifindex, address));
    case.headline(text![
        phrase::stuck(view, requests),
        ": the SYN-ACK goes to another machine with the same address",
    ])
    .arg("address", Value::Ip(address))
    .arg("interface", Value::Foreign(view.dev(ifindex)))
    .affects(requests.iter().copied());
    case
}

fn argue(view: &View<'_>, case: &mut Case, requests: &[usize]) {
    case.supports(
        Weight::Weak,
        phrase::retries(view, requests, "the client repeats its SYN: the SYN-ACK is lost"),
    );
}

fn advise(case: &mut Case, address: IpAddr, dev: &str) {
    case.action(Action {
        id: "who-answers",
        label: ActionLabel::Investigate,
        text: text!["ask the wire who has ", address, " and count the machines that answer"],
        commands: vec![Command(if address.is_ipv4() {
            format!("arping -b -c 5 -I {dev} {address}")
        } else {
            format!("ndisc6 -m {address} {dev}")
        })],
        verify: Text::new(),
    })
    .action(Action {
        id: "compare-macs",
        label: ActionLabel::Investigate,
        text: text!["compare where SYNs come from with where SYN-ACKs go"],
        commands: vec![Command(format!("tcpdump -eni {dev} 'host {address} and tcp'"))],
        verify: Text::new(),
    })
    .action(Action {
        id: "renumber-twin",
        label: ActionLabel::Disruptive,
        text: text![
            "find the twin at the switch by its link-layer address and give it another address"
        ],
        commands: vec![],
        verify: text!["one machine answers; stuck connections complete at their next retry"],
    });
}

#[cfg(test)]
mod tests {
    use synrecv_model::Confidence;

    use crate::fixture::{Frames, HostFixture};

    fn host() -> HostFixture {
        HostFixture::new()
            .device(2, "ps0")
            .address(2, "10.1.0.10/24")
            .listener("10.1.0.10:80", 0, 128)
            .neighbour(2, "10.1.0.20", "02:00:00:00:00:dd")
            .neighbour(2, "10.1.0.21", "02:00:00:00:00:21")
            .stuck_request("10.1.0.10:80", "10.1.0.20:4000", (4, 1))
            .on_link(2, "10.1.0.0/24")
    }

    #[test]
    fn an_entry_that_changes_makes_it_likely() {
        let macs = ["02:00:00:00:00:20", "02:00:00:00:00:dd"];
        let judged = host().mac_change(2, "10.1.0.20", &macs).diagnose();
        let finding = judged.finding("duplicate-address").unwrap();
        assert_eq!(finding.confidence, Confidence::Likely);
        assert_eq!(judged.leading(), Some("duplicate-address"));
    }

    #[test]
    fn a_virtual_router_may_move() {
        let macs = ["00:00:5e:00:01:05", "02:00:00:00:00:dd"];
        let judged = host().mac_change(2, "10.1.0.20", &macs).diagnose();
        assert!(judged.finding("duplicate-address").is_none());
    }

    #[test]
    fn one_deaf_neighbour_among_others_is_possible() {
        let judged =
            host().connected("10.1.0.10:80", "10.1.0.21:4000").on_link(2, "10.1.0.0/24").diagnose();
        let finding = judged.finding("duplicate-address").unwrap();
        assert_eq!(finding.confidence, Confidence::Possible);
    }

    #[test]
    fn frames_of_two_machines_make_it_likely() {
        let frames = Frames {
            syn: (2, "02:00:00:00:00:20"),
            ttl: 64,
            synack: Some((2, "02:00:00:00:00:dd")),
            ..Frames::default()
        };
        let judged = host().frames(frames).diagnose();
        let finding = judged.finding("duplicate-address").unwrap();
        assert_eq!(finding.confidence, Confidence::Likely);
        assert_eq!(judged.leading(), Some("duplicate-address"));
    }

    #[test]
    fn two_that_answer_confirm_it() {
        let macs = ["02:00:00:00:00:20", "02:00:00:00:00:dd"];
        let judged = host().asked(2, "10.1.0.20", &macs).diagnose();
        assert_eq!(judged.leading(), Some("duplicate-address"));
        let finding = judged.finding("duplicate-address").unwrap();
        assert_eq!(finding.confidence, Confidence::Confirmed);
    }

    #[test]
    fn two_that_answer_for_everybody_are_proxies() {
        let macs = ["02:00:00:00:00:20", "02:00:00:00:00:dd"];
        let judged =
            host().asked(2, "10.1.0.20", &macs).asked_unused(2, "10.1.0.222", &macs).diagnose();
        assert!(judged.finding("duplicate-address").is_none());
    }
}
