//! The ACK is seen to come in, the request stays, and no cause on this host is known.

mod schedule;

use std::collections::BTreeMap;

use synrecv_model::view::RetryReading;
use synrecv_model::{
    Action, ActionLabel, CheckInfo, Class, Command, Endpoint, Manual, Outcome, Part, Place,
    Subject, Text, Value, Weight, text,
};

use crate::cases::{Case, Cases};
use crate::seen::{Seen, ack_fact, seen};
use crate::view::View;
use crate::{Check, phrase, share};

pub(super) static CHECK: Check = Check {
    info: CheckInfo {
        id: "ack-ignored-locally",
        class: Class::Local,
        summary: "the ACK arrives and the request stays in SYN_RECV",
        severity: "problem",
        needs: &[Part::Sockets, Part::Frames],
        also_reads: &[Part::Links, Part::Counters],
        ipv6: "the same",
        explains: &["ack-lost-outside"],
        disproved_by: &["the capture was not taken on the server: the ACK is lost behind it"],
        manual: Manual {
            meaning: "Frames show an ACK for each SYN-ACK, and the server sends the SYN-ACK again: it received the ACK at \
                      its network card and did not act on it. A full accept queue, a filter, a checksum, a timestamp or \
                      TCP_DEFER_ACCEPT does that; which of them is not known from what was given.",
            picture: &[
                "SYN      client --> server",
                "SYN-ACK  client <-- server",
                "ACK      client --> server   seen, and ignored",
            ],
            recognised: &[
                ("an ACK comes in for each SYN-ACK, and SYN-ACKs are sent again", "frames"),
                ("no finding on this host explains the connection", "all"),
            ],
            looks_like: &[
                ("ack-lost-outside", "no ACK is seen"),
                ("accept-queue-full", "ListenOverflows grows"),
                ("firewall-drops-ack", "a rule counts the ACKs"),
            ],
            by_hand: &[
                ("ss -ltnm", "accept queue beyond its limit; `d` grows"),
                ("nstat -az 'TcpExt*'", "run twice; what grows with each SYN-ACK"),
                ("nft -a list ruleset; iptables-save -c", "a rule that counts the ACKs"),
            ],
            fix: "Find the local cause: run this program on the server as root while it happens.",
            references: &["RFC 9293 section 3.10.7.4"],
        },
    },
    examine,
};

fn examine(view: &View<'_>, cases: &mut Cases) {
    let mut by_local: BTreeMap<Endpoint, Vec<usize>> = BTreeMap::new();
    let ignored = view.stuck(|request| {
        matches!(request.reading, RetryReading::NoRepeatSeen | RetryReading::AckHeld)
            && request.seen.as_deref().is_some_and(is_ignored)
    });
    for index in ignored {
        by_local.entry(view.requests()[index].local()).or_default().push(index);
    }
    for (local, requests) in by_local {
        report(view, cases, local, &requests);
    }
}

/// An ACK came and the SYN-ACK was sent again after it.
fn is_ignored(seen: &Seen<'_>) -> bool {
    seen.ack == Some(true) && seen.handshake.outcome == Outcome::AckIgnored
}

/// Fewer ACKs came in than half of the SYN-ACKs that left.
fn answered_seldom(view: &View<'_>, requests: &[usize]) -> bool {
    let (acks, synacks) = seen(view, requests).fold((0_u64, 0_u64), |(acks, synacks), seen| {
        let counts = &seen.handshake.counts;
        (acks + u64::from(counts.ack_count), synacks + u64::from(counts.synack_count))
    });
    acks * 2 < synacks
}

fn report(view: &View<'_>, cases: &mut Cases, local: Endpoint, requests: &[usize]) {
    let here = view.capture().map(|capture| capture.place(local.ip));
    let case = cases.about(Subject::Listener(local));
    let seldom = answered_seldom(view, requests);
    if seldom {
        case.severity(share::severity(view, requests).0);
    }
    case.headline(text![
        phrase::stuck(view, requests),
        ": the ACK arrives and the server does not act on it",
    ])
    .summary(text!["something on this host ignores or drops the client's ACK"])
    .arg("local", Value::Endpoint(local))
    .affects(requests.iter().copied());
    if let Some(fact) = ack_fact(view, requests) {
        // Strong, not decisive: what is seen at the network card can still be dropped before TCP,
        // and which of the causes it is remains open. A client that holds the connection for
        // established answers each SYN-ACK: one that answers few has gone.
        case.supports(if seldom { Weight::Weak } else { Weight::Strong }, fact);
    }
    case.supports(
        Weight::Weak,
        phrase::retries(view, requests, "the client does not repeat its SYN: it has the SYN-ACK"),
    );
    if let Some(seen) = view.requests()[requests[0]].seen.as_deref() {
        schedule::argue(case, seen.handshake);
    }
    if here == Some(Place::Client) {
        case.refutes(
            Weight::Strong,
            crate::cases::Fact::new(
                synrecv_model::Origin::Frames,
                "taken-at-the-client",
                text!["the capture was taken at the client: the ACK can be lost on the way"],
            ),
        );
    }
    advise(case, local);
}

fn advise(case: &mut Case, local: Endpoint) {
    case.action(Action {
        id: "queue-and-counters",
        label: ActionLabel::Investigate,
        text: text!["look at the accept queue, the listener's drops and the counters, twice"],
        commands: vec![
            Command(format!("ss -ltnm 'sport = :{}'", local.port)),
            Command("nstat -az 'TcpExt*'".to_owned()),
        ],
        verify: Text::new(),
    })
    .action(Action {
        id: "run-as-root",
        label: ActionLabel::Investigate,
        text: text!["run this program on the server as root while connections are stuck"],
        commands: vec![Command("synrecv-doctor --observe 30s".to_owned())],
        verify: Text::new(),
    });
}

#[cfg(test)]
mod tests {
    use synrecv_model::{Confidence, Outcome, Severity};

    use crate::fixture::{Frames, HostFixture};

    fn host() -> HostFixture {
        HostFixture::new()
            .device(2, "ps0")
            .address(2, "10.1.0.10/24")
            .listener("10.1.0.10:80", 0, 128)
            .stuck_request("10.1.0.10:80", "198.51.100.7:4000", (2, 2))
    }

    #[test]
    fn an_ack_that_comes_in_and_changes_nothing_is_likely() {
        let frames = Frames { acks: 3, outcome: Outcome::AckIgnored, ..Frames::default() };
        let judged = host().frames(frames).diagnose();
        assert_eq!(judged.leading(), Some("ack-ignored-locally"));
        let finding = judged.finding("ack-ignored-locally").unwrap();
        assert_eq!(finding.confidence, Confidence::Likely);
    }

    #[test]
    fn a_known_cause_explains_it() {
        let frames = Frames { acks: 3, outcome: Outcome::AckIgnored, ..Frames::default() };
        let judged =
            host().frames(frames).listener_drops(0).counter_moved("TcpInCsumErrors", 1).diagnose();
        assert_eq!(judged.leading(), Some("bad-checksum"));
    }

    #[test]
    fn a_client_that_answered_once_and_went_is_worth_a_note() {
        let frames = Frames { acks: 1, outcome: Outcome::AckIgnored, ..Frames::default() };
        let finding = host().frames(frames).diagnose().finding("ack-ignored-locally").unwrap();
        assert_eq!(finding.confidence, Confidence::Possible);
        assert_eq!(finding.severity, Severity::Info);
    }

    #[test]
    fn without_an_ack_it_is_no_case() {
        let judged = host().frames(Frames::default()).diagnose();
        assert!(judged.finding("ack-ignored-locally").is_none());
    }
}
