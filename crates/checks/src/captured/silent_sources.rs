//! Sources that send a SYN and nothing more, and what they leave of the SYN queue.

use std::collections::{BTreeMap, BTreeSet};

use ipnet::IpNet;
use synrecv_model::view::{RetryReading, place};
use synrecv_model::{
    Action, ActionLabel, Class, Command, Endpoint, Origin, Outcome, Subject, Text, Value, Weight,
    text,
};

use super::{Silent, service_count, unexplained};
use crate::cases::{Case, Cases, Fact};
use crate::catalog::syn_flood::{PLACES_LEAST, ROWS_LEAST};
use crate::phrase;
use crate::view::View;

/// Open handshakes that nobody answers, from which on they can fill a queue.
const HELD_LEAST: usize = 4;

/// Requests whose clients went silent, by local end.
fn held(view: &View<'_>) -> BTreeMap<Endpoint, Vec<usize>> {
    let mut by_local: BTreeMap<Endpoint, Vec<usize>> = BTreeMap::new();
    for index in view.stuck(|request| {
        request.reading == RetryReading::NoRepeatSeen
            && request
                .seen
                .as_ref()
                .is_some_and(|seen| seen.ack == Some(false) || seen.ack.is_none())
            && request.seen.as_ref().is_some_and(|seen| seen.handshake.counts.ack_count == 0)
    }) {
        by_local.entry(view.requests()[index].local()).or_default().push(index);
    }
    by_local
}

/// Many sources, a handshake each, and more of them than handshakes complete.
pub(super) fn syn_flood(view: &View<'_>, cases: &mut Cases) {
    let Some(capture) = view.capture() else { return };
    for (local, rows) in held(view) {
        let peers = phrase::peers(view, &rows);
        let places: BTreeSet<IpNet> = peers.iter().map(|&peer| place(peer)).collect();
        let one_each = peers.len() * 10 >= rows.len() * 9;
        let completed = service_count(capture, local, Outcome::Completed);
        if rows.len() < ROWS_LEAST
            || places.len() < PLACES_LEAST
            || !one_each
            || completed >= rows.len() as u64
        {
            continue;
        }
        let case = cases.about(Subject::Listener(local));
        case.headline(text![
            phrase::count(rows.len(), "handshake", "handshakes"),
            " to ",
            local,
            " from ",
            peers.len(),
            " sources are open and none is answered",
        ])
        .summary(text!["SYNs come from ", places.len(), " networks and nobody there sends an ACK"])
        .arg("local", Value::Endpoint(local))
        .arg("source_count", Value::Number(peers.len() as u64))
        .arg("network_count", Value::Number(places.len() as u64))
        .affects(rows.iter().copied())
        // Weak: a fault on the way back from many networks looks the same, and how full the queue is
        // does not show.
        .supports(
            Weight::Weak,
            Fact::new(
                Origin::Frames,
                "one-handshake-a-source",
                text![
                    rows.len(),
                    " SYN-ACKs to ",
                    peers.len(),
                    " addresses in ",
                    places.len(),
                    " networks were not answered; ",
                    completed,
                    " handshakes completed",
                ],
            )
            .with("source_count", Value::Number(peers.len() as u64))
            .with("completed_count", Value::Number(completed)),
        );
        look_at_queue(case, local);
    }
}

/// Handshakes that nobody answers are open, and SYNs of others get no SYN-ACK.
pub(super) fn syn_queue_full(view: &View<'_>, cases: &mut Cases) {
    let all = unexplained(view);
    for (local, rows) in held(view) {
        let Some(silent) = all.iter().find(|silent| silent.local == local) else { continue };
        let holders = phrase::peers(view, &rows);
        let others = silent.clients().iter().any(|client| !holders.contains(client));
        if rows.len() >= HELD_LEAST && others {
            full(cases, silent, &rows, &holders);
        }
    }
}

