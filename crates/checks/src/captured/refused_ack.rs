//! ACKs that the host refuses by a reset, and data that it never answers.

use std::collections::{BTreeMap, BTreeSet};

use synrecv_model::{
    Action, ActionLabel, Capture, Command, End, Endpoint, FrameDirection, FrameKind, Handshake,
    Mono, Origin, Outcome, Severity, Subject, Text, Value, Weight, text,
};

use super::{came_in, clients, service_count};
use crate::cases::{Case, Cases, Fact};
use crate::phrase;
use crate::view::View;

/// Refused handshakes of one service from which on it is not one that was just closed or restarted.
const REFUSED_LEAST: usize = 3;

/// Share of the handshakes of a service below which failing ones are background noise: 5 %.
const SHARE_FEW_PERCENT: u64 = 5;

/// The ACK flag.
const ACK: u8 = 0x10;

/// The host answers the ACK of its own SYN-ACK by a reset: a bare one, as for a segment that belongs to
/// nothing. An application that ends a connection at once sends one with the ACK flag.
fn is_refused(handshake: &Handshake) -> bool {
    let mut resets = handshake.frames.iter().filter(|frame| frame.kind == FrameKind::Rst);
    let Some(reset) = resets.next() else { return false };
    let isn: BTreeSet<u32> = handshake.synacks().map(|frame| frame.seq.wrapping_add(1)).collect();
    let answers = |ack: u32| isn.contains(&ack) && reset.seq == ack;
    reset.sender == End::Server
        && reset.direction != FrameDirection::In
        && reset.flags & ACK == 0
        && handshake.acks().any(|ack| ack.at <= reset.at && answers(ack.ack))
}

/// The ACK came with data that was sent again and again, the server is silent, and does not repeat its
/// SYN-ACK either: it has no request.
fn is_unheard(handshake: &Handshake) -> bool {
    let counts = handshake.counts;
    handshake.outcome == Outcome::AckIgnored && counts.synack_count == 1 && counts.data_count > 2
}

pub(super) fn ack_ignored_locally(view: &View<'_>, cases: &mut Cases) {
    let Some(capture) = view.capture() else { return };
    let mut refused: BTreeMap<Endpoint, Vec<&Handshake>> = BTreeMap::new();
    let mut unheard: BTreeMap<Endpoint, Vec<&Handshake>> = BTreeMap::new();
    for one in capture.handshakes.iter().filter(|one| came_in(capture, one)) {
        if one.outcome == Outcome::Refused && is_refused(one) {
            refused.entry(one.flow.local).or_default().push(one);
        } else if is_unheard(one) {
            unheard.entry(one.flow.local).or_default().push(one);
        }
    }
    for (local, handshakes) in refused {
        // A listener that was closed and is back refuses no more.
        let over = recovers(capture, local, &handshakes);
        let case = open(capture, cases, local, &handshakes, over);
        case.headline(text![
            phrase::count(handshakes.len(), "ACK", "ACKs"),
            " of ",
            phrase::name_peers(&clients(&handshakes)),
            " to ",
            local,
            if handshakes.len() == 1 { ": this host answers it" } else { ": this host answers them" },
            " by a reset",
        ])
        .summary(text![
            "the accept queue is full and tcp_abort_on_overflow is 1, the listener was closed, or a rule \
             rejects the ACK",
        ])
        // Strong: the reset leaves this host and answers the very ACK that completes the handshake;
        // which of the causes it is remains open.
        .supports(
            Weight::Strong,
            Fact::new(
                Origin::Frames,
                "acks-reset",
                text![
                    phrase::count(handshakes.len(), "reset", "resets"),
                    " without ACK flag left in answer to ACKs of the host's own SYN-ACKs: it has no \
                     connection for them, and no application closed one",
                ],
            )
            .with("reset_count", Value::Number(handshakes.len() as u64))
            .recheck("tcpdump -vni any 'tcp[tcpflags] & tcp-rst != 0'"),
        );
        advise(case, local);
    }
    for (local, handshakes) in unheard {
        let data: u64 = handshakes.iter().map(|one| u64::from(one.counts.data_count)).sum();
        let case = open(capture, cases, local, &handshakes, false);
        case.headline(text![
            phrase::count(handshakes.len(), "handshake", "handshakes"),
            " of ",
            phrase::name_peers(&clients(&handshakes)),
            " to ",
            local,
            ": ACK and data arrive and nothing answers them",
        ])
        .summary(text![
            "the accept queue is full and the SYN-ACK was a cookie, or something on this host drops \
             what follows it",
        ])
        .supports(
            Weight::Weak,
            Fact::new(
                Origin::Frames,
                "data-unanswered",
                text![
                    phrase::count(usize::try_from(data).unwrap_or(usize::MAX), "segment", "segments"),
                    " with data came in after the ACK; the server answers none, and does not repeat its \
                     SYN-ACK",
                ],
            )
            .with("data_count", Value::Number(data)),
        );
        advise(case, local);
    }
}

