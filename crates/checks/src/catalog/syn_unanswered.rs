//! SYNs come in and no SYN-ACK leaves, as far as a capture file shows; why, it does not show.

use synrecv_model::{
    Action, ActionLabel, Capture, CheckInfo, Class, Command, LinkType, Manual, Origin, Outcome,
    Part, Severity, SourceKind, Subject, Text, Value, Weight, text,
};

use crate::captured::{Silent, at_server, routers_crossed, service_count, unexplained};
use crate::cases::{Case, Cases, Fact};
use crate::view::View;
use crate::{Check, phrase};

pub(super) static CHECK: Check = Check {
    info: CheckInfo {
        id: "syn-unanswered",
        class: Class::Refused,
        summary: "SYNs come in and no SYN-ACK leaves where it was captured",
        severity: "problem",
        needs: &[Part::Frames],
        also_reads: &[Part::Sockets],
        ipv6: "the same",
        explains: &[],
        disproved_by: &[
            "a capture on all devices (any) of the same host shows the SYN-ACK",
            "the capture was not taken on the server",
        ],
        manual: Manual {
            meaning: "A capture file shows clients that repeat their SYN, and no answer. The host dropped the SYN \
                      before TCP or in it (a packet filter, the reverse-path filter, a full queue, a full connection \
                      tracking table), has no way back, dropped its own SYN-ACK on the way out, or sent it by a \
                      device that was not captured. Frames do not tell these apart; the host does.",
            picture: &[
                "SYN      client --> server   1 s   SYN --> server   2 s   SYN --> server",
                "SYN-ACK  none",
            ],
            recognised: &[
                ("SYNs of the same connection come in at least three times", "frames"),
                ("no SYN-ACK, reset or ICMP error answers them", "frames"),
            ],
            looks_like: &[
                ("asymmetric-route", "the SYN-ACK leaves by a device that was not captured"),
                ("neighbour-unresolved", "the host asks for the next hop by ARP or ND, in vain"),
                ("accept-queue-full", "ListenOverflows moves; earlier handshakes completed"),
            ],
            by_hand: &[
                ("tcpdump -eni any 'tcp port PORT'", "does a SYN-ACK leave by any device"),
                ("ip route get SERVER from CLIENT iif DEV", "an error: the SYN is not accepted"),
                ("ip route get CLIENT from SERVER", "an error: there is no way back"),
                ("nstat -az; sleep 10; nstat -az", "which counter moves with the SYNs"),
            ],
            fix: "Run this program on the host while it happens: it reads the rules, routes and counters that decide.",
            references: &["RFC 9293 section 3.10.7.2"],
        },
    },
    examine,
};

fn examine(view: &View<'_>, cases: &mut Cases) {
    // A host that is asked itself tells more: other checks look at it.
    if view.source() != SourceKind::Capture {
        return;
    }
    let Some(capture) = view.capture() else { return };
    for silent in unexplained(view) {
        report(cases, capture, &silent);
    }
}

fn report(cases: &mut Cases, capture: &Capture, silent: &Silent<'_>) {
    let local = silent.local;
    let clients = silent.clients();
    let count = silent.handshakes.len();
    let one_device = one_device(capture);
    let place = if one_device { ", at the device that was captured" } else { "" };
    let case = cases.about(Subject::Listener(local));
    case.headline(text![
        phrase::count(count, "connection", "connections"),
        " of ",
        phrase::name_peers(&clients),
        " to ",
        local,
        if count == 1 { " gets" } else { " get" },
        " no SYN-ACK",
    ])
    .summary(if one_device {
        text![
            "the host drops the SYN or its own SYN-ACK, has no way back, or answers by a device that \
             was not captured",
        ]
    } else {
        text!["the host drops the SYN or its own SYN-ACK, or has no way back"]
    })
    .arg("local", Value::Endpoint(local))
    .arg("peers", Value::List(clients.iter().copied().map(Value::Ip).collect()))
    .arg("one_device", Value::Flag(one_device))
    // Weak: it fits all that keeps a host from answering.
    .supports(Weight::Weak, silent.fact(text![place]));
    argue_way(case, silent);
    argue_others(case, capture, silent);
    if !silent.handshakes.iter().any(|one| at_server(capture, one)) {
        // Whoever forwards SYNs, or has the address of somebody else, sees the same.
        case.severity(Severity::Info).refutes(
            Weight::Weak,
            Fact::new(
                Origin::Frames,
                "place-unknown",
                text![
                    "nothing in the file comes from ",
                    local.ip,
                    ": that it was taken there, and in both directions, is not shown",
                ],
            ),
        );
    }
    advise(case, silent, one_device);
}