fn full(cases: &mut Cases, silent: &Silent<'_>, rows: &[usize], holders: &[std::net::IpAddr]) {
    let local = silent.local;
    let case = cases.about(Subject::Listener(local));
    case.class(Class::Flood)
        .headline(text![
            phrase::count(rows.len(), "handshake", "handshakes"),
            " to ",
            local,
            " wait for an ACK, and SYNs of others get no SYN-ACK",
        ])
        .summary(text!["the SYN queue of ", local, " has no room"])
        .arg("local", Value::Endpoint(local))
        .affects(rows.iter().copied())
        .supports(
            Weight::Weak,
            Fact::new(
                Origin::Frames,
                "queue-held",
                text![
                    phrase::name_peers(holders),
                    if holders.len() == 1 { " does" } else { " do" },
                    " not answer the SYN-ACK: each such handshake takes a place in the queue",
                ],
            )
            .with("held_count", Value::Number(rows.len() as u64)),
        )
        .supports(Weight::Weak, silent.fact(Text::new()));
    look_at_queue(case, local);
}

fn look_at_queue(case: &mut Case, local: Endpoint) {
    case.action(Action {
        id: "look-at-queue",
        label: ActionLabel::Investigate,
        text: text![
            "on the host: how many requests wait, and are SYNs dropped or answered by cookies"
        ],
        commands: vec![
            Command(format!("ss -Htn state syn-recv 'sport = :{}' | wc -l", local.port)),
            Command(
                "nstat -az 'TcpExtTCPReqQFull*' 'TcpExtSyncookies*' TcpExtListenDrops".to_owned(),
            ),
            Command("sysctl net.ipv4.tcp_syncookies net.ipv4.tcp_max_syn_backlog".to_owned()),
        ],
        verify: Text::new(),
    });
}

#[cfg(test)]
mod tests {
    use synrecv_model::{Confidence, Outcome, Place};

    use super::{HELD_LEAST, PLACES_LEAST, ROWS_LEAST};
    use crate::fixture::{Frames, HostFixture, Judged};

    const LOCAL: &str = "10.1.0.10:80";

    /// Requests of so many sources, each in a network of its own, that nobody answers.
    fn held(count: usize, acks: u32) -> HostFixture {
        (0..count).fold(HostFixture::new(), |host, at| {
            host.stuck_request(LOCAL, &format!("198.{}.{}.7:4000", 18 + at / 200, at % 200), (3, 3))
                .frames(Frames { acks, ..Frames::default() })
        })
    }

    fn completed(host: HostFixture, count: usize) -> HostFixture {
        (0..count).fold(host, |host, at| {
            let frames = Frames { outcome: Outcome::Completed, ..Frames::default() };
            host.client(LOCAL, &format!("203.0.113.9:{}", 4000 + at)).frames(frames)
        })
    }

    #[test]
    fn many_sources_with_a_handshake_each_are_a_flood() {
        let count = ROWS_LEAST.max(PLACES_LEAST);
        let finding = held(count, 0).file(Place::Server).finding("syn-flood").unwrap();
        assert_eq!(finding.confidence, Confidence::Possible);
        assert!(held(ROWS_LEAST - 1, 0).file(Place::Server).finding("syn-flood").is_none());
    }

    #[test]
    fn where_as_many_complete_it_is_none() {
        let count = ROWS_LEAST.max(PLACES_LEAST);
        let judged = completed(held(count, 0), count).file(Place::Server);
        assert!(judged.finding("syn-flood").is_none());
    }

    fn beside(holders: usize) -> Judged {
        held(holders, 0)
            .client(LOCAL, "203.0.113.9:4000")
            .frames(Frames { outcome: Outcome::Unanswered, synack: None, ..Frames::default() })
            .file(Place::Server)
    }

    #[test]
    fn open_handshakes_beside_syns_of_others_fill_a_queue() {
        let finding = beside(HELD_LEAST).finding("syn-queue-full").unwrap();
        assert_eq!(finding.confidence, Confidence::Possible);
        assert!(beside(HELD_LEAST - 1).finding("syn-queue-full").is_none());
    }

    #[test]
    fn a_client_that_holds_requests_is_not_kept_out_by_itself() {
        let judged = held(HELD_LEAST, 0)
            .client(LOCAL, "198.18.0.7:5000")
            .frames(Frames { outcome: Outcome::Unanswered, synack: None, ..Frames::default() })
            .file(Place::Server);
        assert!(judged.finding("syn-queue-full").is_none());
    }
}
