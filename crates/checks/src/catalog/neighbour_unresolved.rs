//! The next hop of the reply does not answer ARP or ND, so the SYN-ACK never leaves.

use std::collections::BTreeMap;
use std::net::IpAddr;

use synrecv_model::view::RetryReading;
use synrecv_model::view::probe::ProbeWord;
use synrecv_model::{
    Action, ActionLabel, CheckInfo, Class, Command, Manual, Neighbour, Origin, Part, Subject, Text,
    Value, Weight, text,
};

use crate::asked::{answers_fact, asked};
use crate::cases::{Case, Cases, Fact};
use crate::view::View;
use crate::{Check, phrase};

pub(super) static CHECK: Check = Check {
    info: CheckInfo {
        id: "neighbour-unresolved",
        class: Class::Path,
        summary: "the next hop of the SYN-ACK does not answer ARP or ND",
        severity: "problem",
        needs: &[Part::Sockets, Part::Replies, Part::Neighbours],
        also_reads: &[Part::Counters, Part::Routes, Part::Links, Part::Probes],
        ipv6: "the rows live their full schedule and read like lost SYN-ACKs; only the entry tells",
        explains: &["synack-lost-outside"],
        disproved_by: &[
            "the entry of the next hop is reachable while the connections stay stuck",
            "a SYN-ACK of a stuck connection in a capture on this device",
        ],
        manual: Manual {
            meaning: "The kernel answers each SYN, but holds the SYN-ACK back until it knows the link-layer address of the \
                      next hop. While nobody answers, nothing is sent. Over IPv4 the request is given up after about \
                      3 s and made anew by the client's next SYN; over IPv6 it stays for its whole schedule.",
            picture: &[
                "SYN --> server      server: who has NEXT HOP? ... no answer, SYN-ACK never sent",
            ],
            recognised: &[
                ("the entry of the reply's next hop is INCOMPLETE or FAILED", "neighbours, routes"),
                ("connections by that next hop are stuck, others are not", "sockets"),
            ],
            looks_like: &[
                ("bad-netmask", "the next hop is the client itself, which is not on this wire"),
                ("overlapping-route", "the next hop lies on a device that the SYN did not come by"),
                ("synack-lost-outside", "the next hop answers"),
            ],
            by_hand: &[
                ("ip route get CLIENT from SERVER", "the next hop: `via`, else the client itself"),
                ("ip neigh show nud failed nud incomplete", "the next hop is in this list"),
                ("tcpdump -eni DEV 'arp or icmp6'", "questions once a second, no answer"),
            ],
            fix: "Bring the next hop back, or route replies by a router that answers: cable, switch port, VLAN, a router \
                  that died or changed its address, a filter that drops ARP (IPv6: ICMPv6 135 and 136).",
            references: &["arp(7)", "RFC 826", "RFC 4861 section 7.3"],
        },
    },
    examine,
};

fn examine(view: &View<'_>, cases: &mut Cases) {
    let mut groups: BTreeMap<(u32, bool, IpAddr), Vec<usize>> = BTreeMap::new();
    for index in view.stuck(|request| request.reading == RetryReading::NextHopUnresolved) {
        let request = &view.requests()[index];
        let Some(entry) = request.next_hop else { continue };
        let gateway = entry.address != request.peer();
        // Clients that are asked for directly share the cause; a gateway is a cause of its own.
        let key = if gateway { entry.address } else { unspecified(entry) };
        groups.entry((entry.ifindex, gateway, key)).or_default().push(index);
    }
    for ((ifindex, gateway, _), requests) in groups {
        report(view, cases, ifindex, gateway, &requests);
    }
}

fn unspecified(entry: &Neighbour) -> IpAddr {
    if entry.address.is_ipv4() {
        std::net::Ipv4Addr::UNSPECIFIED.into()
    } else {
        std::net::Ipv6Addr::UNSPECIFIED.into()
    }
}

fn report(view: &View<'_>, cases: &mut Cases, ifindex: u32, gateway: bool, requests: &[usize]) {
    let sample = &view.requests()[requests[0]];
    let Some(entry) = sample.next_hop else { return };
    let dev = view.dev(ifindex);
    let hops: Vec<IpAddr> =
        if gateway { vec![entry.address] } else { phrase::peers(view, requests) };
    let case = cases.about(Subject::Way(ifindex, entry.address));
    case.headline(text![phrase::stuck(view, requests), ": the SYN-ACK is never sent"])
        .summary(text![
            if gateway { "the router " } else { "" },
            phrase::name_peers(&hops),
            if hops.len() == 1 { " does" } else { " do" },
            " not answer on ",
            dev.clone(),
            if gateway { "" } else { ", where the route table expects them" },
        ])
        .arg("interface", Value::Foreign(dev.clone()))
        .arg("next_hops", Value::List(hops.iter().copied().map(Value::Ip).collect()))
        .arg("is_gateway", Value::Flag(gateway))
        .affects(requests.iter().copied())
        // Decisive: without a link-layer address the kernel has nowhere to send the SYN-ACK.
        .supports(
            Weight::Decisive,
            Fact::new(
                Origin::Arp,
                "next-hop-unresolved",
                text![
                    "replies to ",
                    phrase::name_peers(&phrase::peers(view, requests)),
                    " wait for ",
                    if gateway { text![entry.address] } else { text!["the clients themselves"] },
                    " on ",
                    dev.clone(),
                    ", entry ",
                    entry.state.name(),
                ],
            )
            .with("next_hop", Value::Ip(entry.address))
            .with("state", Value::Word(entry.state.name()))
            .with("probes_count", phrase::number(entry.probes_count))
            .recheck(phrase::route_get(sample))
            .recheck(format!("ip neigh show dev {dev}")),
        );
    argue_answers(view, case, &hops, ifindex);
    argue_host_answers_itself(view, case, entry);
    argue_others(view, case, ifindex, gateway);
    advise(view, case, ifindex, gateway, entry);
}