/// One device was captured, not `any`.
fn one_device(capture: &Capture) -> bool {
    let cooked = |link| matches!(link, LinkType::CookedV1 | LinkType::CookedV2);
    capture.devices.len() == 1 && !capture.devices.iter().any(|device| cooked(device.link))
}

/// Where the SYN came from.
fn argue_way(case: &mut Case, silent: &Silent<'_>) {
    let Some((one, syn)) = silent.handshakes.iter().find_map(|one| Some((one, one.syns().next()?)))
    else {
        return;
    };
    let Some(crossed) = routers_crossed(one) else { return };
    let mut text = text!["the SYN of ", one.flow.peer.ip, " came"];
    if let Some(mac) = syn.src_mac {
        text.push(text![" from ", mac]);
    }
    text.push(text![" with TTL ", syn.ttl, ": "]);
    text.push(match crossed {
        0 => text!["from a machine on this wire"],
        _ => text!["through ", phrase::count(crossed.into(), "router", "routers")],
    });
    case.supports(Weight::Weak, Fact::new(Origin::Frames, "way-of-the-syn", text));
}

/// What is answered beside it.
fn argue_others(case: &mut Case, capture: &Capture, silent: &Silent<'_>) {
    let local = silent.local;
    let same = service_count(capture, local, Outcome::Completed);
    let others: u64 = capture
        .services
        .iter()
        .filter(|service| service.local.ip == local.ip && service.local != local)
        .map(|service| service.count(Outcome::Completed))
        .sum();
    let text = match (same, others) {
        (0, 0) => return,
        (0, _) => text![
            "no handshake with port ",
            local.port,
            " completes, while ",
            others,
            " with other ports of ",
            local.ip,
            " do: it is about this port",
        ],
        _ => text![
            same,
            " handshakes with ",
            local,
            " completed: it is about these clients, or about some of the time",
        ],
    };
    case.supports(
        Weight::Weak,
        Fact::new(Origin::Frames, "answered-beside", text)
            .with("completed_count", Value::Number(same))
            .with("other_completed_count", Value::Number(others)),
    );
}

fn advise(case: &mut Case, silent: &Silent<'_>, one_device: bool) {
    let flow = silent.handshakes[0].flow;
    let (peer, local) = (flow.peer.ip, flow.local.ip);
    if one_device {
        case.action(Action {
            id: "capture-all-devices",
            label: ActionLabel::Investigate,
            text: text!["on the host: does the SYN-ACK leave by another device"],
            commands: vec![Command(format!(
                "tcpdump -eni any 'host {peer} and tcp port {}'",
                flow.local.port
            ))],
            verify: Text::new(),
        });
    }
    case.action(Action {
        id: "run-there",
        label: ActionLabel::Investigate,
        text: text!["run this program on the host as root while it happens"],
        commands: vec![Command("synrecv-doctor --observe 30s".to_owned())],
        verify: Text::new(),
    })
    .action(Action {
        id: "or-ask-by-hand",
        label: ActionLabel::Investigate,
        text: text!["or paste what these print: listener, way in and out, rules, counters"],
        commands: vec![
            Command(format!("ss -ltnm 'sport = :{}'", flow.local.port)),
            Command(format!("ip route get {peer} from {local}")),
            Command(format!("ip route get {local} from {peer} iif DEV")),
            Command("nft list ruleset; iptables-save -c".to_owned()),
            Command("nstat -az; sleep 10; nstat -az".to_owned()),
        ],
        verify: Text::new(),
    });
}
