//! The accept queue of a listener is full: the application does not accept fast enough.

use synrecv_model::{
    Action, ActionLabel, CheckInfo, Class, Command, Listener, ListenerTrack, Manual, Origin,
    Owners, Part, Severity, Subject, Text, Value, Weight, text,
};

use crate::cases::{Case, Cases, Fact};
use crate::view::View;
use crate::{Check, phrase};

pub(super) static CHECK: Check = Check {
    info: CheckInfo {
        id: "accept-queue-full",
        class: Class::Local,
        summary: "the accept queue is full: the application does not accept",
        severity: "problem",
        needs: &[Part::Sockets],
        also_reads: &[Part::Counters, Part::Settings],
        ipv6: "the same; rows of IPv4 clients of a [::] listener are in the IPv6 table",
        explains: &["syn-queue-full", "ack-lost-outside", "ack-ignored-locally"],
        disproved_by: &[
            "ListenOverflows stands still while SYN-ACKs are sent again",
            "the queue of this listener is empty in every sample",
        ],
        manual: Manual {
            meaning: "Completed connections wait in the accept queue until the application takes them. When it is full \
                      the kernel drops the ACK that would complete a handshake: the client holds the connection for \
                      established, the server keeps it in SYN_RECV and sends the SYN-ACK again. New SYNs are dropped \
                      without a trace in the socket table, so the number of SYN_RECV is a poor measure.",
            picture: &["SYN --> SYN-ACK <-- ACK --> dropped: the queue is full"],
            recognised: &[
                (
                    "ListenOverflows moves: nothing but a full accept queue counts there",
                    "counters, two samples",
                ),
                ("the queue of one listener is at its limit", "sockets (sock_diag)"),
                ("both retry counters of the stuck rows are equal", "sockets"),
            ],
            looks_like: &[
                ("ack-lost-outside", "ListenOverflows stands still, the queue is empty"),
                ("defer-accept", "timer expiries exceed the SYN-ACKs sent again"),
                ("syn-queue-full", "ListenDrops moves without ListenOverflows"),
            ],
            by_hand: &[
                ("ss -ltn 'sport = :PORT'", "Recv-Q at or above Send-Q"),
                (
                    "nstat -az TcpExtListenOverflows TcpExtListenDrops",
                    "run twice; both grow together",
                ),
            ],
            fix: "Find out why the application does not call accept: stopped, blocked, out of descriptors, too few \
                  workers. A longer queue (listen backlog, capped by net.core.somaxconn) only helps with bursts.",
            references: &["listen(2)", "Documentation/networking/ip-sysctl.rst: somaxconn"],
        },
    },
    examine,
};

/// Overflows from which it is more than a burst that did not quite fit.
const OVERFLOWS_MANY: u64 = 10;

fn examine(view: &View<'_>, cases: &mut Cases) {
    let overflows = view.delta("TcpExtListenOverflows");
    let at_limit: Vec<u64> = view
        .listener_tracks()
        .iter()
        .filter(|track| reached_limit(view, track, overflows))
        .map(|track| track.inode)
        .collect();
    for listener in view.sockets().into_iter().flat_map(|sockets| &sockets.listeners) {
        let Some(track) = view.listener_tracks().iter().find(|track| track.inode == listener.inode)
        else {
            continue;
        };
        // Members of a SO_REUSEPORT group share the address: which one a request belongs to is not
        // shown, so it is held against those whose queue is full.
        let waiting = || {
            view.stuck(|request| {
                request.may_lose_ack()
                    && view.listener(request.local()).is_some_and(|own| own.local == listener.local)
            })
        };
        if reached_limit(view, track, overflows) {
            full(view, cases, listener, track, overflows, at_limit.len() == 1, &waiting());
        } else if overflows == Some(0) && phrase::retries_watched(view, &waiting()) > 0 {
            clear(cases, listener);
        }
    }
}

/// The kernel refuses when the queue is longer than its limit; a sample that falls between an
/// accept and the next ACK shows exactly the limit (measured: 17 % of samples). Without sock_diag
/// the limit is not known: then the longest queue while ListenOverflows moves has to do.
fn reached_limit(view: &View<'_>, track: &ListenerTrack, overflows: Option<u64>) -> bool {
    let peak = track.accept_queue_peak_count;
    match track.accept_queue_max_count {
        Some(max) => peak >= max.max(1),
        None => {
            let longest = view.listener_tracks().iter().map(|other| other.accept_queue_peak_count);
            peak > 0 && overflows.is_some_and(|moved| moved > 0) && longest.max() == Some(peak)
        }
    }
}

