//! What a capture file comes to where no finding leads.

use std::collections::BTreeSet;
use std::net::IpAddr;

use synrecv_model::{Capture, Handshake, Outcome, Place, SourceKind, Status, Text, text};

use super::tried;
use crate::phrase;
use crate::view::View;

/// What became of handshakes that are not stuck at the end, in the words of a sentence.
const NOT_STUCK: &[(Outcome, &str)] = &[
    (Outcome::Completed, "completed"),
    (Outcome::Refused, "refused"),
    (Outcome::AckMissing, "given up without an ACK"),
    (Outcome::AckIgnored, "whose ACK or data the server left unanswered"),
    (Outcome::Unanswered, "without a SYN-ACK"),
    (Outcome::ReplyUnseen, "answered by a way that was not captured"),
    (Outcome::TooEarly, "too young to say"),
];

/// Status and sentence of a capture file without a leading finding; `stuck` are its connections that
/// nothing explains. `None` for other sources.
pub(crate) fn verdict(view: &View<'_>, stuck: &[usize]) -> Option<(Status, Text)> {
    let capture = view.capture().filter(|_| view.source() == SourceKind::Capture)?;
    if !stuck.is_empty() {
        let text = text![phrase::stuck(view, stuck), ", and why is not to be seen in this file"];
        return Some((Status::Unexplained, text));
    }
    let serves = served(capture);
    // A host that serves others is not judged by what it itself connects to.
    let own = |one: &Handshake| {
        serves.contains(&one.flow.peer.ip)
            || (!serves.is_empty() && capture.place(one.flow.local.ip) == Place::Client)
    };
    let in_vain = tried(capture, |one| !own(one));
    if !in_vain.is_empty() {
        let handshakes: Vec<_> = in_vain.iter().flat_map(|silent| &silent.handshakes).collect();
        let places: BTreeSet<Place> =
            handshakes.iter().map(|one| capture.place(one.flow.local.ip)).collect();
        let text = text![
            phrase::count(handshakes.len(), "connection", "connections"),
            " to ",
            phrase::name_ends(in_vain.iter().map(|silent| silent.local).collect()),
            if handshakes.len() == 1 { " gets" } else { " get" },
            " no SYN-ACK, and ",
            why_not(&places),
        ];
        return Some((Status::Unexplained, text));
    }
    Some(nothing_fails(capture))
}

/// Addresses of the host that took the capture at which handshakes complete.
fn served(capture: &Capture) -> BTreeSet<IpAddr> {
    let done = capture.services.iter().filter(|service| service.completed_count > 0);
    let locals = done.map(|service| service.local.ip);
    locals.filter(|&local| capture.place(local) == Place::Server).collect()
}

/// Why the file cannot tell more.
fn why_not(places: &BTreeSet<Place>) -> Text {
    let mut places = places.iter();
    match (places.next(), places.next()) {
        (Some(Place::Client), None) => {
            text!["this file was taken at the client: what the server does is not in it"]
        }
        (Some(Place::Middle), None) => text![
            "this file was taken between client and server: what the server does is not in it",
        ],
        _ => text!["this file does not show that it was taken at the server"],
    }
}

/// No handshake fails, as far as the file goes.
fn nothing_fails(capture: &Capture) -> (Status, Text) {
    let of = |(outcome, words): &(Outcome, &'static str)| {
        let count = capture.count(*outcome);
        (count > 0).then(|| text![count, " ", *words])
    };
    let counts: Vec<Text> = NOT_STUCK.iter().filter_map(of).collect();
    let tenths = capture.ended.plus_ms(50).ms_since(capture.started) / 100;
    let span = text![tenths / 10, ".", tenths % 10, " s"];
    if counts.is_empty() {
        return (
            Status::Idle,
            text!["nothing to judge: this file of ", span, " holds no handshake"],
        );
    }
    let judged = capture.count(Outcome::Completed) + capture.count(Outcome::Refused);
    let status = if judged > 0 { Status::Ok } else { Status::Idle };
    (status, text!["no connection is stuck in this file of ", span, ": ", Text::join(counts, ", ")])
}

#[cfg(test)]
mod tests {
    use synrecv_model::{Outcome, Place};

    use crate::fixture::{Frames, HostFixture, Judged};

    fn client(host: HostFixture, port: u16, outcome: Outcome) -> HostFixture {
        let synack = (outcome != Outcome::Unanswered).then_some((2, "02:00:00:00:00:01"));
        host.client("10.1.0.10:80", &format!("198.51.100.7:{port}")).frames(Frames {
            synack,
            outcome,
            ..Frames::default()
        })
    }

    fn unanswered(place: Place) -> Judged {
        client(HostFixture::new(), 4000, Outcome::Unanswered).file(place)
    }

    #[test]
    fn syns_that_nobody_answers_are_told_with_the_place_of_capture() {
        let judged = unanswered(Place::Client);
        assert_eq!((judged.status(), judged.leading()), ("unexplained", None));
        assert_eq!(
            judged.summary(),
            "1 connection to 10.1.0.10:80 gets no SYN-ACK, and this file was taken at the client: \
             what the server does is not in it",
        );
        assert!(unanswered(Place::Middle).summary().contains("between client and server"));
    }

    #[test]
    fn at_the_server_it_is_a_finding() {
        assert_eq!(unanswered(Place::Server).leading(), Some("syn-unanswered"));
    }

    #[test]
    fn handshakes_that_complete_are_counted() {
        let host = client(HostFixture::new(), 4000, Outcome::Completed);
        let judged = client(host, 4001, Outcome::TooEarly).file(Place::Server);
        assert_eq!(judged.status(), "ok");
        assert_eq!(
            judged.summary(),
            "no connection is stuck in this file of 5.0 s: 1 completed, 1 too young to say",
        );
    }

    #[test]
    fn what_a_server_itself_connects_to_in_vain_is_beside_the_point() {
        let host = client(HostFixture::new(), 4000, Outcome::Completed)
            .client("203.0.113.9:5432", "10.1.0.10:40000")
            .frames(Frames { outcome: Outcome::Unanswered, synack: None, ..Frames::default() })
            .outgoing();
        assert_eq!(host.file(Place::Server).status(), "ok");
    }
}
