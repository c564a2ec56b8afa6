//! The SYN-ACK is ended inside this host: a rule of OUTPUT, an egress filter, a route that is gone.

mod stage;
mod unreported;

use std::collections::BTreeMap;

use synrecv_model::view::RetryReading;
use synrecv_model::{
    Action, ActionLabel, CheckInfo, Class, Command, Endpoint, Manual, Origin, Part, Subject, Text,
    Value, Weight, text,
};

use crate::cases::{Case, Cases, Fact};
use crate::seen::{seen, stays_on_bridge};
use crate::view::View;
use crate::{Check, phrase};

use stage::Stage;

pub(super) static CHECK: Check = Check {
    info: CheckInfo {
        id: "synack-dropped-here",
        class: Class::Output,
        summary: "the SYN-ACK is dropped inside this host",
        severity: "problem",
        needs: &[Part::Sockets],
        also_reads: &[
            Part::Counters,
            Part::Filters,
            Part::DeviceFilters,
            Part::Conntrack,
            Part::Replies,
            Part::Links,
            Part::Settings,
            Part::Frames,
            Part::Neighbours,
        ],
        ipv6: "the same",
        explains: &["synack-lost-outside"],
        disproved_by: &["a SYN-ACK of a stuck connection in a capture on this host: it leaves"],
        manual: Manual {
            meaning: "The kernel makes the SYN-ACK, and something on the way out of this host ends it: a rule of OUTPUT or \
                      POSTROUTING, a filter or the queue of the device, a route that is gone. The kernel is told that \
                      sending failed and gives the request up at its first timer, after 1 s; the client's next SYN makes \
                      it anew. A bridge, or an IPsec policy whose state is missing, ends it in silence: then the request \
                      lives on as if the SYN-ACK were lost outside.",
            picture: &[
                "SYN      client --> server",
                "SYN-ACK           X <-- server   OUTPUT, egress filter or no route",
            ],
            recognised: &[
                ("requests vanish at their first timer and are made anew", "sockets"),
                ("TCPTimeouts grows, TCPSynRetrans does not", "counters"),
                ("OutRequests grows, OutTransmits does not: OUTPUT or POSTROUTING", "kernel 6.6"),
                (
                    "both grow: a filter or the queue of the device (tc, netdev egress)",
                    "kernel 6.6",
                ),
                ("a SYN-ACK is seen on the bridge and on none of its ports", "frames"),
            ],
            looks_like: &[
                ("neighbour-unresolved", "requests live 3 s, the next hop is INCOMPLETE or FAILED"),
                ("local-address-gone", "the local address is not on this host any more"),
                ("synack-lost-outside", "SYN-ACKs are seen to leave, and are sent again"),
            ],
            by_hand: &[
                ("tcpdump -ni any 'tcp[tcpflags] & tcp-syn != 0'", "SYNs in, no SYN-ACK out"),
                ("nft -a list ruleset; iptables-save -c", "a rule of output that counts"),
                ("tc -s filter show dev DEV egress", "a filter on the way out"),
                ("tc -s qdisc show dev DEV", "a queue that drops"),
                ("ip xfrm policy", "a policy of IPsec for these clients"),
                ("ip route get CLIENT from SERVER", "an error instead of a route"),
            ],
            fix: "Let replies pass: accept `ct state established` in OUTPUT, or remove the filter or route that ends them.",
            references: &["nft(8)", "tc(8)"],
        },
    },
    examine,
};

fn examine(view: &View<'_>, cases: &mut Cases) {
    let mut by_local: BTreeMap<Endpoint, Vec<usize>> = BTreeMap::new();
    for index in view.stuck(|request| request.reading == RetryReading::KilledAtFirstTimer) {
        by_local.entry(view.requests()[index].local()).or_default().push(index);
    }
    // One whose client repeated its SYN in time reads otherwise and ends in the same place.
    for (local, killed) in &mut by_local {
        killed.extend(unreported::beside(view, *local, killed));
    }
    let all: Vec<usize> = by_local.values().flatten().copied().collect();
    for (stage, requests) in stage::split(view, &all) {
        let case = open(view, cases, &stage, &requests);
        argue_end(view, case, &requests);
        argue_counters(view, case);
        conclude(view, case, &stage, &requests);
    }
    for (proof, stage, requests) in unreported::groups(view, &all) {
        let case = open(view, cases, &stage, &requests);
        unreported::argue(view, case, proof, &requests);
        conclude(view, case, &stage, &requests);
    }
}

