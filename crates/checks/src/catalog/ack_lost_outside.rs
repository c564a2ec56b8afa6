//! No ACK arrives: the client is silent, or its ACK is lost on the way here.

use std::collections::BTreeMap;

use synrecv_model::view::RetryReading;
use synrecv_model::view::books::Rhythm;
use synrecv_model::{
    Action, ActionLabel, CheckInfo, Class, Command, Endpoint, Hook, Manual, Origin, Part, Subject,
    Text, Value, Weight, text,
};

use crate::ack_drops::{Missing, missing};
use crate::captured::acknowledged;
use crate::cases::{Case, Cases, Fact};
use crate::ingress::{gates, swallowed};
use crate::seen::{ack_came, ack_fact, seen};
use crate::undelivered::{Version, before_ip, close, in_time, undelivered_fact};
use crate::view::{RequestView, View};
use crate::{Check, phrase, share};

pub(super) static CHECK: Check = Check {
    info: CheckInfo {
        id: "ack-lost-outside",
        class: Class::Outside,
        summary: "no ACK arrives: the client is silent or its ACK is lost",
        severity: "by share: info, warning or problem",
        needs: &[Part::Sockets],
        also_reads: &[
            Part::Counters,
            Part::Filters,
            Part::DeviceFilters,
            Part::Conntrack,
            Part::Replies,
            Part::Links,
            Part::Addresses,
            Part::Frames,
            Part::Settings,
        ],
        ipv6: "the same",
        explains: &[],
        disproved_by: &[
            "an ACK of a stuck client in a capture on this host",
            "the listener's drop counter moves with each SYN-ACK that is sent again",
        ],
        manual: Manual {
            meaning: "SYN-ACKs go out by the timer alone: no repeated SYN comes in, no ACK comes in. The client asked \
                      once and went away (a scanner, a spoofed address, a connect that gave up), or it holds the \
                      connection for established and its ACK is lost on the way here.",
            picture: &[
                "SYN      client --> server",
                "SYN-ACK  client <-- server",
                "ACK      nothing comes",
            ],
            recognised: &[
                ("both retry counters are equal", "sockets"),
                (
                    "the listener drops nothing while SYN-ACKs are sent again",
                    "sockets, two samples",
                ),
                ("ListenOverflows, InCsumErrors and OutRsts stand still", "counters"),
            ],
            looks_like: &[
                (
                    "accept-queue-full",
                    "ListenOverflows moves and the listener's queue is at its limit",
                ),
                (
                    "firewall-drops-ack",
                    "the ACK is in a capture; InReceives moves ahead of InDelivers",
                ),
                ("synack-lost-outside", "the client repeats its SYN"),
            ],
            by_hand: &[
                ("ss -tno state syn-recv", "retrans equals the netstat -o count of the same row"),
                ("ss -ltnm 'sport = :PORT'", "`d` of the listener stands still"),
                ("tcpdump -ni any 'host CLIENT and tcp'", "SYN-ACKs leave, nothing comes back"),
            ],
            fix: "Nothing on this host. If these clients matter, capture at the client: does the SYN-ACK arrive, does an \
                  ACK leave? If they do not, the rows end by themselves after tcp_synack_retries.",
            references: &["RFC 4987", "Documentation/networking/ip-sysctl.rst: tcp_synack_retries"],
        },
    },
    examine,
};

