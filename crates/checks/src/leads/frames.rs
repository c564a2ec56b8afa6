//! Handshakes in captures, as far as the place where they were taken leaves it open.

use std::collections::BTreeSet;

use synrecv_model::{
    Checksum, End, FrameDirection, FrameKind, Handshake, Mono, Origin, Outcome, Place, Severity,
    SourceKind, Subject, Value, Weight, text,
};

use crate::cases::{Cases, Fact};
use crate::phrase;
use crate::seen::Seen;
use crate::view::View;

/// Requests whose ACK was seen and ignored.
pub(super) fn ignored<'a>(view: &View<'a>) -> Vec<(usize, &'a Handshake)> {
    let Some(capture) = view.capture() else { return Vec::new() };
    let pasted = view.source() == SourceKind::Ticket;
    let stuck = view.stuck(|_| true);
    stuck
        .into_iter()
        .filter_map(|index| {
            let flow = view.requests()[index].track.flow;
            let handshake = capture.handshakes.iter().find(|one| one.flow == flow)?;
            let here = pasted || capture.place(flow.local.ip) == Place::Server;
            (here && handshake.outcome == Outcome::AckIgnored).then_some((index, handshake))
        })
        .collect()
}

/// Handshakes of a text in which each SYN-ACK has its ACK and was sent again all the same, whatever became
/// of the last one.
pub(super) fn repeated_after_ack<'a>(view: &View<'a>) -> Vec<&'a Handshake> {
    let capture = view.capture().filter(|_| view.source() == SourceKind::Ticket);
    let all = capture.into_iter().flat_map(|capture| &capture.handshakes);
    all.filter(|one| !has_data(one) && one.counts.synack_count > 1 && answered_at_once(one))
        .collect()
}

/// A SYN-ACK that is sent again with the time stamp of a segment that came after the first one: TCP
/// has read that segment, and the listener did not take it.
fn echoes_later_segment(handshake: &Handshake) -> bool {
    let mut synacks = handshake.synacks();
    let first = synacks.next().and_then(|frame| frame.options.timestamps);
    let Some(first) = first else { return false };
    synacks.filter_map(|frame| frame.options.timestamps).any(|again| {
        let newer = again.echo.wrapping_sub(first.echo);
        newer != 0 && newer < 1 << 31
    })
}

/// Data that came while the server still repeated its SYN-ACK.
fn has_data(handshake: &Handshake) -> bool {
    let last = handshake.synacks().last().map(|frame| frame.at);
    handshake.sent(End::Client, FrameKind::Data).any(|data| last.is_some_and(|last| data.at < last))
}

pub(super) fn accept_queue_full(view: &View<'_>, cases: &mut Cases) {
    let all = ignored(view);
    let with_data: Vec<usize> =
        all.iter().filter(|(_, one)| has_data(one)).map(|(index, _)| *index).collect();
    let read: Vec<usize> =
        all.iter().filter(|(_, one)| echoes_later_segment(one)).map(|(index, _)| *index).collect();
    let affected: Vec<usize> = all.iter().map(|(index, _)| *index).collect();
    if affected.is_empty() {
        return;
    }
    let local = view.requests()[affected[0]].local();
    let case = cases.about(Subject::Listener(local));
    case.headline(text![phrase::stuck(view, &affected), ": the ACK arrives and is not taken"])
        .summary(text!["the accept queue of ", local, " has no room"])
        .arg("local", Value::Endpoint(local))
        .affects(affected.iter().copied());
    if !read.is_empty() {
        // Strong: it is past routes, rules and checksums, and only the listener is left. Since Linux
        // 6.14 the time stamp is not taken over, so its absence proves nothing.
        case.supports(
            Weight::Strong,
            Fact::new(
                Origin::Frames,
                "later-time-stamp-echoed",
                text![
                    "the repeated SYN-ACK echoes the time stamp of a later segment: TCP has read it",
                ],
            ),
        );
    }
    if read.is_empty() && with_data.is_empty() {
        case.supports(
            Weight::Weak,
            Fact::new(
                Origin::Frames,
                "acks-ignored",
                text!["a listener without room ignores every ACK and repeats its SYN-ACK"],
            ),
        );
    }
    if !with_data.is_empty() {
        case.supports(
            Weight::Weak,
            Fact::new(
                Origin::Frames,
                "data-ignored-too",
                text!["data came with the ACK and is not acknowledged: not deferred, but refused"],
            ),
        );
    }
}