fn open<'c>(
    view: &View<'_>,
    cases: &'c mut Cases,
    stage: &Stage<'_>,
    requests: &[usize],
) -> &'c mut Case {
    let case = cases.about(stage.subject(view, requests));
    case.headline(
        text![phrase::stuck(view, requests), ": the SYN-ACK is dropped inside this host",],
    )
    .summary(stage.summary(view, requests))
    .arg("stage", Value::Word(stage.word()))
    .affects(requests.iter().copied())
}

fn conclude(view: &View<'_>, case: &mut Case, stage: &Stage<'_>, requests: &[usize]) {
    argue_frames(view, case, requests);
    stage.argue(view, case, requests);
    advise(view, case, stage, requests);
}

/// The kernel gave them up, as when it could not send.
fn argue_end(view: &View<'_>, case: &mut Case, requests: &[usize]) {
    // A request that may not be tried again ends at its first timer, whatever became of its SYN-ACK.
    let no_retries = view
        .settings()
        .and_then(|settings| settings.values.get("net.ipv4.tcp_synack_retries").copied())
        == Some(0);
    let lives: u32 = requests.iter().map(|&index| view.requests()[index].track.life_count).sum();
    case.supports(
        if no_retries { Weight::Weak } else { Weight::Strong },
        Fact::new(
            Origin::Sockets,
            "ends-at-first-timer",
            text![
                phrase::count(lives as usize, "request", "requests"),
                " ended at the first timer, after 1 s, without a SYN-ACK being sent again: the kernel could not send it",
            ],
        )
        .with("life_count", Value::Number(lives.into()))
        .recheck("ss -tno state syn-recv"),
    );
}

/// Whether a SYN-ACK was seen to leave.
fn argue_frames(view: &View<'_>, case: &mut Case, requests: &[usize]) {
    let on_bridge = seen(view, requests).filter(|seen| stays_on_bridge(view, seen)).count();
    let left: Vec<bool> = seen(view, requests)
        .filter(|seen| !stays_on_bridge(view, seen))
        .filter_map(|seen| seen.synack_left)
        .collect();
    if on_bridge > 0 {
        // Decisive: the capture holds the SYN on a port of the bridge, and the SYN-ACK on the bridge
        // only.
        case.supports(
            Weight::Decisive,
            Fact::new(
                Origin::Frames,
                "synacks-stay-on-bridge",
                text![
                    "SYN-ACKs of ",
                    phrase::count(on_bridge, "connection", "connections"),
                    " are seen on the bridge, and on none of its ports",
                ],
            )
            .with("connection_count", Value::Number(on_bridge as u64)),
        );
    }
    if left.is_empty() {
        return;
    }
    let fact = |text| {
        Fact::new(Origin::Frames, "synacks-seen", text)
            .with("connection_count", Value::Number(left.len() as u64))
    };
    if left.contains(&true) {
        // Decisive: it was handed to the wire.
        case.refutes(
            Weight::Decisive,
            fact(text!["SYN-ACKs of these connections are seen to leave"]),
        );
    } else {
        // Decisive: the capture lost nothing, SYNs came in, and no SYN-ACK went out.
        case.supports(
            Weight::Decisive,
            fact(text![
                "SYNs of ",
                phrase::count(left.len(), "connection", "connections"),
                " came in, and no SYN-ACK of them left",
            ]),
        );
    }
}

