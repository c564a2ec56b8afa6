//! The next hop of the reply has an entry by hand, and its link-layer address is not the one that answers.

use std::collections::BTreeMap;
use std::net::IpAddr;

use synrecv_model::view::probe::ProbeView;
use synrecv_model::{
    Action, ActionLabel, CheckInfo, Class, Command, Mac, Manual, Neighbour, Nud, Origin, Part,
    Subject, Text, Value, Weight, text,
};

use crate::asked::{answers_fact, asked};
use crate::cases::{Case, Cases, Fact};
use crate::seen::{completed_alike, seen, ways};
use crate::view::{RequestView, View};
use crate::{Check, phrase};

pub(super) static CHECK: Check = Check {
    info: CheckInfo {
        id: "neighbour-wrong",
        class: Class::Path,
        summary: "the neighbour entry of the reply's next hop is wrong",
        severity: "problem",
        needs: &[Part::Sockets, Part::Replies, Part::Neighbours],
        also_reads: &[Part::Routes, Part::Links, Part::Counters, Part::Frames, Part::Probes],
        ipv6: "the same; a router's link-local address shows its true link-layer address",
        explains: &["asymmetric-route", "synack-lost-outside"],
        disproved_by: &[
            "the machine with that link-layer address is the next hop",
            "a handshake completes by the same next hop",
        ],
        manual: Manual {
            meaning: "The SYN-ACK is sent to a link-layer address that does not belong to its next hop: an entry set by hand \
                      (PERMANENT) that outlived a router or network card, or one that was learned from somebody else. \
                      The frame goes to nobody, or to a machine that drops it.",
            picture: &[
                "SYN      client --> router MAC A --> server",
                "SYN-ACK  server --> MAC B             the entry of the router says B",
            ],
            recognised: &[
                ("the entry of the reply's next hop is PERMANENT", "neighbours, replies"),
                (
                    "clients repeat their SYN, and no handshake completes by that next hop",
                    "sockets",
                ),
                (
                    "a router solicited this host from another link-layer address (IPv6)",
                    "neighbours",
                ),
            ],
            looks_like: &[
                ("synack-lost-outside", "the entry is right and the frame is lost later"),
                ("duplicate-address", "two machines claim the address; the entry changes"),
                ("neighbour-unresolved", "there is no link-layer address at all"),
            ],
            by_hand: &[
                ("ip neigh show nud permanent", "the next hop is in this list"),
                ("arping -I DEV NEXT_HOP", "another link-layer address answers"),
                ("tcpdump -eni DEV 'tcp port PORT'", "SYNs from A, SYN-ACKs to B"),
            ],
            fix: "Delete the entry and let ARP or ND find the next hop; find out what set it (ifup scripts, hardening \
                  guides, a network manager), or it comes back.",
            references: &["ip-neighbour(8)", "arp(7)"],
        },
    },
    examine,
};

fn examine(view: &View<'_>, cases: &mut Cases) {
    let mut by_entry: BTreeMap<(u32, IpAddr), Vec<usize>> = BTreeMap::new();
    for index in view.stuck(RequestView::may_lose_synack) {
        let request = &view.requests()[index];
        if let Some(entry) = request.next_hop
            && (entry.state == Nud::Permanent
                || is_stale(request, entry)
                || answered_by_others(view, entry).is_some())
            && entry.mac.is_some()
        {
            by_entry.entry((entry.ifindex, entry.address)).or_default().push(index);
        }
    }
    for requests in by_entry.into_values() {
        if let Some(entry) = view.requests()[requests[0]].next_hop
            && let Some(mac) = entry.mac
        {
            report(view, cases, entry, mac, &requests);
        }
    }
}

/// The client is on this wire, its frames come from another link-layer address than its entry says,
/// and nobody confirmed the entry lately.
fn is_stale(request: &RequestView<'_>, entry: &Neighbour) -> bool {
    entry.address == request.peer()
        && matches!(entry.state, Nud::Stale | Nud::Delay | Nud::Probe)
        && request.seen.as_deref().is_some_and(|seen| {
            seen.routers_crossed() == Some(0)
                && seen.in_mac.is_some_and(|from| entry.mac.is_some_and(|mac| mac != from))
        })
}

/// The answers to a question that was asked aloud, when others answered than the entry says.
fn answered_by_others<'a>(view: &View<'a>, entry: &Neighbour) -> Option<ProbeView<'a>> {
    let mac = entry.mac?;
    asked(view, entry.ifindex, entry.address).filter(|probe| {
        let answerers = &probe.answerers;
        // Of virtual routers, each asker is told another address.
        let virtual_router = |mac: Mac| mac.is_virtual_router();
        !answerers.is_empty()
            && answerers.iter().all(|one| one.mac != mac && !virtual_router(one.mac))
            && !virtual_router(mac)
    })
}