/// A case about a service; of few handshakes, or when it is over, it is worth a note.
fn open<'c>(
    capture: &Capture,
    cases: &'c mut Cases,
    local: Endpoint,
    handshakes: &[&Handshake],
    over: bool,
) -> &'c mut Case {
    let failed = handshakes.len() as u64;
    let done = service_count(capture, local, Outcome::Completed);
    let few = handshakes.len() < REFUSED_LEAST
        || failed * 100 < SHARE_FEW_PERCENT * (done + failed)
        || over;
    let case = cases.about(Subject::Listener(local));
    case.severity(if few { Severity::Info } else { Severity::Problem })
        .arg("local", Value::Endpoint(local))
        .arg("peers", Value::List(clients(handshakes).into_iter().map(Value::Ip).collect()))
}

/// Handshakes that began after the last failing one completed.
fn recovers(capture: &Capture, local: Endpoint, failing: &[&Handshake]) -> bool {
    let began = |one: &Handshake| one.frames.first().map(|frame| frame.at);
    let last: Option<Mono> = failing.iter().filter_map(|one| began(one)).max();
    capture.handshakes.iter().any(|one| {
        one.flow.local == local && one.outcome == Outcome::Completed && began(one) > last
    })
}

fn advise(case: &mut Case, local: Endpoint) {
    case.action(Action {
        id: "queue-and-rules",
        label: ActionLabel::Investigate,
        text: text![
            "on the host: is the accept queue full, does anybody listen, does a rule reject"
        ],
        commands: vec![
            Command(format!("ss -ltnmp 'sport = :{}'", local.port)),
            Command("sysctl net.ipv4.tcp_abort_on_overflow; nstat -az 'TcpExtListen*'".to_owned()),
            Command("nft list ruleset; iptables-save -c".to_owned()),
        ],
        verify: Text::new(),
    })
    .action(Action {
        id: "run-there",
        label: ActionLabel::Investigate,
        text: text!["run this program on the host as root while it happens"],
        commands: vec![Command("synrecv-doctor --observe 30s".to_owned())],
        verify: Text::new(),
    });
}

#[cfg(test)]
mod tests {
    use synrecv_model::{Confidence, End, Finding, FrameKind, Outcome, Place, Severity};

    use super::ACK;
    use crate::fixture::{Frames, HostFixture};

    fn handshake(host: HostFixture, port: u16, outcome: Outcome) -> HostFixture {
        host.client("10.1.0.10:80", &format!("198.51.100.7:{port}"))
            .frames(Frames { outcome, ..Frames::default() })
    }

    /// ACKs of so many handshakes that are answered by a reset.
    fn reset(host: HostFixture, count: u16, flags: u8) -> Option<Finding> {
        let host = (0..count).fold(host, |host, at| {
            handshake(host, 4000 + at, Outcome::Refused)
                .frame((End::Client, FrameKind::Ack), 10, |ack| ack.ack = 1)
                .frame((End::Server, FrameKind::Rst), 11, |reset| {
                    (reset.seq, reset.flags) = (1, 0x04 | flags);
                })
        });
        host.file(Place::Server).finding("ack-ignored-locally")
    }

    #[test]
    fn a_bare_reset_in_answer_to_the_ack_is_a_refusal() {
        let finding = reset(HostFixture::new(), 3, 0).unwrap();
        assert_eq!((finding.severity, finding.confidence), (Severity::Problem, Confidence::Likely));
    }

    #[test]
    fn few_of_them_are_a_service_that_was_restarted() {
        assert_eq!(reset(HostFixture::new(), 2, 0).unwrap().severity, Severity::Info);
    }

    #[test]
    fn a_reset_with_the_ack_flag_is_one_of_the_application() {
        assert!(reset(HostFixture::new(), 3, ACK).is_none());
    }

    #[test]
    fn data_that_is_never_answered_may_have_met_a_cookie() {
        let unheard = |times: u64| {
            let host = (0..3).fold(HostFixture::new(), |host, at| {
                let host = handshake(host, 4000 + at, Outcome::AckIgnored).synacks(1);
                (0..times).fold(host, |host, again| {
                    host.frame((End::Client, FrameKind::Data), 10 + again * 400, |_| {})
                })
            });
            host.file(Place::Server).finding("ack-ignored-locally")
        };
        let finding = unheard(3).unwrap();
        assert_eq!(
            (finding.severity, finding.confidence),
            (Severity::Problem, Confidence::Possible)
        );
        assert!(unheard(2).is_none());
    }
}