fn examine(view: &View<'_>, cases: &mut Cases) {
    // An ACK that was seen to come in is not lost outside, nor is one that a file shows on its way.
    let acknowledged = acknowledged(view);
    let silent = view.stuck(|request| {
        request.reading == RetryReading::NoRepeatSeen
            && !acknowledged.contains(&request.track.flow)
            && request.seen.as_deref().is_none_or(|seen| seen.ack != Some(true))
    });
    let mut by_local: BTreeMap<Endpoint, Vec<usize>> = BTreeMap::new();
    for &index in &silent {
        by_local.entry(view.requests()[index].local()).or_default().push(index);
    }
    for (local, requests) in by_local {
        let (severity, numbers) = share::severity(view, &requests);
        let case = cases.about(Subject::Listener(local));
        case.severity(severity)
            .headline(text![phrase::waiting(view, &requests), " for an ACK that does not come"])
            .summary(text![
                phrase::name_peers(&phrase::peers(view, &requests)),
                if phrase::peers(view, &requests).len() == 1 { " does" } else { " do" },
                " not answer, or the ACK is lost on the way here",
            ])
            .arg("local", Value::Endpoint(local))
            .arg(
                "peers",
                Value::List(phrase::peers(view, &requests).into_iter().map(Value::Ip).collect()),
            )
            .affects(requests.iter().copied())
            .supports(
                Weight::Weak,
                phrase::retries(view, &requests, "only the timer, no repeated SYN came in"),
            );
        argue_arrivals(view, case, local, &requests);
        argue_frames(view, case, local, &requests);
        case.supports(
            Weight::Weak,
            Fact::new(share::origin(view), "share", numbers)
                .with("passive_opens_delta_count", phrase::number(view.delta("TcpPassiveOpens"))),
        );
        advise(view, case, &requests);
    }
}

/// SYN-ACKs are seen to leave, and no ACK is seen to come in.
fn argue_frames(view: &View<'_>, case: &mut Case, local: Endpoint, requests: &[usize]) {
    if ack_came(view, requests) != Some(false) {
        return;
    }
    // An XDP program sees frames before any capture does.
    let hidden =
        gates(view, view.requests()[requests[0]].local().ip).iter().any(|gate| gate.before_capture);
    let resets = seen(view, requests).any(|seen| seen.handshake.counts.rst_count > 0);
    if let Some(fact) = ack_fact(view, requests) {
        let told = requests.iter().all(|&index| tells_of_repeats(&view.requests()[index]));
        // Decisive: the capture lost nothing and holds no ACK, so none came to this host; and the
        // client did not repeat its SYN.
        let weight = match (hidden, told) {
            (true, _) => Weight::Weak,
            (false, false) => Weight::Strong,
            (false, true) => Weight::Decisive,
        };
        case.supports(weight, fact.with("local", Value::Endpoint(local)));
    }
    if resets {
        case.supports(
            Weight::Weak,
            Fact::new(
                Origin::Frames,
                "resets-seen",
                text!["the client's side sends resets, which TCP does not accept"],
            ),
        );
    }
}

/// A client that gave up before anybody looked repeated its SYN, or did not: only the request itself
/// remembers that, or a capture of its SYN.
fn tells_of_repeats(request: &RequestView<'_>) -> bool {
    let counted = request.track.last_life().last.counters.synack_retrans_count.is_some();
    counted || request.seen.as_deref().is_some_and(|seen| seen.handshake.counts.syn_count > 0)
}

/// Whether anything came in for these rows while a SYN-ACK was sent again.
fn argue_arrivals(view: &View<'_>, case: &mut Case, local: Endpoint, requests: &[usize]) {
    let retries_seen = phrase::retries_watched(view, requests);
    if retries_seen == 0 {
        // Silence proves nothing while no ACK is due.
        return say_when_to_look_again(view, case, requests);
    }
    let Some(listener) = view.listener(local) else { return };
    let track = view.listener_tracks().iter().find(|track| track.inode == listener.inode);
    let Some(drops) = track.and_then(|track| track.drops_delta) else { return };
    let text = text![
        phrase::count(retries_seen as usize, "SYN-ACK was", "SYN-ACKs were"),
        " sent again while watching; :",
        local.port,
        " dropped ",
        phrase::count(drops as usize, "packet", "packets"),
    ];
    let fact = Fact::new(Origin::Queue, "listener-drops", text)
        .with("local", Value::Endpoint(local))
        .with("synack_sent_again_count", Value::Number(retries_seen.into()))
        .with("drops_delta_count", Value::Number(drops.into()))
        .recheck(format!("ss -ltnm 'sport = :{}'", local.port));
    let refused_ahead =
        view.delta("TcpExtListenOverflows").is_some_and(|moved| moved > 0) && drops >= retries_seen;
    if drops == 0 {
        // Strong: a listener counts every ACK that reaches TCP and is not taken, but for bad
        // checksums and bad ack numbers, and devices received too little for one to be dropped below.
        let weight = if arrivals_possible(view, requests) { Weight::Weak } else { Weight::Strong };
        case.supports(weight, fact);
    } else if refused_ahead {
        case.refutes(Weight::Strong, fact);
    }
    argue_below_tcp(view, case, requests);
}

