//! Resets and ICMP errors that were captured: each names the handshake that it ends.

use std::collections::BTreeSet;
use std::net::IpAddr;

use ipnet::IpNet;
use synrecv_model::view::{RetryReading, place};
use synrecv_model::{
    Action, ActionLabel, Command, End, Endpoint, Flow, FrameDirection, FrameKind, Origin, Subject,
    Text, Value, Weight, text,
};

use crate::cases::{Case, Cases, Fact};
use crate::seen::Seen;
use crate::view::View;
use crate::{phrase, share};

/// Refusals of one kind, out of the frames.
#[derive(Default)]
struct Refusals {
    frame_count: usize,
    /// Handshakes that it met.
    flows: Vec<Flow>,
    /// Who reports, for ICMP.
    reporters: BTreeSet<IpAddr>,
    /// Devices by which the SYN of one of them came and its SYN-ACK left, when they differ.
    other_way: Option<(Flow, u32, u32)>,
}

impl Refusals {
    fn add(&mut self, seen: &Seen<'_>, frame_count: usize) {
        self.frame_count += frame_count;
        self.flows.push(seen.handshake.flow);
        let ways = seen.in_devices.first().zip(seen.out_devices.first());
        if let Some((&came, &left)) = ways.filter(|_| seen.changes_device()) {
            self.other_way.get_or_insert((seen.handshake.flow, came, left));
        }
    }
}

/// True when frames tell: then the counters of the host have nothing to add.
pub(super) fn examine(view: &View<'_>, cases: &mut Cases) -> bool {
    let mut icmp = Refusals::default();
    let mut resets = Refusals::default();
    let resetting = resetting(view);
    for seen in view.seen_reset() {
        let flow = seen.handshake.flow;
        let reported: Vec<IpAddr> = errors(&seen).collect();
        if !reported.is_empty() {
            icmp.add(&seen, reported.len());
            icmp.reporters.extend(reported);
        } else if let Some(count) =
            answered_by_reset(&seen).filter(|_| !resetting.contains(&flow.local))
        {
            resets.add(&seen, count);
        }
    }
    if !icmp.flows.is_empty() {
        by_icmp(view, cases, &icmp);
    }
    if !resets.flows.is_empty() {
        by_reset(view, cases, &resets);
    }
    !icmp.flows.is_empty() || !resets.flows.is_empty()
}

/// Stuck requests that the errors are about, and those of the same networks: who reports limits the
/// rate of it.
fn refused_requests(view: &View<'_>, icmp: &Refusals) -> Vec<usize> {
    let flows: BTreeSet<Flow> = icmp.flows.iter().copied().collect();
    let places: BTreeSet<IpNet> = icmp.flows.iter().map(|flow| place(flow.peer.ip)).collect();
    view.stuck(|request| {
        let repeats = request.reading == RetryReading::ClientRepeatsSyn;
        flows.contains(&request.track.flow) || (repeats && places.contains(&place(request.peer())))
    })
}

/// ICMP errors from outside about SYN-ACKs: destination unreachable, but for too large packets.
fn errors<'a>(seen: &'a Seen<'_>) -> impl Iterator<Item = IpAddr> + 'a {
    let flow = seen.handshake.flow;
    seen.handshake.frames.iter().filter_map(move |frame| {
        let FrameKind::Icmp { icmp_type, code, from } = frame.kind else { return None };
        let unreachable = match flow.peer.ip {
            IpAddr::V4(_) => icmp_type == 3 && code != 4,
            IpAddr::V6(_) => icmp_type == 1,
        };
        let from_outside = from != flow.local.ip && frame.direction != FrameDirection::Out;
        (unreachable && from_outside && frame.sender == End::Server && !frame.copy).then_some(from)
    })
}

/// Local ends at which this host resets handshakes itself: clients that it reset answer the next
/// SYN-ACK by a reset.
fn resetting(view: &View<'_>) -> BTreeSet<Endpoint> {
    let own = view.seen_reset().filter(|seen| {
        let handshake = seen.handshake;
        handshake.counts.synack_count > 0
            && handshake.sent(End::Server, FrameKind::Rst).next().is_some()
    });
    own.map(|seen| seen.handshake.flow.local).collect()
}

/// Resets of the client to a SYN-ACK.
fn answered_by_reset(seen: &Seen<'_>) -> Option<usize> {
    let handshake = seen.handshake;
    let count = handshake.sent(End::Client, FrameKind::Rst).count();
    (count > 0 && handshake.counts.synack_count > 0).then_some(count)
}