/// Who answers when the wire is asked aloud.
fn argue_answers(view: &View<'_>, case: &mut Case, hops: &[IpAddr], ifindex: u32) {
    let mut probes = hops.iter().filter_map(|&hop| asked(view, ifindex, hop));
    let Some(probe) = probes.next() else { return };
    let fact = answers_fact(view, &probe);
    match probe.word {
        ProbeWord::Nobody => case.supports(Weight::Strong, fact),
        _ => case.refutes(Weight::Weak, fact),
    };
}

/// The kernel tells its own TCP by ICMP that the next hop is not there: both counters move together.
fn argue_host_answers_itself(view: &View<'_>, case: &mut Case, entry: &Neighbour) {
    let [out, inward] = if entry.address.is_ipv4() {
        ["IcmpOutDestUnreachs", "IcmpInDestUnreachs"]
    } else {
        ["Icmp6OutDestUnreachs", "Icmp6InDestUnreachs"]
    };
    let (Some(sent), Some(received)) = (view.delta(out), view.delta(inward)) else { return };
    if sent > 0 && received > 0 {
        case.supports(
            Weight::Weak,
            Fact::new(
                Origin::Counters,
                "host-unreachable-to-itself",
                text!["this host told itself ", sent, " times that a next hop is unreachable"],
            )
            .with("out_dest_unreachs_delta_count", Value::Number(sent))
            .with("in_dest_unreachs_delta_count", Value::Number(received))
            .recheck("nstat -az 'Icmp*DestUnreachs'"),
        );
    }
}

/// Another machine on the device that is known without having been asked can be the router that the
/// SYNs come by.
fn argue_others(view: &View<'_>, case: &mut Case, ifindex: u32, gateway: bool) {
    let gateways = view.gateways(ifindex);
    let known: Vec<IpAddr> = view
        .neighbours()
        .filter(|other| {
            other.ifindex == ifindex && other.mac.is_some() && !other.state.is_unresolved()
        })
        .map(|other| other.address)
        .filter(|address| !gateway || !gateways.contains(address))
        .collect();
    if known.is_empty() {
        return;
    }
    case.supports(
        Weight::Weak,
        Fact::new(
            Origin::Arp,
            "others-answer",
            text![
                "the device works: ",
                phrase::name_peers(&known),
                if known.len() == 1 { " is" } else { " are" },
                " known on ",
                view.dev(ifindex),
            ],
        )
        .with("known_count", Value::Number(known.len() as u64)),
    );
}

fn advise(view: &View<'_>, case: &mut Case, ifindex: u32, gateway: bool, entry: &Neighbour) {
    let dev = view.dev(ifindex);
    case.action(Action {
        id: "see-questions",
        label: ActionLabel::Investigate,
        text: text!["see whether questions go out and nobody answers"],
        commands: vec![Command(if entry.address.is_ipv4() {
            format!("tcpdump -eni {dev} arp")
        } else {
            format!("tcpdump -eni {dev} 'icmp6 and ip6[40] >= 135'")
        })],
        verify: Text::new(),
    });
    if gateway {
        case.action(Action {
            id: "restore-gateway",
            label: ActionLabel::Investigate,
            text: text![
                "find out what became of ",
                entry.address,
                ": powered off, another address, another VLAN; compare the routers that SYNs come from",
            ],
            commands: vec![],
            verify: text![
                Command(format!("ip neigh show {} dev {dev}", entry.address)),
                " shows a MAC and REACHABLE; stuck connections complete at their next retry",
            ],
        });
    } else {
        case.action(Action {
            id: "question-the-prefix",
            label: ActionLabel::Investigate,
            text: text![
                "ask whether these clients are meant to be on the wire of ",
                dev,
                ": if they sit behind a router, a prefix or route here is wrong",
            ],
            commands: vec![Command("ip addr; ip route; ip rule".to_owned())],
            verify: Text::new(),
        });
    }
}

#[cfg(test)]
mod tests {
    use synrecv_model::Confidence;

    use crate::fixture::HostFixture;

    fn host() -> HostFixture {
        HostFixture::new()
            .device(2, "ps0")
            .address(2, "10.1.0.10/24")
            .default_route(2, "10.1.0.254")
            .listener("10.1.0.10:80", 0, 128)
            .stuck_request("10.1.0.10:80", "10.9.0.7:4000", (3, 1))
            .via(2, "10.1.0.254")
    }

    #[test]
    fn a_failed_gateway_is_confirmed_and_explains_the_loss() {
        let judged = host().unresolved(2, "10.1.0.254").diagnose();
        let finding = judged.finding("neighbour-unresolved").unwrap();
        assert_eq!(finding.confidence, Confidence::Confirmed);
        assert_eq!(judged.leading(), Some("neighbour-unresolved"));
    }

    #[test]
    fn a_gateway_that_answers_is_no_case() {
        let judged = host().neighbour(2, "10.1.0.254", "02:00:00:00:00:fe").diagnose();
        assert!(judged.finding("neighbour-unresolved").is_none());
    }

    #[test]
    fn somebody_elses_dead_neighbour_is_no_case() {
        let judged = host()
            .neighbour(2, "10.1.0.254", "02:00:00:00:00:fe")
            .unresolved(2, "10.1.0.77")
            .diagnose();
        assert!(judged.finding("neighbour-unresolved").is_none());
    }
}