fn report(view: &View<'_>, cases: &mut Cases, entry: &Neighbour, mac: Mac, requests: &[usize]) {
    let permanent = entry.state == Nud::Permanent;
    let dev = view.dev(entry.ifindex);
    let gateway = !requests.iter().any(|&index| view.requests()[index].peer() == entry.address);
    let case = cases.about(Subject::Mac(entry.ifindex, mac));
    case.headline(text![
        phrase::stuck(view, requests),
        if permanent {
            ": the SYN-ACK goes to a link-layer address set by hand"
        } else {
            ": the SYN-ACK goes to a link-layer address that is out of date"
        },
    ])
    .summary(text![
        if permanent { "the permanent entry of " } else { "the entry of " },
        if gateway { "the gateway " } else { "" },
        entry.address,
        " on ",
        dev.clone(),
        " says ",
        mac,
    ])
    .arg("next_hop", Value::Ip(entry.address))
    .arg("mac", Value::Mac(mac))
    .arg("interface", Value::Foreign(dev.clone()))
    .affects(requests.iter().copied())
    .supports(
        // Strong: an entry that nobody checks, and nobody who connects is known to connect by it.
        if view.completions_unplaced() { Weight::Weak } else { Weight::Strong },
        Fact::new(
            Origin::Arp,
            "permanent-next-hop",
            text![
                "replies to ",
                phrase::name_peers(&phrase::peers(view, requests)),
                " go to ",
                entry.address,
                " at ",
                mac,
                if permanent {
                    ", an entry that was set by hand (PERMANENT) and is never checked"
                } else {
                    ", an entry that nobody confirmed lately"
                },
            ],
        )
        .with("next_hop", Value::Ip(entry.address))
        .with("mac", Value::Mac(mac))
        .recheck(format!("ip neigh show {} dev {dev}", entry.address)),
    )
    .supports(
        Weight::Weak,
        phrase::retries(view, requests, "the client repeats its SYN: the SYN-ACK is lost"),
    );
    argue_answers(view, case, entry, mac);
    argue_frames(view, case, mac, requests);
    argue_control(view, case, entry);
    argue_routers(view, case, entry, mac);
    advise(case, entry, &dev.to_string());
}

/// Who answers for the next hop when the wire is asked aloud.
fn argue_answers(view: &View<'_>, case: &mut Case, entry: &Neighbour, mac: Mac) {
    let Some(probe) = asked(view, entry.ifindex, entry.address) else { return };
    let fact = answers_fact(view, &probe);
    if answered_by_others(view, entry).is_some() {
        // Decisive: the machine that has the address says so, and the entry names another.
        case.supports(Weight::Decisive, fact);
    } else if probe.answerers.iter().any(|answerer| answerer.mac == mac) {
        // Decisive: the machine that the entry names says that the address is its own.
        case.refutes(Weight::Decisive, fact);
    }
}

/// Where the SYNs come from, against where the entry sends the SYN-ACKs.
fn argue_frames(view: &View<'_>, case: &mut Case, mac: Mac, requests: &[usize]) {
    let sources: Vec<Mac> = seen(view, requests).filter_map(|seen| seen.in_mac).collect();
    if sources.is_empty() {
        return;
    }
    let Some(fact) = ways(view, requests) else { return };
    if sources.contains(&mac) {
        // Decisive: the machine with this link-layer address sends the SYNs.
        case.refutes(Weight::Decisive, fact);
    } else if completed_alike(view, (sources[0], mac)) == 0 {
        // Decisive: all SYNs come from another machine, and nobody connects by this entry.
        case.supports(Weight::Decisive, fact);
    }
}

/// Handshakes that complete by the same entry prove it right.
fn argue_control(view: &View<'_>, case: &mut Case, entry: &Neighbour) {
    let same = view
        .completed()
        .filter(|reply| {
            reply.next_hop() == Some(entry.address)
                && reply.resolved.as_ref().is_ok_and(|route| route.oif == entry.ifindex)
        })
        .count();
    if same > 0 {
        // Decisive: the machine at this address forwards replies.
        case.refutes(
            Weight::Decisive,
            Fact::new(
                Origin::Sockets,
                "others-complete",
                text![
                    "handshakes of ",
                    phrase::count(same, "other client", "other clients"),
                    " complete by the same next hop",
                ],
            )
            .with("completed_count", Value::Number(same as u64)),
        );
    }
}