/// An ACK without data, and one SYN-ACK more a while later.
pub(super) fn defer_accept(view: &View<'_>, cases: &mut Cases) {
    let Some(capture) = view.capture() else { return };
    // A text ends where its writer thought fit.
    let held = repeated_after_ack(view);
    let Some(sample) = held.first() else { return };
    let repeats = sample.counts.synack_count - 1;
    // A listener without room repeats as often as the kernel retries; a deferring one once, when its
    // time is over.
    let last = capture.handshakes.iter().flat_map(|one| &one.frames).map(|frame| frame.at).max();
    let once = held.iter().all(|one| one.counts.synack_count == 2)
        && held.iter().all(|one| last.is_none_or(|last| shows_no_more(one, last)));
    let flows: BTreeSet<_> = held.iter().map(|one| one.flow).collect();
    let affected = view.stuck(|request| flows.contains(&request.track.flow));
    let local = sample.flow.local;
    let case = cases.about(Subject::Listener(local));
    case.headline(text!["the ACK arrives without data, and the handshake is not complete"])
        .summary(text![local, " waits for data of the client (TCP_DEFER_ACCEPT)"])
        .arg("local", Value::Endpoint(local))
        // Deferring is what the application asked for.
        .severity(Severity::Warning)
        .affects(affected)
        .supports(
            if once { Weight::Strong } else { Weight::Weak },
            Fact::new(
                Origin::Frames,
                "one-more-synack",
                text![
                    "each ACK came at once and without data; SYN-ACK sent again ",
                    repeats,
                    if repeats == 1 { " time" } else { " times" },
                ],
            )
            .with("synack_retrans_count", Value::Number(repeats.into())),
        );
    if !once || capture.place(local.ip) != Place::Server {
        case.refutes(
            Weight::Strong,
            Fact::new(
                Origin::Frames,
                "could-be-ignored",
                text!["a full accept queue or a rule that drops the ACK shows the same frames"],
            ),
        );
    }
}

/// The longest first timer of a kernel in milliseconds, and what jitter adds: before Linux 3.1.
const FIRST_TIMER_MAX_MS: u64 = 3_500;

/// A SYN-ACK that is sent again by no other: it came later than any first timer, or the frames go on
/// past the time of the next one. A text that ends before shows the same for every ignored ACK.
fn shows_no_more(handshake: &Handshake, last: Mono) -> bool {
    let mut synacks = handshake.synacks();
    let (Some(first), Some(again)) = (synacks.next(), synacks.next()) else { return false };
    let waited_ms = again.at.ms_since(first.at);
    waited_ms > FIRST_TIMER_MAX_MS || last.ms_since(again.at) > waited_ms * 3
}

/// Every SYN-ACK has an ACK right behind it.
fn answered_at_once(handshake: &Handshake) -> bool {
    let mut waits = false;
    for frame in handshake.frames.iter().filter(|frame| !frame.copy) {
        match (frame.sender, frame.kind) {
            (End::Server, FrameKind::SynAck) if waits => return false,
            (End::Server, FrameKind::SynAck) => waits = true,
            (End::Client, FrameKind::Ack) => waits = false,
            _ => {}
        }
    }
    !waits && handshake.counts.ack_count > 0
}

/// ACKs that come in with a checksum that does not fit, while those of their SYNs do.
pub(super) fn bad_checksum(view: &View<'_>, cases: &mut Cases) {
    let Some(capture) = view.capture() else { return };
    let of_client = |one: &Handshake, is_syn: bool, checksum| {
        one.frames.iter().any(|frame| {
            frame.sender == End::Client
                && (frame.kind == FrameKind::Syn) == is_syn
                && frame.checksum == checksum
        })
    };
    // A device that checks for the host leaves nothing to tools: those see what it took for right.
    let bad: Vec<&Handshake> = capture
        .handshakes
        .iter()
        .filter(|one| one.outcome != Outcome::Completed && one.counts.synack_count > 0)
        .filter(|one| {
            of_client(one, false, Checksum::Bad) && !of_client(one, false, Checksum::Good)
        })
        .collect();
    let Some(sample) = bad.first() else { return };
    let counted = ["TcpInCsumErrors", "TcpInErrs"]
        .into_iter()
        .find_map(|name| Some((name, view.total(name).filter(|&count| count > 0)?)));
    let flows: BTreeSet<_> = bad.iter().map(|one| one.flow).collect();
    let sure = counted.is_some() || of_client(sample, true, Checksum::Good);
    let case = cases.about(Subject::Host);
    case.headline(text!["the ACK of ", sample.flow.peer.ip, " arrives with a wrong checksum"])
        .summary(text![
            "segments of ",
            sample.flow.peer.ip,
            " are changed on the way, or made wrong"
        ])
        .arg("peer", Value::Ip(sample.flow.peer.ip))
        .affects(view.stuck(|request| flows.contains(&request.track.flow)))
        .supports(
            if sure { Weight::Strong } else { Weight::Weak },
            Fact::new(
                Origin::Frames,
                "checksums-do-not-fit",
                text!["the checksum of each ACK of ", sample.flow.peer, " does not fit"],
            )
            .recheck(format!("tcpdump -nvi any 'host {} and tcp'", sample.flow.peer.ip)),
        );
    if let Some((name, count)) = counted {
        case.supports(
            Weight::Weak,
            Fact::new(Origin::Counters, "checksum-errors-since-boot", text![name, " is ", count])
                .with("total_count", Value::Number(count))
                .recheck(format!("nstat -az {name}; sleep 10; nstat -az {name}")),
        );
    }
}