fn full(
    view: &View<'_>,
    cases: &mut Cases,
    listener: &Listener,
    track: &ListenerTrack,
    overflows: Option<u64>,
    only_one: bool,
    waiting: &[usize],
) {
    let moved = overflows.unwrap_or(0);
    let beyond =
        track.accept_queue_max_count.is_some_and(|max| track.accept_queue_peak_count > max);
    let dropped = track.drops_delta.unwrap_or(0) > 0;
    if moved == 0 && (!beyond || waiting.is_empty()) {
        return; // At the limit, nothing refused: a burst that fitted.
    }
    let max = track.accept_queue_max_count;
    let case = cases.about(Subject::Listener(listener.local));
    // Still full at the end of the observation: it goes on.
    let lasting = track.accept_queue_least_count >= max.unwrap_or(1)
        || !waiting.is_empty()
        || moved >= OVERFLOWS_MANY;
    case.severity(if lasting { Severity::Problem } else { Severity::Warning })
        .headline(if waiting.is_empty() {
            text!["handshakes to ", listener.local, " are refused: its accept queue is full"]
        } else {
            text![phrase::stuck(view, waiting), ": the ACK arrives and the queue has no room"]
        })
        .summary(text![
            "the accept queue of ",
            listener.local,
            " is full (",
            of_max(track.accept_queue_peak_count, max),
            "): ",
            owner_text(&listener.owners),
            " does not accept fast enough",
        ])
        .arg("local", Value::Endpoint(listener.local))
        .arg("accept_queue_count", Value::Number(track.accept_queue_peak_count.into()))
        .arg("accept_queue_max_count", phrase::number(max))
        .affects(waiting.iter().copied());
    let queue = Fact::new(
        Origin::Queue,
        "queue-at-limit",
        text![
            "accept queue of ",
            listener.local,
            ": ",
            track.accept_queue_least_count,
            " to ",
            of_max(track.accept_queue_peak_count, max),
            " in ",
            view.observation().sample_count,
            " samples",
        ],
    )
    .with("accept_queue_least_count", Value::Number(track.accept_queue_least_count.into()))
    .with("accept_queue_peak_count", Value::Number(track.accept_queue_peak_count.into()))
    .with("accept_queue_max_count", phrase::number(max))
    .recheck(format!("ss -ltn 'sport = :{}'", listener.local.port));
    case.supports(Weight::Strong, queue);
    if moved > 0 {
        // Decisive: ListenOverflows counts nothing but a full accept queue, and only this
        // listener's queue was at its limit while it dropped packets.
        let weight = if only_one && dropped && beyond { Weight::Decisive } else { Weight::Strong };
        case.supports(weight, overflow_fact(view, moved, track.drops_delta));
    }
    if !waiting.is_empty() {
        case.supports(
            Weight::Weak,
            phrase::retries(
                view,
                waiting,
                "the client does not repeat its SYN: it has the SYN-ACK",
            ),
        );
    }
    argue_process(case, listener);
    advise(view, case, listener, max);
}

fn overflow_fact(view: &View<'_>, moved: u64, drops: Option<u32>) -> Fact {
    let mut text = text!["ListenOverflows +", moved, " while watching"];
    if let Some(drops) = drops {
        text.push(text![
            "; this listener dropped ",
            phrase::count(drops as usize, "packet", "packets")
        ]);
    }
    Fact::new(Origin::Counters, "listen-overflows", text)
        .with("listen_overflows_delta_count", Value::Number(moved))
        .with("listen_drops_delta_count", phrase::number(view.delta("TcpExtListenDrops")))
        .with("drops_delta_count", phrase::number(drops))
        .recheck("nstat -az TcpExtListenOverflows TcpExtListenDrops")
}

fn argue_process(case: &mut Case, listener: &Listener) {
    let Owners::Known(owners) = &listener.owners else { return };
    for process in owners.iter().filter(|process| matches!(process.state, 'T' | 't' | 'D' | 'Z')) {
        let state = match process.state {
            'D' => "in uninterruptible sleep",
            'Z' => "a zombie",
            _ => "stopped",
        };
        case.supports(
            Weight::Weak,
            Fact::new(
                Origin::Sockets,
                "owner-does-not-run",
                text![process.comm.clone(), " (pid ", process.pid, ") is ", state],
            )
            .with("pid", Value::Number(process.pid.into()))
            .with("comm", Value::Foreign(process.comm.clone()))
            .recheck(format!("ps -o pid,stat,wchan:30,comm -p {}", process.pid)),
        );
    }
}

fn owner_text(owners: &Owners) -> Text {
    match owners {
        Owners::Known(owners) if !owners.is_empty() => {
            text![owners[0].comm.clone(), " (pid ", owners[0].pid, ")"]
        }
        _ => text!["the application"],
    }
}