fn by_icmp(view: &View<'_>, cases: &mut Cases, icmp: &Refusals) {
    let stuck = refused_requests(view, icmp);
    let reporters: Vec<IpAddr> = icmp.reporters.iter().copied().collect();
    let (severity, numbers) = share::severity_of(view, &icmp.flows, icmp.flows.len() as u64);
    let case = cases.about(Subject::Host);
    case.severity(severity)
        .headline(if stuck.is_empty() {
            text![
                phrase::count(icmp.flows.len(), "handshake was", "handshakes were"),
                " ended by ICMP errors from the client's side",
            ]
        } else {
            text![phrase::stuck(view, &stuck), ": the client's side answers with ICMP errors"]
        })
        .summary(text![phrase::name_peers(&reporters), " says that the client cannot be reached"])
        .arg("icmp_error_count", Value::Number(icmp.frame_count as u64))
        .affects(stuck.iter().copied())
        // Decisive: the error quotes this SYN-ACK, so it left this host and was refused.
        .supports(
            Weight::Decisive,
            Fact::new(
                Origin::Frames,
                "icmp-errors-about-synacks",
                text![
                    phrase::count(icmp.frame_count, "ICMP error", "ICMP errors"),
                    " from ",
                    phrase::name_peers(&reporters),
                    " about SYN-ACKs of ",
                    phrase::count(icmp.flows.len(), "handshake", "handshakes"),
                ],
            )
            .with("icmp_error_count", Value::Number(icmp.frame_count as u64)),
        )
        .supports(Weight::Weak, Fact::new(Origin::Frames, "share", numbers))
        .action(Action {
            id: "see-icmp",
            label: ActionLabel::Investigate,
            text: text!["see who says so, and about which address"],
            commands: vec![Command("tcpdump -vni any 'icmp or icmp6'".to_owned())],
            verify: Text::new(),
        });
    argue_other_way(view, case, icmp);
}

/// Who refuses is on another way than the SYN took: it may never have seen the SYN.
fn argue_other_way(view: &View<'_>, case: &mut Case, refusals: &Refusals) {
    let Some((flow, inward, outward)) = refusals.other_way else { return };
    let command = format!("ip route get {} from {}", flow.peer.ip, flow.local.ip);
    case.supports(
        Weight::Weak,
        Fact::new(
            Origin::Frames,
            "refused-on-another-way",
            text![
                "the SYN of ",
                flow.peer.ip,
                " came by ",
                view.dev(inward),
                " and the SYN-ACK left by ",
                view.dev(outward),
                ": it is refused there, not on the way that the SYN took",
            ],
        )
        .with("peer", Value::Ip(flow.peer.ip))
        .recheck(command.clone()),
    )
    .action(Action {
        id: "send-replies-back",
        label: ActionLabel::Investigate,
        text: text![
            "see why the reply takes another way, and whether it should leave by ",
            view.dev(inward),
        ],
        commands: vec![Command(command), Command("ip rule".to_owned())],
        verify: Text::new(),
    });
}

fn by_reset(view: &View<'_>, cases: &mut Cases, resets: &Refusals) {
    let (severity, numbers) = share::severity_of(view, &resets.flows, resets.flows.len() as u64);
    let count = resets.flows.len();
    let case = cases.about(Subject::Host);
    case.severity(severity)
        .headline(text![
            phrase::count(count, "handshake was", "handshakes were"),
            " reset by the client's side",
        ])
        .summary(text!["the SYN-ACK arrives and something there answers with RST"])
        .arg("reset_count", Value::Number(count as u64))
        // Decisive: the reset came from there and answers the SYN-ACK.
        .supports(
            Weight::Decisive,
            Fact::new(
                Origin::Frames,
                "resets-of-clients",
                text![
                    phrase::count(resets.frame_count, "reset", "resets"),
                    " came in as the answer to SYN-ACKs of ",
                    phrase::count(count, "handshake", "handshakes"),
                ],
            )
            .with("reset_count", Value::Number(resets.frame_count as u64)),
        )
        .supports(Weight::Weak, Fact::new(Origin::Frames, "share", numbers))
        .action(Action {
            id: "see-resets",
            label: ActionLabel::Investigate,
            text: text!["see who answers with RST"],
            commands: vec![Command("tcpdump -eni any 'tcp[tcpflags] & tcp-rst != 0'".to_owned())],
            verify: Text::new(),
        });
    argue_other_way(view, case, resets);
}

#[cfg(test)]
mod tests {
    use synrecv_model::Outcome;

    use crate::fixture::{Frames, HostFixture};

    #[test]
    fn who_refuses_on_another_way_is_said() {
        let host = HostFixture::new()
            .device(2, "ps0")
            .device(3, "tun0")
            .address(2, "10.1.0.10/24")
            .listener("10.1.0.10:80", 0, 128)
            .client("10.1.0.10:80", "198.51.100.7:4000");
        let judged = host
            .reset_by_client(Frames {
                synack: Some((3, "02:00:00:00:00:21")),
                outcome: Outcome::Refused,
                ..Frames::default()
            })
            .diagnose();
        let finding = judged.finding("peer-resets").unwrap();
        assert_eq!(finding.actions.last().unwrap().id, "send-replies-back");
    }
}