/// Devices received frames that IP did not count, as many as half of the ACKs that were due and at the
/// right times: some of them can be ACKs.
fn arrivals_possible(view: &View<'_>, requests: &[usize]) -> bool {
    let of_these = |missing: &&Missing<'_>| {
        missing.waiting.requests.iter().any(|index| requests.contains(index))
    };
    missing(view).iter().find(of_these).is_some_and(|missing| {
        missing.before_ip_rhythm != Rhythm::Misses
            && before_ip(view).is_some_and(|count| missing.accounts(count))
    })
}

/// Packets that ended on this host below TCP can be the ACKs, unless they stand still when ACKs are
/// due or no rule here ends such packets.
fn argue_below_tcp(view: &View<'_>, case: &mut Case, requests: &[usize]) {
    let of_these = |missing: &Missing<'_>| {
        missing.waiting.requests.iter().any(|index| requests.contains(index))
    };
    let all = missing(view);
    let Some(missing) = all.iter().find(|missing| of_these(missing)) else { return };
    let hooks = [Hook::Ingress, Hook::Prerouting, Hook::Input];
    let innocent = missing
        .droppers(view, &hooks)
        .is_some_and(|list| list.iter().all(|dropper| missing.weigh(dropper).is_none()));
    if let Some(count) = missing.undelivered_enough().filter(|_| !innocent) {
        case.refutes(
            Weight::Strong,
            undelivered_fact(missing.version, count, missing.undelivered_rhythm),
        );
    }
    if missing.undelivered_rhythm == Rhythm::Misses && missing.undelivered.is_some_and(|n| n > 0) {
        case.supports(
            Weight::Weak,
            undelivered_fact(
                missing.version,
                missing.undelivered.unwrap_or(0),
                missing.undelivered_rhythm,
            ),
        );
    }
    let refused = view.delta("TcpExtIPReversePathFilter").filter(|&count| missing.accounts(count));
    // Times of few samples tell less than equal counts.
    let in_step =
        |count| missing.reverse_path_rhythm != Rhythm::Misses || close(count, missing.expected);
    if let Some(count) = refused.filter(|&count| in_step(count))
        && missing.version == Version::V4
    {
        case.refutes(
            Weight::Strong,
            Fact::new(
                Origin::Counters,
                "reverse-path-filter",
                text!["the reverse-path filter dropped ", count, " packets, enough to be the ACKs"],
            )
            .with("ip_reverse_path_filter_delta_count", Value::Number(count))
            .recheck("nstat -az TcpExtIPReversePathFilter"),
        );
    }
    if let Some(count) = swallowed(view, missing) {
        case.refutes(
            Weight::Strong,
            Fact::new(
                Origin::Counters,
                "received-before-ip",
                text![
                    "devices received ",
                    count,
                    " frames that IP did not",
                    in_time(missing.before_ip_rhythm),
                ],
            )
            .with("before_ip_count", Value::Number(count)),
        );
    }
    let gates = gates(view, view.requests()[requests[0]].local().ip);
    if let Some(gate) = gates.first()
        && !view.completes(view.requests()[requests[0]].local())
        && missing.before_ip_rhythm != Rhythm::Misses
    {
        case.refutes(Weight::Strong, gate.fact(view.dev(gate.ifindex)));
    }
}