/// A handshake of this host whose SYN came in by one device and whose SYN-ACK left by another.
pub(super) fn asymmetric_route(view: &View<'_>, cases: &mut Cases) {
    let Some(capture) = view.capture() else { return };
    let device = |handshake: &Handshake, sender, kind, way| {
        let mut frames = handshake
            .frames
            .iter()
            .filter(|frame| frame.sender == sender && frame.kind == kind && frame.direction == way);
        let frame = frames.next()?;
        let same = frames.all(|other| other.device == frame.device);
        let name = capture.device(frame)?.name.clone()?;
        same.then_some(name)
    };
    let split = capture.handshakes.iter().find_map(|handshake| {
        let from = device(handshake, End::Client, FrameKind::Syn, FrameDirection::In)?;
        let to = device(handshake, End::Server, FrameKind::SynAck, FrameDirection::Out)?;
        (from != to && handshake.outcome != Outcome::Completed).then_some((handshake, from, to))
    });
    let Some((handshake, from, to)) = split else { return other_mac(view, cases) };
    let peer = handshake.flow.peer.ip;
    let stuck = view.stuck(|request| request.track.flow == handshake.flow);
    cases
        .about(Subject::Host)
        .headline(text!["the SYN-ACK to ", peer, " leaves by another device than the SYN came by"])
        .summary(text!["the route to ", peer, " leaves by ", to.clone(), ", not by ", from.clone()])
        .arg("interface", Value::Foreign(to.clone()))
        .affects(stuck)
        .supports(
            Weight::Strong,
            Fact::new(
                Origin::Frames,
                "other-device",
                text!["SYN in by ", from, ", SYN-ACK out by ", to],
            )
            .recheck(format!("ip route get {peer} from {}", handshake.flow.local.ip)),
        );
}

/// Handshakes whose SYN came from another machine than the SYN-ACK went to.
fn other_mac(view: &View<'_>, cases: &mut Cases) {
    let stuck = view.stuck(|request| {
        request
            .seen
            .as_deref()
            .is_some_and(|seen| seen.other_mac().is_some() && seen.ack != Some(true))
    });
    let Some(&first) = stuck.first() else { return };
    let request = &view.requests()[first];
    let Some((from, to)) = request.seen.as_deref().and_then(Seen::other_mac) else { return };
    let peer = request.peer();
    cases
        .about(Subject::Host)
        .headline(text![
            phrase::stuck(view, &stuck),
            ": the SYN-ACK goes to another machine than the SYN came from",
        ])
        .summary(text!["the SYN of ", peer, " came from ", from, ", the SYN-ACK left to ", to])
        .affects(stuck.iter().copied())
        .supports(
            Weight::Strong,
            Fact::new(
                Origin::Frames,
                "other-machine",
                text!["SYN from ", from, ", SYN-ACK to ", to, ", and no ACK came"],
            )
            .with("syn_src_mac", Value::Mac(from))
            .with("synack_dst_mac", Value::Mac(to))
            .recheck(format!("ip route get {peer}; ip neigh; ip addr")),
        );
}

/// SYN-ACKs that come in for this host and that it does not answer.
pub(super) fn synack_dropped_here(view: &View<'_>, cases: &mut Cases) {
    let Some(capture) = view.capture() else { return };
    let unanswered = capture.handshakes.iter().find(|handshake| {
        handshake.counts.ack_count == 0
            && handshake.counts.rst_count == 0
            && handshake.synacks().next().is_some()
            && handshake.synacks().all(|frame| frame.direction == FrameDirection::In)
            && handshake.counts.syn_count == 0
    });
    let Some(handshake) = unanswered else { return };
    let (server, client) = (handshake.flow.local, handshake.flow.peer);
    cases
        .about(Subject::Host)
        .class(synrecv_model::Class::Local)
        .headline(text!["the SYN-ACK of ", server, " comes in and is not answered"])
        .summary(text![
            "this host drops the SYN-ACK for ",
            client,
            " before TCP, or the address is not its own",
        ])
        .arg("stage", Value::Word("input"))
        .supports(
            Weight::Weak,
            Fact::new(
                Origin::Frames,
                "synack-in-unanswered",
                text![
                    "a SYN-ACK of ",
                    server,
                    " to ",
                    client,
                    " came in, and neither ACK nor reset left"
                ],
            )
            .recheck("nft list ruleset; iptables-save -c"),
        );
}