/// The timer fires and nothing is sent again.
fn argue_counters(view: &View<'_>, case: &mut Case) {
    let [timeouts, resent] =
        ["TcpExtTCPTimeouts", "TcpExtTCPSynRetrans"].map(|name| view.delta(name));
    if let (Some(timeouts), Some(resent)) = (timeouts, resent)
        && timeouts > resent
    {
        case.supports(
            Weight::Weak,
            Fact::new(
                Origin::Counters,
                "timeouts-without-retrans",
                text!["TCPTimeouts +", timeouts, ", TCPSynRetrans +", resent],
            )
            .with("tcp_timeouts_delta_count", Value::Number(timeouts))
            .with("tcp_syn_retrans_delta_count", Value::Number(resent))
            .recheck("nstat -az TcpExtTCPTimeouts TcpExtTCPSynRetrans"),
        );
    }
}

fn advise(view: &View<'_>, case: &mut Case, stage: &Stage<'_>, requests: &[usize]) {
    let sample = &view.requests()[requests[0]];
    case.action(Action {
        id: "see-no-synack",
        label: ActionLabel::Investigate,
        text: text!["see that SYNs come in and no SYN-ACK goes out"],
        commands: vec![Command(format!("tcpdump -ni any 'host {} and tcp'", sample.peer()))],
        verify: Text::new(),
    });
    let look = stage.look(view, sample);
    if !look.is_empty() {
        case.action(Action {
            id: "find-filter",
            label: ActionLabel::Investigate,
            text: text!["look at what ends it"],
            commands: look,
            verify: Text::new(),
        });
    }
    case.action(Action {
        id: "let-replies-pass",
        label: ActionLabel::Disruptive,
        text: stage.remedy(),
        commands: vec![],
        verify: text!["SYN-ACKs leave; requests live longer than 1 s or complete"],
    });
}

fn subject_of(view: &View<'_>, requests: &[usize]) -> Subject {
    Subject::Listener(view.requests()[requests[0]].local())
}

#[cfg(test)]
mod tests {
    use synrecv_model::{Confidence, Hook, RuleVerdict, Test};

    use super::*;
    use crate::fixture::{Frames, HostFixture};

    fn host() -> HostFixture {
        HostFixture::new()
            .device(2, "ps0")
            .address(2, "10.1.0.10/24")
            .default_route(2, "10.1.0.1")
            .neighbour(2, "10.1.0.1", "02:00:00:00:00:01")
            .listener("10.1.0.10:80", 0, 128)
            .dying_request("10.1.0.10:80", "198.51.100.7:4000")
            .via(2, "10.1.0.1")
    }

    fn stage(finding: &synrecv_model::Finding) -> &Value {
        &finding.args.iter().find(|(name, _)| *name == "stage").unwrap().1
    }

    #[test]
    fn a_rule_of_output_that_counts_is_confirmed() {
        let port = vec![Test::SourcePort(vec![80..=80])];
        let judged = host().rule(Hook::Output, port, RuleVerdict::Drop, Some(2)).diagnose();
        let finding = judged.finding("synack-dropped-here").unwrap();
        assert_eq!(finding.confidence, Confidence::Confirmed);
        assert_eq!(stage(&finding), &Value::Word("output-rule"));
    }

    #[test]
    fn without_rights_the_books_of_ip_give_the_stage() {
        let judged =
            host().counter_moved("IpOutRequests", 9).counter_moved("IpOutTransmits", 2).diagnose();
        let finding = judged.finding("synack-dropped-here").unwrap();
        assert_eq!(stage(&finding), &Value::Word("output-rule"));
        assert_eq!(judged.leading(), Some("synack-dropped-here"));
    }

    #[test]
    fn a_filter_of_the_device_is_another_stage() {
        let judged = host()
            .egress_filter(2)
            .counter_moved("IpOutRequests", 9)
            .counter_moved("IpOutTransmits", 9)
            .diagnose();
        let finding = judged.finding("synack-dropped-here").unwrap();
        assert_eq!(stage(&finding), &Value::Word("egress-filter"));
    }

    #[test]
    fn without_retries_every_request_ends_like_that() {
        let judged = host().setting("net.ipv4.tcp_synack_retries", 0).diagnose();
        let finding = judged.finding("synack-dropped-here").unwrap();
        assert_eq!(finding.confidence, Confidence::Possible);
    }

