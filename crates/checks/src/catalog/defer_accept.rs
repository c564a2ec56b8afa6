//! TCP_DEFER_ACCEPT holds the ACK until data comes.

use std::collections::BTreeMap;

use synrecv_model::view::RetryReading;
use synrecv_model::{
    Action, ActionLabel, CheckInfo, Class, Command, Endpoint, Manual, Origin, Part, Severity,
    Subject, Text, Value, Weight, text,
};

use crate::cases::{Case, Cases, Fact};
use crate::view::View;
use crate::{Check, phrase};

pub(super) static CHECK: Check = Check {
    info: CheckInfo {
        id: "defer-accept",
        class: Class::Local,
        summary: "TCP_DEFER_ACCEPT holds the ACK until the client sends data",
        severity: "warning",
        needs: &[Part::Sockets],
        also_reads: &[Part::Counters],
        ipv6: "the same",
        explains: &["ack-lost-outside", "ack-ignored-locally"],
        disproved_by: &["the listener has no TCP_DEFER_ACCEPT (getsockopt)"],
        manual: Manual {
            meaning: "The application asked the kernel to hand over connections only when data has come \
                      (TCP_DEFER_ACCEPT; Apache calls it AcceptFilter, nginx `deferred`). The kernel drops the bare ACK, \
                      remembers it, and stops sending SYN-ACKs; the connection stays in SYN_RECV until the client \
                      speaks or the time is over. For protocols in which the server speaks first the client waits in \
                      vain.",
            picture: &["SYN --> SYN-ACK <-- ACK --> held; data --> accepted"],
            recognised: &[
                (
                    "the timer expired more often than SYN-ACKs were sent again",
                    "sockets (both sources)",
                ),
                (
                    "the listener has TCP_DEFER_ACCEPT (getsockopt)",
                    "a copy of the listener's descriptor: root or its own user",
                ),
                (
                    "TCPDeferAcceptDrop moves; on its own it means nothing: every handshake counts there",
                    "counters",
                ),
            ],
            looks_like: &[
                ("accept-queue-full", "SYN-ACKs are sent again, ListenOverflows moves"),
                ("ack-lost-outside", "both counters are equal"),
            ],
            by_hand: &[
                (
                    "ss -tno state syn-recv; netstat -tno | grep SYN_RECV",
                    "ss counts 0 retries, netstat 1 or more, for one connection",
                ),
                (
                    "grep -ri 'deferred\\|AcceptFilter' /etc/nginx /etc/apache2 /etc/httpd",
                    "where it is set",
                ),
            ],
            fix: "Nothing, when clients speak first and only idle ones wait. Else switch it off for this listener: \
                  `listen ... deferred` (nginx), `AcceptFilter http none` (Apache).",
            references: &["tcp(7): TCP_DEFER_ACCEPT"],
        },
    },
    examine,
};

fn examine(view: &View<'_>, cases: &mut Cases) {
    let mut groups: BTreeMap<Endpoint, Vec<usize>> = BTreeMap::new();
    for index in view.stuck(|request| request.reading == RetryReading::AckHeld) {
        groups.entry(view.requests()[index].local()).or_default().push(index);
    }
    for (local, requests) in groups {
        let case = cases.about(Subject::Listener(local));
        case.severity(Severity::Warning)
            .headline(text![
                phrase::waiting(view, &requests),
                " for data: the ACK is here, the kernel holds it back",
            ])
            .summary(text![local, " has TCP_DEFER_ACCEPT, and the client has sent nothing yet"])
            .arg("local", Value::Endpoint(local))
            .affects(requests.iter().copied())
            // Decisive: the timer expires without a SYN-ACK only when the ACK is held
            // (`syn_ack_recalc`); a request whose SYN-ACK cannot be sent dies at its first timer.
            .supports(
                Weight::Decisive,
                phrase::retries(
                    view,
                    &requests,
                    "the kernel has the ACK and sends no SYN-ACK again",
                ),
            );
        if let Some(deferred) = view.delta("TcpExtTCPDeferAcceptDrop").filter(|&moved| moved > 0) {
            case.supports(
                Weight::Weak,
                Fact::new(
                    Origin::Counters,
                    "deferred-acks",
                    text!["TCPDeferAcceptDrop +", deferred, " while watching"],
                )
                .with("tcp_defer_accept_drop_delta_count", Value::Number(deferred))
                .recheck("nstat -az TcpExtTCPDeferAcceptDrop"),
            );
        }
        argue_option(view, case, local);
        if let Some(queue) = phrase::queue(view, local) {
            case.supports(Weight::Weak, queue);
        }
        case.action(Action {
            id: "who-speaks-first",
            label: ActionLabel::Investigate,
            text: text![
                "find out who is to speak first: a client that waits for the server's greeting waits in vain",
            ],
            commands: vec![Command(format!("ss -ltnp 'sport = :{}'", local.port))],
            verify: Text::new(),
        })
        .action(Action {
            id: "switch-it-off",
            label: ActionLabel::Disruptive,
            text: text![
                "where the server speaks first, switch it off for this listener (nginx: `deferred`, Apache: AcceptFilter) and restart",
            ],
            commands: vec![],
            verify: text!["new connections leave SYN_RECV with the client's ACK"],
        });
    }
}