/// Over IPv6 a router that solicits this host shows its link-layer address.
fn argue_routers(view: &View<'_>, case: &mut Case, entry: &Neighbour, mac: Mac) {
    if entry.address.is_ipv4() {
        return;
    }
    let is_link_local =
        |address: &IpAddr| matches!(address, IpAddr::V6(v6) if v6.is_unicast_link_local());
    let other = view.neighbours().find(|other| {
        other.ifindex == entry.ifindex
            && is_link_local(&other.address)
            && other.address != entry.address
            && other.mac.is_some_and(|seen| seen != mac)
    });
    let Some((other, seen)) = other.and_then(|other| Some((other, other.mac?))) else { return };
    case.supports(
        Weight::Weak,
        Fact::new(
            Origin::Arp,
            "another-router",
            text![other.address, " solicited this host from ", seen, ", not from ", mac],
        )
        .with("address", Value::Ip(other.address))
        .with("mac", Value::Mac(seen))
        .recheck(format!("ip -6 neigh show {}", other.address)),
    );
}

fn advise(case: &mut Case, entry: &Neighbour, dev: &str) {
    case.action(Action {
        id: "ask-the-wire",
        label: ActionLabel::Investigate,
        text: text!["ask who really has ", entry.address],
        commands: vec![Command(if entry.address.is_ipv4() {
            format!("arping -c 3 -I {dev} {}", entry.address)
        } else {
            format!("ndisc6 {} {dev}", entry.address)
        })],
        verify: Text::new(),
    })
    .action(Action {
        id: "delete-entry",
        label: ActionLabel::Disruptive,
        text: text!["delete the entry; the next packet asks anew"],
        commands: vec![Command(format!("ip neigh del {} dev {dev}", entry.address))],
        verify: text![
            Command(format!("ip neigh show {} dev {dev}", entry.address)),
            " is REACHABLE; stuck connections complete at their next retry",
        ],
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
            .default_route(2, "10.1.0.1")
            .listener("10.1.0.10:80", 0, 128)
            .neighbour(2, "10.1.0.1", "02:00:00:00:be:ef")
            .stuck_request("10.1.0.10:80", "198.51.100.7:4000", (4, 1))
            .via(2, "10.1.0.1")
    }

    #[test]
    fn an_entry_set_by_hand_is_likely_wrong_when_nobody_connects() {
        let judged = host().permanent().diagnose();
        assert_eq!(judged.leading(), Some("neighbour-wrong"));
        let finding = judged.finding("neighbour-wrong").unwrap();
        assert_eq!(finding.confidence, Confidence::Likely);
    }

    #[test]
    fn an_entry_by_which_others_connect_is_right() {
        let judged = host()
            .permanent()
            .connected("10.1.0.10:80", "203.0.113.9:4000")
            .via(2, "10.1.0.1")
            .diagnose();
        assert!(judged.finding("neighbour-wrong").is_none());
    }

    #[test]
    fn handshakes_that_complete_unseen_can_be_by_this_entry() {
        let judged = host().permanent().passive_opens(15).diagnose();
        assert_eq!(judged.leading(), Some("neighbour-wrong"));
        let finding = judged.finding("neighbour-wrong").unwrap();
        assert_eq!(finding.confidence, Confidence::Possible);
    }

    #[test]
    fn an_entry_that_was_learned_is_no_case() {
        assert!(host().diagnose().finding("neighbour-wrong").is_none());
    }

    #[test]
    fn frames_from_another_machine_confirm_it() {
        let frames = Frames { synack: Some((2, "02:00:00:00:be:ef")), ..Frames::default() };
        let finding =
            host().permanent().frames(frames).diagnose().finding("neighbour-wrong").unwrap();
        assert_eq!(finding.confidence, Confidence::Confirmed);
    }

    #[test]
    fn frames_from_that_very_machine_clear_it() {
        let frames = Frames {
            syn: (2, "02:00:00:00:be:ef"),
            synack: Some((2, "02:00:00:00:be:ef")),
            ..Frames::default()
        };
        let judged = host().permanent().frames(frames).diagnose();
        assert!(judged.finding("neighbour-wrong").is_none());
        assert_eq!(judged.leading(), Some("synack-lost-outside"));
    }

    #[test]
    fn another_machine_that_answers_confirms_it() {
        let judged = host().asked(2, "10.1.0.1", &["02:00:00:00:00:01"]).diagnose();
        assert_eq!(judged.leading(), Some("neighbour-wrong"));
        assert_eq!(judged.finding("neighbour-wrong").unwrap().confidence, Confidence::Confirmed);
    }

    #[test]
    fn an_answer_of_that_very_machine_clears_it() {
        let answers = ["02:00:00:00:be:ef"];
        let judged = host().permanent().asked(2, "10.1.0.1", &answers).diagnose();
        assert!(judged.finding("neighbour-wrong").is_none());
    }

    #[test]
    fn each_asker_is_told_another_virtual_router() {
        let answers = ["00:07:b4:00:01:02"];
        let judged = host().asked(2, "10.1.0.1", &answers).diagnose();
        assert!(judged.finding("neighbour-wrong").is_none());
    }
}
