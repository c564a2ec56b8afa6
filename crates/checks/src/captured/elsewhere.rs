//! Handshakes that stay open, in a file that was not taken at their server, as far as it shows: ACKs
//! that pass, and SYN-ACKs that pass and do not end the client's tries. Nothing of it is sure: what is
//! behind the place of capture is not in the file.

use std::collections::{BTreeMap, BTreeSet};

use synrecv_model::view::RetryReading;
use synrecv_model::{
    Action, ActionLabel, Capture, Command, Endpoint, Flow, Handshake, Origin, Outcome, Place,
    SourceKind, Subject, Text, Value, Weight, text,
};

use crate::cases::{Case, Cases, Fact};
use crate::view::View;
use crate::{phrase, share};

/// Flows whose client is seen to acknowledge the SYN-ACK that is sent again, at a place that is not
/// known to be the server.
pub(crate) fn acknowledged(view: &View<'_>) -> BTreeSet<Flow> {
    open(view, |one| one.outcome == Outcome::AckIgnored).keys().copied().collect()
}

/// Handshakes of a file that were not captured at their server, by flow: the last one of each.
fn open<'a>(view: &View<'a>, wanted: impl Fn(&Handshake) -> bool) -> BTreeMap<Flow, &'a Handshake> {
    let Some(capture) = view.capture().filter(|_| view.source() == SourceKind::Capture) else {
        return BTreeMap::new();
    };
    let away = |one: &&Handshake| capture.place(one.flow.local.ip) != Place::Server;
    let last: BTreeMap<Flow, &Handshake> =
        capture.handshakes.iter().filter(away).map(|one| (one.flow, one)).collect();
    last.into_iter().filter(|(_, one)| wanted(one)).collect()
}

/// Stuck requests of such flows, by the server's end.
fn by_local(
    view: &View<'_>,
    flows: &BTreeMap<Flow, &Handshake>,
    reading: impl Fn(RetryReading) -> bool,
) -> BTreeMap<Endpoint, Vec<usize>> {
    let mut found: BTreeMap<Endpoint, Vec<usize>> = BTreeMap::new();
    let of_these =
        view.stuck(|request| flows.contains_key(&request.track.flow) && reading(request.reading));
    for index in of_these {
        found.entry(view.requests()[index].local()).or_default().push(index);
    }
    found
}

/// ACKs pass, and the SYN-ACK comes again: lost behind this place, or not taken.
pub(super) fn ack_ignored_locally(view: &View<'_>, cases: &mut Cases) {
    let Some(capture) = view.capture() else { return };
    let flows = open(view, |one| one.outcome == Outcome::AckIgnored);
    for (local, requests) in by_local(view, &flows, |_| true) {
        let sum = |of: fn(&Handshake) -> u32| -> usize {
            let all =
                requests.iter().filter_map(|&index| flows.get(&view.requests()[index].track.flow));
            all.map(|one| of(one) as usize).sum()
        };
        let (acks, synacks) = (sum(|one| one.counts.ack_count), sum(|one| one.counts.synack_count));
        let case = cases.about(Subject::Listener(local));
        // A client that holds the connection for established answers each SYN-ACK: one that answers
        // few has gone.
        if acks * 2 < synacks {
            case.severity(share::severity(view, &requests).0);
        }
        case.headline(text![
            phrase::stuck(view, &requests),
            ": ACKs are sent and the server goes on as if none had come",
        ])
        .summary(text![
            "the server ignores or drops the ACK, or it is lost between ",
            place(capture, local),
            " and the server",
        ])
        .arg("local", Value::Endpoint(local))
        .affects(requests.iter().copied())
        // Weak: the ACK is on its way, and whether it arrives is not in the file.
        .supports(
            Weight::Weak,
            Fact::new(
                Origin::Frames,
                "acks-pass",
                text![
                    phrase::count(acks, "ACK", "ACKs"),
                    " of ",
                    phrase::name_peers(&phrase::peers(view, &requests)),
                    if acks == 1 { " answers " } else { " answer " },
                    phrase::count(synacks, "SYN-ACK", "SYN-ACKs"),
                    " at ",
                    place(capture, local),
                ],
            )
            .with("ack_count", Value::Number(acks as u64))
            .with("synack_count", Value::Number(synacks as u64)),
        );
        capture_there(case, local);
    }
}

