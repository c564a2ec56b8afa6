//! Another network card of this host on the same wire draws the client's frames.

use std::collections::BTreeMap;

use synrecv_model::view::RetryReading;
use synrecv_model::{
    Action, ActionLabel, CheckInfo, Class, Command, Flow, Manual, Neighbour, Origin, Part, Subject,
    Text, Value, Weight, text,
};

use crate::cases::{Case, Cases, Fact};
use crate::view::View;
use crate::{Check, phrase};

pub(super) static CHECK: Check = Check {
    info: CheckInfo {
        id: "arp-flux",
        class: Class::Path,
        summary: "another device of this host answers for the address",
        severity: "problem",
        needs: &[Part::Sockets, Part::Replies, Part::Neighbours, Part::Addresses],
        also_reads: &[Part::Settings, Part::Links, Part::Counters, Part::Routes],
        ipv6: "not applicable: ND answers on the device that has the address",
        explains: &["asymmetric-route", "duplicate-address", "synack-lost-outside"],
        disproved_by: &[
            "the client's SYN comes by the device that has the address",
            "with arp_ignore=1 the client's entry for this host stays and it stays stuck",
        ],
        manual: Manual {
            meaning: "Linux answers an ARP question for any of its addresses on any of its devices. With two devices on one \
                      wire, the wrong one can answer: the client's frames come in there, the SYN-ACK leaves by the route, \
                      elsewhere. A device without an address can draw traffic like that, too.",
            picture: &[
                "SYN      client --> ps1 (answered ARP for the address of ps0)",
                "SYN-ACK  ps0 --> gateway --> X       the gateway never saw the SYN",
            ],
            recognised: &[
                (
                    "the client is a neighbour on a device that its reply does not leave by",
                    "neighbours, replies",
                ),
                ("that device does not have the local address", "addresses"),
                ("clients repeat their SYN", "sockets"),
            ],
            looks_like: &[
                ("asymmetric-route", "the SYN comes by the device that has the address"),
                (
                    "overlapping-route",
                    "the reply's route lies on a device that the client is not on",
                ),
            ],
            by_hand: &[
                ("ip neigh show CLIENT", "a device without a route to it"),
                (
                    "tcpdump -eni any 'host CLIENT or arp'",
                    "SYN in by one device, SYN-ACK out by another",
                ),
                (
                    "sysctl -a -r 'ipv4.conf.*.arp_(ignore|announce|filter)'",
                    "0: any device answers",
                ),
            ],
            fix: "Answer ARP only where the address is: arp_ignore=1 and arp_announce=2 on the devices of the wire; take the \
                  spare device down or into a bond. Clients keep the old entry for some minutes.",
            references: &[
                "Documentation/networking/ip-sysctl.rst: arp_ignore, arp_announce, arp_filter",
            ],
        },
    },
    examine,
};

fn examine(view: &View<'_>, cases: &mut Cases) {
    let mut by_device: BTreeMap<u32, Vec<usize>> = BTreeMap::new();
    for index in view.stuck(|request| request.reading == RetryReading::ClientRepeatsSyn) {
        let request = &view.requests()[index];
        let Some(Ok(route)) = request.reply.map(|reply| reply.resolved.as_ref()) else { continue };
        if let Some(entry) = drawn(view, request.track.flow, route.oif) {
            by_device.entry(entry.ifindex).or_default().push(index);
        }
    }
    for (device, requests) in by_device {
        report(view, cases, device, &requests);
    }
}

/// The client's entry on a device that neither has the local address nor sends the reply.
fn drawn<'a>(view: &View<'a>, flow: Flow, oif: u32) -> Option<&'a Neighbour> {
    if flow.peer.ip.is_ipv6() {
        return None;
    }
    let owned = |ifindex: u32| {
        view.addresses().iter().any(|own| own.ifindex == ifindex && own.address == flow.local.ip)
    };
    view.neighbours().find(|entry| {
        entry.address == flow.peer.ip
            && entry.ifindex != oif
            && entry.mac.is_some()
            && !entry.state.is_unresolved()
            && !owned(entry.ifindex)
    })
}

fn report(view: &View<'_>, cases: &mut Cases, device: u32, requests: &[usize]) {
    let sample = &view.requests()[requests[0]];
    let Some(Ok(route)) = sample.reply.map(|reply| reply.resolved.as_ref()) else { return };
    let (dev, out) = (view.dev(device), view.dev(route.oif));
    let bare = !view.addresses().iter().any(|own| own.ifindex == device && own.address.is_ipv4());
    let case = cases.about(Subject::Link(device));
    case.headline(text![
        phrase::stuck(view, requests),
        ": the SYN comes by ",
        dev.clone(),
        ", the SYN-ACK leaves by ",
        out.clone(),
    ])
    .summary(text![
        dev.clone(),
        if bare { ", which has no address," } else { "" },
        " answers ARP for ",
        sample.local().ip,
        " and draws the clients' frames",
    ])
    .arg("interface", Value::Foreign(dev.clone()))
    .arg("out_interface", Value::Foreign(out.clone()))
    .affects(requests.iter().copied())
    .supports(
        Weight::Strong,
        Fact::new(
            Origin::Arp,
            "client-on-another-device",
            text![
                phrase::name_peers(&phrase::peers(view, requests)),
                if requests.len() == 1 { " is a neighbour on " } else { " are neighbours on " },
                dev.clone(),
                if bare {
                    ", a device without address: it was learned from a question that came there"
                } else {
                    ", which does not have the local address"
                },
                "; the reply leaves by ",
                phrase::way(view, route),
            ],
        )
        .with("dev", Value::Foreign(dev.clone()))
        .with("out_dev", Value::Foreign(out))
        .recheck(format!("ip neigh show dev {dev}"))
        .recheck(phrase::route_get(sample)),
    )
    .supports(
        Weight::Weak,
        phrase::retries(view, requests, "the client repeats its SYN: the SYN-ACK is lost"),
    );
    argue_control(view, case, device);
    argue_settings(view, case, device);
    advise(case, &dev.to_string());
}

