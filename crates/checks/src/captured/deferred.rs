//! ACKs that a listener holds until data comes: no SYN-ACK is sent again while it does, and one when its
//! time is over.

use std::collections::BTreeMap;

use synrecv_model::{
    Action, ActionLabel, Command, End, Endpoint, FrameKind, Handshake, Mono, Origin, Place,
    Severity, Subject, Text, Value, Weight, text,
};

use super::clients;
use crate::cases::{Cases, Fact};
use crate::phrase;
use crate::view::View;

/// A first repeat from here on skips those that are due after 1 and 3 s; kernels before 3.1 send it
/// after 3 s.
const HELD_LEAST_MS: u64 = 6_500;

/// Handshakes from which on it is no frame that was missed.
const HELD_FEW: usize = 2;

/// How long the server was silent after a bare ACK, until it sent the SYN-ACK again.
fn held_ms(handshake: &Handshake) -> Option<u64> {
    let mut synacks = handshake.synacks();
    let (first, again) = (synacks.next()?.at, synacks.next()?.at);
    let at = |kind| handshake.sent(End::Client, kind).next().map(|frame| frame.at);
    let soon = |ack: Mono| ack >= first && ack.ms_since(first) < 1_000;
    let bare = at(FrameKind::Ack).is_some_and(soon);
    let spoke = at(FrameKind::Data).is_some_and(|data| data < again);
    let begins = handshake.syns().next().is_some_and(|syn| syn.at <= first);
    let held = again.ms_since(first);
    (bare && !spoke && begins && handshake.omitted_count == 0 && held >= HELD_LEAST_MS)
        .then_some(held)
}

pub(super) fn defer_accept(view: &View<'_>, cases: &mut Cases) {
    let Some(capture) = view.capture() else { return };
    let mut by_local: BTreeMap<Endpoint, Vec<(&Handshake, u64)>> = BTreeMap::new();
    for one in &capture.handshakes {
        if let Some(ms) = held_ms(one).filter(|_| capture.place(one.flow.local.ip) == Place::Server)
        {
            by_local.entry(one.flow.local).or_default().push((one, ms));
        }
    }
    for (local, held) in by_local {
        let handshakes: Vec<&Handshake> = held.iter().map(|(one, _)| *one).collect();
        let longest = held.iter().map(|(_, ms)| *ms).max().unwrap_or_default();
        let affected =
            view.stuck(|request| handshakes.iter().any(|one| one.flow == request.track.flow));
        cases
            .about(Subject::Listener(local))
            .severity(Severity::Warning)
            .headline(text![
                phrase::count(handshakes.len(), "handshake", "handshakes"),
                " of ",
                phrase::name_peers(&clients(&handshakes)),
                " to ",
                local,
                if handshakes.len() == 1 { " is" } else { " are" },
                " held until the client sends data",
            ])
            .summary(text![local, " waits for data of the client (TCP_DEFER_ACCEPT)"])
            .arg("local", Value::Endpoint(local))
            .affects(affected)
            // Strong: a request without an ACK has its SYN-ACK sent again after 1 s, and only this
            // option stops that. A file can lack frames of one handshake, hardly the same of several.
            .supports(
                if handshakes.len() >= HELD_FEW { Weight::Strong } else { Weight::Weak },
                Fact::new(
                    Origin::Frames,
                    "held-ack",
                    text![
                        "the ACK came without data, and no SYN-ACK was sent again for up to ",
                        longest / 1_000,
                        " s, where 1 s is due",
                    ],
                )
                .with("held_count", Value::Number(handshakes.len() as u64))
                .with("held_max_ms", Value::Number(longest)),
            )
            .action(Action {
                id: "see-deferring-clients",
                label: ActionLabel::Investigate,
                text: text![
                    "does the protocol let the server speak first? then the listener must not defer"
                ],
                commands: vec![Command(format!("ss -ltnpe 'sport = :{}'", local.port))],
                verify: Text::new(),
            });
    }
}

#[cfg(test)]
mod tests {
    use synrecv_model::{Confidence, End, Finding, FrameKind, Outcome, Place};

    use crate::fixture::{Frames, HostFixture};

    /// Clients whose SYN-ACK is sent again after so long, having sent what after the first one.
    fn again(count: u16, ms: u64, first: FrameKind) -> Option<Finding> {
        let host = (0..count).fold(HostFixture::new(), |host, at| {
            host.client("10.1.0.10:80", &format!("198.51.100.7:{}", 4000 + at))
                .frames(Frames { outcome: Outcome::Completed, ..Frames::default() })
                .frame((End::Client, first), 20, |_| {})
                .frame((End::Server, FrameKind::SynAck), ms, |_| {})
                .frame((End::Client, FrameKind::Ack), ms + 20, |_| {})
        });
        host.file(Place::Server).finding("defer-accept")
    }

    #[test]
    fn a_first_repeat_that_comes_late_is_one_of_a_listener_that_defers() {
        let finding = again(2, 7_200, FrameKind::Ack).unwrap();
        assert_eq!(finding.confidence, Confidence::Likely);
        assert_eq!(again(1, 7_200, FrameKind::Ack).unwrap().confidence, Confidence::Possible);
    }

    #[test]
    fn repeats_that_are_due_are_none() {
        for ms in [1_020, 3_100] {
            assert!(again(2, ms, FrameKind::Ack).is_none(), "{ms}");
        }
    }

    #[test]
    fn data_is_not_held() {
        assert!(again(2, 7_200, FrameKind::Data).is_none());
    }
}