/// The option itself, where it could be read of every listener that takes these connections:
/// members of a SO_REUSEPORT group may differ, and a request does not name its member.
fn argue_option(view: &View<'_>, case: &mut Case, local: Endpoint) {
    let Some(own) = view.listener(local) else { return };
    let group = view.sockets().into_iter().flat_map(|sockets| &sockets.listeners);
    let read: Option<Vec<u32>> = group
        .filter(|listener| (listener.local, listener.family) == (own.local, own.family))
        .map(|listener| listener.options?.defer_accept_s)
        .collect();
    let Some(longest) = read.and_then(|read| read.into_iter().max()) else { return };
    let fact = |text| {
        Fact::new(Origin::Sockets, "listener-option", text)
            .with("defer_accept_s", Value::Number(longest.into()))
    };
    if longest > 0 {
        let text = text![own.local, " has TCP_DEFER_ACCEPT, ", longest, " s (getsockopt)"];
        case.supports(Weight::Decisive, fact(text));
    } else {
        case.refutes(
            Weight::Decisive,
            fact(text![own.local, " has no TCP_DEFER_ACCEPT (getsockopt)"]),
        );
    }
}

#[cfg(test)]
mod tests {
    use synrecv_model::{Confidence, ListenerOptions, Severity};

    use crate::fixture::HostFixture;

    fn host(counters: (u32, u32)) -> HostFixture {
        HostFixture::new()
            .device(2, "ps0")
            .address(2, "10.1.0.10/24")
            .listener("10.1.0.10:80", 0, 128)
            .stuck_request("10.1.0.10:80", "10.9.0.7:4000", counters)
    }

    #[test]
    fn a_timer_that_sends_nothing_is_confirmed() {
        let finding = host((0, 2)).diagnose().finding("defer-accept").unwrap();
        assert_eq!(finding.confidence, Confidence::Confirmed);
        assert_eq!(finding.severity, Severity::Warning);
    }

    fn deferring(seconds: u32) -> ListenerOptions {
        ListenerOptions { defer_accept_s: Some(seconds), ..ListenerOptions::default() }
    }

    #[test]
    fn the_option_itself_is_evidence() {
        let finding = host((0, 2)).options(deferring(31)).diagnose().finding("defer-accept");
        let finding = finding.unwrap();
        assert!(finding.evidence.iter().any(|piece| piece.name == "listener-option"));
        assert_eq!(finding.confidence, Confidence::Confirmed);
    }

    #[test]
    fn counters_that_contradict_the_option_leave_it_open() {
        let finding = host((0, 2)).options(deferring(0)).diagnose().finding("defer-accept");
        assert_eq!(finding.unwrap().confidence, Confidence::Possible);
    }

    #[test]
    fn a_member_whose_option_is_unknown_leaves_the_counters_alone() {
        let host = host((0, 2)).options(deferring(0)).listener("10.1.0.10:80", 0, 128);
        let finding = host.diagnose().finding("defer-accept").unwrap();
        assert_eq!(finding.confidence, Confidence::Confirmed);
        assert!(finding.evidence.iter().all(|piece| piece.name != "listener-option"));
    }

    #[test]
    fn equal_counters_are_not() {
        assert!(host((2, 2)).diagnose().finding("defer-accept").is_none());
    }

    #[test]
    fn the_counter_alone_is_every_handshake() {
        let judged = HostFixture::new()
            .device(2, "ps0")
            .address(2, "10.1.0.10/24")
            .listener("10.1.0.10:80", 0, 128)
            .counter_moved("TcpExtTCPDeferAcceptDrop", 500)
            .diagnose();
        assert!(judged.finding("defer-accept").is_none());
    }
}