/// Clients that come the same way and connect: the asymmetry alone harms nobody.
fn argue_control(view: &View<'_>, case: &mut Case, device: u32) {
    let same = view
        .completed()
        .filter(|reply| {
            reply.resolved.as_ref().is_ok_and(|route| {
                drawn(view, reply.question.flow, route.oif)
                    .is_some_and(|entry| entry.ifindex == device)
            })
        })
        .count();
    if same > 0 {
        case.refutes(
            Weight::Strong,
            Fact::new(
                Origin::Sockets,
                "others-complete",
                text![
                    phrase::count(same, "client", "clients"),
                    " on the same device ",
                    if same == 1 { "connects" } else { "connect" },
                ],
            )
            .with("completed_count", Value::Number(same as u64)),
        );
    }
}

fn argue_settings(view: &View<'_>, case: &mut Case, device: u32) {
    let Some(own) = view.settings().and_then(|settings| settings.devices.get(&device)) else {
        return;
    };
    let Some(ignore) = own.arp_ignore else { return };
    case.supports(
        Weight::Weak,
        Fact::new(
            Origin::Settings,
            "arp-ignore",
            text![
                "arp_ignore in force on ",
                view.dev(device),
                " is ",
                ignore,
                if ignore == 0 { ": it answers for every address of this host" } else { "" },
            ],
        )
        .with("arp_ignore", Value::Number(ignore.into()))
        .with("arp_announce", phrase::number(own.arp_announce))
        .recheck("sysctl -a -r 'ipv4.conf.*.arp_(ignore|announce|filter)'"),
    );
}

fn advise(case: &mut Case, dev: &str) {
    case.action(Action {
        id: "see-ways",
        label: ActionLabel::Investigate,
        text: text!["see by which device SYNs come and SYN-ACKs leave"],
        commands: vec![Command("tcpdump -eni any 'tcp[tcpflags] & tcp-syn != 0'".to_owned())],
        verify: Text::new(),
    })
    .action(Action {
        id: "answer-where-it-is",
        label: ActionLabel::Safe,
        text: text!["answer ARP only on the device that has the address"],
        commands: vec![
            Command("sysctl -w net.ipv4.conf.all.arp_ignore=1".to_owned()),
            Command("sysctl -w net.ipv4.conf.all.arp_announce=2".to_owned()),
        ],
        verify: text![
            "clients that ask again get the right answer; entries of theirs live on for minutes",
        ],
    })
    .action(Action {
        id: "take-down-spare",
        label: ActionLabel::Disruptive,
        text: text!["if the device serves nothing else, take it down"],
        commands: vec![Command(format!("ip link set {dev} down"))],
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
            .default_route(2, "10.1.0.1")
            .listener("10.1.0.10:80", 0, 128)
            .neighbour(2, "10.1.0.1", "02:00:00:00:00:0a")
            .neighbour(3, "10.2.0.20", "02:00:00:00:00:14")
            .stuck_request("10.1.0.10:80", "10.2.0.20:4000", (6, 1))
            .via(2, "10.1.0.1")
    }

    #[test]
    fn a_device_without_address_draws_clients() {
        let judged = host().diagnose();
        assert_eq!(judged.leading(), Some("arp-flux"));
        let finding = judged.finding("arp-flux").unwrap();
        assert_eq!(finding.confidence, Confidence::Likely);
    }

    #[test]
    fn who_connects_the_same_way_speaks_against_it() {
        let judged = host()
            .neighbour(3, "10.2.0.21", "02:00:00:00:00:15")
            .connected("10.1.0.10:80", "10.2.0.21:4000")
            .via(2, "10.1.0.1")
            .diagnose();
        let finding = judged.finding("arp-flux").unwrap();
        assert_eq!(finding.confidence, Confidence::Possible);
    }

    #[test]
    fn the_device_with_the_address_is_another_fault() {
        let judged = HostFixture::new()
            .device(2, "ps0")
            .device(3, "ps1")
            .address(2, "10.1.0.10/24")
            .address(3, "10.2.0.10/24")
            .listener("10.2.0.10:80", 0, 128)
            .neighbour(2, "10.1.0.1", "02:00:00:00:00:0a")
            .neighbour(3, "10.2.0.20", "02:00:00:00:00:14")
            .stuck_request("10.2.0.10:80", "10.2.0.20:4000", (6, 1))
            .via(2, "10.1.0.1")
            .diagnose();
        assert!(judged.finding("arp-flux").is_none());
    }
}
