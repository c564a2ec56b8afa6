//! The ACK's numbers are not acceptable: outside the window, or acknowledging what was never sent.

use synrecv_model::view::books::Rhythm;
use synrecv_model::{
    CheckInfo, Class, Manual, Origin, Part, Severity, Subject, Value, Weight, text,
};

use crate::cases::{Cases, Fact};
use crate::rejected::{self, Rejection};
use crate::view::View;
use crate::waiting::{Counter, Drop, rejecting};
use crate::{Check, phrase, share};

pub(super) static CHECK: Check = Check {
    info: CheckInfo {
        id: "sequence-rejected",
        class: Class::Local,
        summary: "ACKs arrive whose numbers do not belong to the handshake",
        severity: "problem",
        needs: &[Part::Sockets, Part::Counters],
        also_reads: &[Part::Settings],
        ipv6: "the same",
        explains: &["ack-lost-outside", "ack-ignored-locally"],
        disproved_by: &["the ACK in a capture acknowledges the SYN-ACK's sequence number plus one"],
        manual: Manual {
            meaning: "The ACK acknowledges a number that this host never sent, or its own number lies outside the window. \
                      With a wrong acknowledgement this host answers RST and keeps the request; with a number outside \
                      the window it sends a challenge ACK. A middlebox that answers SYNs itself, or rewrites sequence \
                      numbers in one direction only, does that.",
            picture: &["ACK ack=X, expected Y --> RST to the client, the request stays"],
            recognised: &[
                (
                    "OutRsts moves while SYN-ACKs are sent again and the listener drops nothing: wrong ack",
                    "counters, sockets",
                ),
                (
                    "TCPACKSkippedSynRecv moves and the listener drops: outside the window",
                    "counters, sockets",
                ),
            ],
            looks_like: &[
                ("timestamp-rejected", "PAWSEstab or TSEcrRejected moves"),
                ("listener-gone", "the listener was closed; RSTs answer the late ACKs"),
            ],
            by_hand: &[
                ("nstat -az TcpOutRsts TcpExtTCPACKSkippedSynRecv", "run twice; it grows"),
                ("tcpdump -Svni DEV 'tcp port PORT'", "absolute numbers of SYN-ACK and ACK"),
            ],
            fix: "Find the box that rewrites sequence numbers (SYN proxy, NAT helper, load balancer) and have both \
                  directions pass it, or none.",
            references: &["RFC 9293 section 3.10.7.4"],
        },
    },
    examine,
};

/// Another host answers the SYN-ACKs with a wrong acknowledgement number.
const WRONG_ACK: Rejection = Rejection {
    counters: &["TcpOutRsts"],
    counter: Counter::Common,
    drop: Drop::NotCounted,
    effect: "the ACK arrives and acknowledges what was never sent",
    cause: "something rewrites sequence numbers in one direction, or answers for the client",
    look: "compare the SYN-ACK's number with what the ACK acknowledges",
};

/// The ACK's own number lies outside the window.
const OUT_OF_WINDOW: Rejection = Rejection {
    counters: &["TcpExtTCPACKSkippedSynRecv"],
    counter: Counter::Limited,
    drop: Drop::Counted,
    effect: "the ACK arrives and its number lies outside the window",
    cause: "something rewrites sequence numbers in one direction, or answers for the client",
    look: "compare the SYN's number with the ACK's",
};

fn examine(view: &View<'_>, cases: &mut Cases) {
    rejected::examine(view, cases, &WRONG_ACK);
    // Rejected timestamps and repeated SYNs count there as well.
    let timestamps = ["TcpExtPAWSEstab", "TcpExtTSEcrRejected"]
        .iter()
        .any(|name| view.delta(name).is_some_and(|moved| moved > 0));
    if !timestamps {
        rejected::examine(view, cases, &OUT_OF_WINDOW);
        uncounted(view, cases);
    }
}