/// SYN-ACKs pass, and the client tries again.
pub(super) fn synack_lost_outside(view: &View<'_>, cases: &mut Cases) {
    let Some(capture) = view.capture() else { return };
    let flows = open(view, |one| {
        one.outcome == Outcome::AckMissing
            && one.counts.synack_count > 0
            && one.counts.syn_count > 1
    });
    for (local, requests) in by_local(view, &flows, |it| it == RetryReading::ClientRepeatsSyn) {
        let (severity, numbers) = share::severity(view, &requests);
        let at_client = capture.place(local.ip) == Place::Client;
        let case = cases.about(Subject::Listener(local));
        case.severity(severity)
            .headline(text![
                phrase::stuck(view, &requests),
                ": the SYN-ACK is sent and the client repeats its SYN",
            ])
            .summary(if at_client {
                text!["the SYN-ACK comes to the client's device, and the client does not take it"]
            } else {
                text!["the SYN-ACK is lost between ", place(capture, local), " and the client"]
            })
            .arg("local", Value::Endpoint(local))
            .affects(requests.iter().copied())
            // Weak: it can be a SYN-ACK that nobody there asked for, or one that came astray.
            .supports(
                Weight::Weak,
                phrase::retries(view, &requests, "the client repeats its SYN: it has no SYN-ACK"),
            )
            .supports(Weight::Weak, Fact::new(share::origin(view), "share", numbers));
        capture_there(case, local);
    }
}

/// `the place of capture`, as far as it is known.
fn place(capture: &Capture, local: Endpoint) -> Text {
    match capture.place(local.ip) {
        Place::Client => text!["the client"],
        Place::Server => text!["the server"],
        Place::Middle | Place::Unknown => text!["the place of capture"],
    }
}

fn capture_there(case: &mut Case, local: Endpoint) {
    case.action(Action {
        id: "capture-at-server",
        label: ActionLabel::Investigate,
        text: text!["capture on the server while it happens: what arrives and what leaves there"],
        commands: vec![Command(format!(
            "tcpdump -eni any -w server.pcap 'tcp port {} or arp or icmp or icmp6'",
            local.port
        ))],
        verify: Text::new(),
    })
    .action(Action {
        id: "run-there",
        label: ActionLabel::Investigate,
        text: text!["or run this program on the server as root while it happens"],
        commands: vec![Command("synrecv-doctor --observe 30s".to_owned())],
        verify: Text::new(),
    });
}

#[cfg(test)]
mod tests {
    use synrecv_model::{Confidence, Outcome, Place};

    use crate::fixture::{Frames, HostFixture, Judged};

    fn ignored(place: Place) -> Judged {
        HostFixture::new()
            .stuck_request("10.1.0.10:80", "198.51.100.7:4000", (3, 3))
            .frames(Frames { acks: 4, outcome: Outcome::AckIgnored, ..Frames::default() })
            .file(place)
    }

    #[test]
    fn acks_that_pass_are_not_said_to_be_missing() {
        for place in [Place::Client, Place::Middle, Place::Unknown] {
            let judged = ignored(place);
            assert!(judged.finding("ack-lost-outside").is_none(), "{place:?}");
            let finding = judged.finding("ack-ignored-locally").unwrap();
            assert_eq!(finding.confidence, Confidence::Possible, "{place:?}");
        }
    }

    #[test]
    fn at_the_server_they_have_arrived() {
        let finding = ignored(Place::Server).finding("ack-ignored-locally").unwrap();
        assert_eq!(finding.confidence, Confidence::Likely);
    }

    #[test]
    fn synacks_that_pass_and_do_not_help_are_lost_behind() {
        let passing = |place| {
            HostFixture::new()
                .stuck_request("10.1.0.10:80", "198.51.100.7:4000", (4, 1))
                .frames(Frames::default())
                .file(place)
        };
        for place in [Place::Client, Place::Middle] {
            let finding = passing(place).finding("synack-lost-outside").unwrap();
            assert_eq!(finding.confidence, Confidence::Possible, "{place:?}");
        }
    }

    #[test]
    fn a_file_of_the_server_does_not_prove_that_nothing_behind_the_tap_drops() {
        let judged = HostFixture::new()
            .stuck_request("10.1.0.10:80", "198.51.100.7:4000", (4, 1))
            .frames(Frames::default())
            .file(Place::Server);
        let finding = judged.finding("synack-lost-outside").unwrap();
        assert_eq!(finding.confidence, Confidence::Likely);
    }
}