fn clear(cases: &mut Cases, listener: &Listener) {
    cases.about(Subject::Listener(listener.local)).refutes(
        Weight::Decisive,
        Fact::new(
            Origin::Counters,
            "no-overflow",
            text!["ListenOverflows +0 while watching, and the queue never reached its limit"],
        )
        .recheck("nstat -az TcpExtListenOverflows"),
    );
}

/// `17 of 16`, or `17, limit not known`.
fn of_max(count: u32, max: Option<u32>) -> Text {
    match max {
        Some(max) => text![count, " of ", max],
        None => text![count, ", limit not known"],
    }
}

fn advise(view: &View<'_>, case: &mut Case, listener: &Listener, max: Option<u32>) {
    let pid = match &listener.owners {
        Owners::Known(owners) => owners.first().map(|process| process.pid),
        _ => None,
    };
    case.action(Action {
        id: "see-application",
        label: ActionLabel::Investigate,
        text: text!["find out why ", owner_text(&listener.owners), " does not call accept"],
        commands: pid
            .map(|pid| {
                vec![
                    Command(format!("ps -L -o pid,tid,stat,wchan:30,comm -p {pid}")),
                    Command(format!("cat /proc/{pid}/limits")),
                ]
            })
            .unwrap_or_default(),
        verify: text![
            "Recv-Q of the listener falls below its Send-Q and ListenOverflows stands still"
        ],
    });
    let somaxconn =
        view.settings().and_then(|settings| settings.values.get("net.core.somaxconn").copied());
    if let (Some(cap), Some(max)) = (somaxconn, max) {
        let raise = if i64::from(max) < cap {
            text![
                "for bursts only: raise the listen backlog of the application (now ",
                max,
                "; net.core.somaxconn allows ",
                cap,
                "); needs a restart",
            ]
        } else {
            text![
                "for bursts only: raise net.core.somaxconn (now ",
                cap,
                ", which caps the backlog), then restart the application or have it listen again",
            ]
        };
        case.action(Action {
            id: "raise-backlog",
            label: ActionLabel::Disruptive,
            text: raise,
            commands: vec![],
            verify: text![
                "Send-Q of ",
                Command(format!("ss -ltn 'sport = :{}'", listener.local.port)),
                " shows the new limit"
            ],
        });
    }
}

#[cfg(test)]
mod tests {
    use synrecv_model::{Class, Confidence};

    use crate::fixture::HostFixture;

    fn host() -> HostFixture {
        HostFixture::new()
            .device(2, "ps0")
            .address(2, "10.1.0.10/24")
            .default_route(2, "10.1.0.1")
            .neighbour(2, "10.1.0.1", "02:00:00:00:00:01")
    }

    #[test]
    fn overflow_with_a_full_queue_is_confirmed() {
        let host = host()
            .listener("10.1.0.10:80", 5, 4)
            .listener_drops(12)
            .listen_overflows(12)
            .stuck_request("10.1.0.10:80", "10.9.0.7:4000", (2, 2))
            .via(2, "10.1.0.1");
        let diagnosis = host.diagnose();
        let finding = diagnosis.finding("accept-queue-full").unwrap();
        assert_eq!((finding.class, finding.confidence), (Class::Local, Confidence::Confirmed));
        assert_eq!(diagnosis.leading(), Some("accept-queue-full"));
        assert_eq!(finding.affected.len(), 1);
    }

    #[test]
    fn a_half_full_queue_is_nothing() {
        let host = host().listener("10.1.0.10:80", 60, 128).listen_overflows(0);
        assert!(host.diagnose().finding("accept-queue-full").is_none());
    }

    #[test]
    fn a_burst_that_fits_is_nothing() {
        let host = host().listener("10.1.0.10:80", 128, 128).listen_overflows(0);
        assert!(host.diagnose().finding("accept-queue-full").is_none());
    }

    #[test]
    fn old_overflows_are_history() {
        let host = host().listener("10.1.0.10:80", 0, 128).listen_overflows_before(600);
        assert!(host.diagnose().finding("accept-queue-full").is_none());
    }

    #[test]
    fn overflow_with_another_queue_full_does_not_blame_this_one() {
        let host = host()
            .listener("10.1.0.10:80", 0, 128)
            .listener("10.1.0.10:81", 5, 4)
            .listener_drops(3)
            .listen_overflows(3)
            .stuck_request("10.1.0.10:80", "10.9.0.7:4000", (2, 2))
            .via(2, "10.1.0.1");
        let finding = host.diagnose().finding("accept-queue-full").unwrap();
        assert!(finding.affected.is_empty());
    }
}