/// An ACK outside the window moves no counter unless it comes twice within half a second: what
/// remains is that the listener drops one packet for each ACK that is due.
fn uncounted(view: &View<'_>, cases: &mut Cases) {
    let counted = COUNTED.iter().any(|name| view.delta(name).is_some_and(|moved| moved > 0));
    if counted {
        return;
    }
    let silent = rejecting(view).into_iter().filter(|listener| {
        listener.retries > 0
            && listener.listener.optmem_bytes == Some(0)
            && listener.drops_rhythm != Rhythm::Misses
            && listener.sure_drops.is_some_and(|drops| drops >= listener.retries)
    });
    for listener in silent {
        let local = listener.listener.local;
        let severity = match listener.worth(listener.sure_drops.unwrap_or(0).into()) {
            Weight::Weak => share::severity(view, &listener.requests).0,
            _ => Severity::Problem,
        };
        cases
            .about(Subject::Listener(local))
            .headline(text![
                phrase::stuck(view, &listener.requests),
                ": the ACK arrives, and no counter says why it is dropped",
            ])
            .summary(text![
                "the ACKs lie outside the window, or a program on the cgroup drops them",
            ])
            .severity(severity)
            .arg("local", Value::Endpoint(local))
            .affects(listener.requests.iter().copied())
            .supports(
                Weight::Weak,
                Fact::new(
                    Origin::Queue,
                    "drops-without-a-counter",
                    text![
                        ":",
                        local.port,
                        " dropped ",
                        phrase::count(listener.drops.unwrap_or(0) as usize, "packet", "packets"),
                        " while ",
                        phrase::count(listener.retries as usize, "SYN-ACK was", "SYN-ACKs were",),
                        " sent again, and no counter of another cause moved",
                    ],
                )
                .with("drops_delta_count", phrase::number(listener.drops))
                .recheck(format!("ss -ltnm 'sport = :{}'", local.port)),
            );
    }
}

/// Counters of the other reasons for which a listener drops a packet.
const COUNTED: [&str; 6] = [
    "TcpExtListenOverflows",
    "TcpExtListenDrops",
    "TcpExtTCPACKSkippedSynRecv",
    "TcpExtTCPMD5NotFound",
    "TcpExtTCPMD5Failure",
    "TcpExtTCPMD5Unexpected",
];

#[cfg(test)]
mod tests {
    use crate::fixture::HostFixture;

    fn host() -> HostFixture {
        HostFixture::new()
            .device(2, "ps0")
            .address(2, "10.1.0.10/24")
            .listener("10.1.0.10:80", 0, 128)
            .stuck_request("10.1.0.10:80", "10.9.0.7:4000", (2, 2))
    }

    #[test]
    fn resets_sent_beside_a_still_listener_mean_a_wrong_ack() {
        let judged = host().listener_drops(0).counter_moved("TcpOutRsts", 1).diagnose();
        assert_eq!(judged.leading(), Some("sequence-rejected"));
    }

    #[test]
    fn skipped_challenges_without_timestamps_mean_out_of_window() {
        let judged =
            host().listener_drops(1).counter_moved("TcpExtTCPACKSkippedSynRecv", 1).diagnose();
        assert_eq!(judged.leading(), Some("sequence-rejected"));
    }

    #[test]
    fn resets_beyond_the_retries_are_business_as_usual() {
        let judged = host().listener_drops(0).counter_moved("TcpOutRsts", 40).diagnose();
        assert!(judged.finding("sequence-rejected").is_none());
    }

    #[test]
    fn resets_without_a_waiting_request_are_business_as_usual() {
        let judged = HostFixture::new()
            .device(2, "ps0")
            .address(2, "10.1.0.10/24")
            .listener("10.1.0.10:80", 0, 128)
            .counter_moved("TcpOutRsts", 30)
            .diagnose();
        assert!(judged.finding("sequence-rejected").is_none());
    }
}