/// No SYN-ACK was sent again while watching: says when the next one is due.
fn say_when_to_look_again(view: &View<'_>, case: &mut Case, requests: &[usize]) {
    let due = requests
        .iter()
        .filter_map(|&index| view.requests()[index].track.last_life().last.counters.timer_ms)
        .min();
    let Some(due_s) = due.map(|ms| ms.div_ceil(1000)) else { return };
    let watch_s = due_s + LONGER_S;
    case.supports(
        Weight::Weak,
        Fact::new(
            Origin::Sockets,
            "no-retry-watched",
            text![
                "no SYN-ACK was sent again while watching, so no ACK was due; the next is due in ",
                due_s,
                " s",
            ],
        )
        .with("next_retry_s", Value::Number(due_s.into())),
    )
    .action(Action {
        id: "look-again",
        label: ActionLabel::Investigate,
        text: text!["watch over the next retry; what comes in then decides"],
        commands: vec![Command(format!("synrecv-doctor --observe {watch_s}s"))],
        verify: Text::new(),
    });
}

/// Watching goes on for this long after a retry, so that its answer is seen.
const LONGER_S: u32 = 3;

fn advise(view: &View<'_>, case: &mut Case, requests: &[usize]) {
    let sample = &view.requests()[requests[0]];
    case.action(Action {
        id: "see-ack",
        label: ActionLabel::Investigate,
        text: text!["see whether an ACK arrives; an ACK here would mean that this host drops it"],
        commands: vec![Command(format!("tcpdump -ni any 'host {} and tcp'", sample.peer()))],
        verify: Text::new(),
    })
    .action(Action {
        id: "ask-client",
        label: ActionLabel::Investigate,
        text: text![
            "if the client matters: capture there, does the SYN-ACK arrive and an ACK leave?"
        ],
        commands: vec![],
        verify: Text::new(),
    });
}

#[cfg(test)]
mod tests {
    use synrecv_model::{Class, Confidence, Outcome, Severity};

    use crate::fixture::{Frames, HostFixture};

    fn host() -> HostFixture {
        HostFixture::new()
            .device(2, "ps0")
            .address(2, "10.1.0.10/24")
            .default_route(2, "10.1.0.1")
            .listener("10.1.0.10:80", 0, 128)
            .neighbour(2, "10.1.0.1", "02:00:00:00:00:01")
            .stuck_request("10.1.0.10:80", "198.51.100.7:4000", (2, 2))
            .via(2, "10.1.0.1")
    }

    #[test]
    fn a_still_drop_counter_makes_it_likely() {
        let finding = host().listener_drops(0).diagnose().finding("ack-lost-outside").unwrap();
        assert_eq!(finding.confidence, Confidence::Likely);
        assert_eq!((finding.class, finding.severity), (Class::Outside, Severity::Info));
    }

    #[test]
    fn without_a_retry_in_view_it_is_possible() {
        let finding = host().diagnose().finding("ack-lost-outside").unwrap();
        assert_eq!(finding.confidence, Confidence::Possible);
        assert_eq!(finding.actions[0].id, "look-again");
    }

    #[test]
    fn a_repeated_syn_is_another_story() {
        let host = host().stuck_request("10.1.0.10:80", "198.51.100.8:4000", (4, 1));
        let finding = host.diagnose().finding("ack-lost-outside").unwrap();
        assert_eq!(finding.affected.len(), 1);
    }

    #[test]
    fn a_capture_without_an_ack_confirms_it() {
        let judged = host().frames(Frames::default()).diagnose();
        let finding = judged.finding("ack-lost-outside").unwrap();
        assert_eq!(finding.confidence, Confidence::Confirmed);
    }

    #[test]
    fn an_ack_that_came_in_is_another_story() {
        let frames = Frames { acks: 3, outcome: Outcome::AckIgnored, ..Frames::default() };
        let judged = host().frames(frames).diagnose();
        assert!(judged.finding("ack-lost-outside").is_none());
        assert_eq!(judged.leading(), Some("ack-ignored-locally"));
    }
}