    #[test]
    fn frames_say_whether_it_left() {
        let never = host().frames(Frames { synack: None, ..Frames::default() }).diagnose();
        let finding = never.finding("synack-dropped-here").unwrap();
        assert_eq!(finding.confidence, Confidence::Confirmed);
        let left = host().frames(Frames::default()).diagnose();
        assert!(left.finding("synack-dropped-here").is_none());
    }

    /// A client that repeats its SYN: the kernel was told that each SYN-ACK left.
    fn repeating(peer: &str) -> HostFixture {
        HostFixture::new()
            .device(2, "ps0")
            .address(2, "10.1.0.10/24")
            .default_route(2, "10.1.0.1")
            .neighbour(2, "10.1.0.1", "02:00:00:00:00:01")
            .listener("10.1.0.10:80", 0, 128)
            .stuck_request("10.1.0.10:80", peer, (8, 2))
            .watched_from(0)
            .via(2, "10.1.0.1")
    }

    #[test]
    fn as_many_packets_kept_as_synacks_made_are_not_lost_outside() {
        let host = repeating("198.51.100.7:4000");
        let judged =
            host.counter_moved("IpOutRequests", 19).counter_moved("IpOutTransmits", 11).diagnose();
        assert_eq!(judged.leading(), Some("synack-dropped-here"));
        let finding = judged.finding("synack-dropped-here").unwrap();
        assert_eq!(finding.confidence, Confidence::Likely);
        assert_eq!(finding.explains[0].id, "synack-lost-outside");
    }

    #[test]
    fn other_packets_that_were_kept_explain_nothing() {
        let host = repeating("198.51.100.7:4000");
        let judged =
            host.counter_moved("IpOutRequests", 99).counter_moved("IpOutTransmits", 70).diagnose();
        assert_eq!(judged.leading(), Some("synack-lost-outside"));
    }

    #[test]
    fn what_waits_for_a_client_that_is_looked_for_was_not_dropped() {
        let frames = Frames { synack: None, ..Frames::default() };
        let unsent = |host: HostFixture| host.frames(frames).diagnose();
        let host = repeating("198.51.100.7:4000");
        assert_eq!(unsent(host).leading(), Some("synack-dropped-here"));
        let judged = unsent(repeating("198.51.100.7:4000").unresolved(3, "198.51.100.7"));
        assert!(judged.finding("synack-dropped-here").is_none());
    }

    #[test]
    fn where_no_rule_can_be_it_a_policy_is() {
        let host = repeating("198.51.100.7:4000").no_rules();
        let judged =
            host.counter_moved("IpOutRequests", 19).counter_moved("IpOutTransmits", 11).diagnose();
        let finding = judged.finding("synack-dropped-here").unwrap();
        assert_eq!(stage(&finding), &Value::Word("output-policy"));
    }

    #[test]
    fn a_synack_that_no_port_of_the_bridge_sends_never_left() {
        let host = HostFixture::new()
            .device(3, "eth0")
            .port_of(2)
            .device(2, "br0")
            .address(2, "10.1.0.10/24")
            .default_route(2, "10.1.0.1")
            .neighbour(2, "10.1.0.1", "02:00:00:00:00:01")
            .listener("10.1.0.10:80", 0, 128)
            .stuck_request("10.1.0.10:80", "198.51.100.7:4000", (8, 2))
            .via(2, "10.1.0.1");
        let by_port =
            Frames { syn: (3, "02:00:00:00:00:01"), syn_again: Some(2), ..Frames::default() };
        let judged = host.frames(by_port).diagnose();
        assert_eq!(judged.leading(), Some("synack-dropped-here"));
        let finding = judged.finding("synack-dropped-here").unwrap();
        assert_eq!(finding.confidence, Confidence::Confirmed);
    }

    #[test]
    fn a_counting_rule_of_the_bridge_takes_them() {
        let port = vec![Test::SourcePort(vec![80..=80])];
        let judged = repeating("198.51.100.7:4000")
            .rule(Hook::Output, port, RuleVerdict::Drop, Some(8))
            .diagnose();
        assert_eq!(judged.leading(), Some("synack-dropped-here"));
    }
}
