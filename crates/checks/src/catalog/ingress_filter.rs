//! A filter between the wire and IP drops the ACK: traffic control, XDP, a netdev chain.

use synrecv_model::view::books::Rhythm;
use synrecv_model::{
    Action, ActionLabel, CheckInfo, Class, Command, Hook, Manual, Origin, Part, Subject, Text,
    Value, Weight, text,
};

use crate::ack_drops::{Missing, argue_frames, argue_listener, missing, severity};
use crate::cases::{Case, Cases, Fact};
use crate::ingress::{Gate, gates, swallowed};
use crate::seen::seen;
use crate::undelivered::{before_ip, close, in_time, keeps_time};
use crate::view::View;
use crate::{Check, phrase};

pub(super) static CHECK: Check = Check {
    info: CheckInfo {
        id: "ingress-filter",
        class: Class::Local,
        summary: "a filter between the wire and IP drops the ACK",
        severity: "problem",
        needs: &[Part::Sockets, Part::Links],
        also_reads: &[
            Part::Addresses,
            Part::Counters,
            Part::Filters,
            Part::DeviceFilters,
            Part::Conntrack,
            Part::Replies,
            Part::Frames,
            Part::Settings,
        ],
        ipv6: "the same",
        explains: &["firewall-drops-ack", "ack-ignored-locally", "ack-lost-outside"],
        disproved_by: &[
            "with the filter taken away the connections stay stuck",
            "InReceives counts the ACKs: they come to IP",
        ],
        manual: Manual {
            meaning: "Before IP sees a packet, an XDP program, a filter of traffic control or a netdev chain of nftables can \
                      drop it. The SYN passes, the ACK does not. No counter of IP or TCP moves; most of these filters \
                      count nothing themselves.",
            picture: &[
                "SYN      client --> server",
                "SYN-ACK  client <-- server",
                "ACK      client --> X        XDP, tc ingress, netdev ingress of this host",
            ],
            recognised: &[
                ("both retry counters are equal: the client has the SYN-ACK", "sockets"),
                ("the device has a filter or program on its way in", "links, device-filters"),
                ("the device receives frames that IP does not count", "links, counters"),
                ("a netdev rule that ends these ACKs counts as many", "root"),
            ],
            looks_like: &[
                ("ack-lost-outside", "the device receives no more frames than IP counts"),
                ("firewall-drops-ack", "InReceives counts the ACKs"),
            ],
            by_hand: &[
                ("ip -d link show dev DEV", "`prog/xdp id N`"),
                ("tc -s filter show dev DEV ingress", "a filter; cls_bpf counts nothing"),
                ("nft list ruleset netdev", "a chain with hook ingress"),
                ("tcpdump -eni DEV 'tcp and port PORT'", "ACKs: seen before tc, not before XDP"),
            ],
            fix: "Change or take away the filter; its owner (a CNI, a DDoS shield, a load balancer) loads it again.",
            references: &["tc(8)", "ip-link(8)", "nft(8): NETDEV ADDRESS FAMILY"],
        },
    },
    examine,
};

fn examine(view: &View<'_>, cases: &mut Cases) {
    for missing in missing(view) {
        // What IP counts came through.
        let came_through = missing.undelivered_fit() || missing.entries.established > 0;
        if came_through || ends_behind_ip(view, &missing) {
            continue;
        }
        if missing.ack_came == Some(false) || !by_rule(view, cases, &missing) {
            by_gate(view, cases, &missing);
        }
    }
}

/// A rule of netfilter behind IP is seen to end most of these ACKs: they came to it.
fn ends_behind_ip(view: &View<'_>, missing: &Missing<'_>) -> bool {
    let droppers = missing.droppers(view, &[Hook::Prerouting, Hook::Input]).unwrap_or_default();
    droppers.iter().any(|dropper| {
        missing.weigh(dropper) == Some(Weight::Decisive)
            && dropper.requests.len() * 2 > missing.waiting.requests.len()
    })
}

/// A netdev chain whose rule these ACKs end by.
fn by_rule(view: &View<'_>, cases: &mut Cases, missing: &Missing<'_>) -> bool {
    let Some(droppers) = missing.droppers(view, &[Hook::Ingress]) else { return false };
    let guilty = droppers
        .iter()
        .filter_map(|dropper| Some((missing.weigh(dropper)?, dropper)))
        .reduce(|best, next| if next.0 > best.0 { next } else { best });
    let Some((weight, dropper)) = guilty else { return false };
    let case = open(view, cases, missing, dropper.name(), Subject::Host);
    case.severity(severity(view, &dropper.requests, missing.at_least(weight)))
        .arg("stage", Value::Word("netdev"))
        .affects(dropper.requests.iter().copied())
        .supports(weight, dropper.fact(text![" while watching"]));
    argue(view, case, missing);
    advise(case, vec![dropper.listing()]);
    true
}

/// A program or filter that does not say what it drops.
fn by_gate(view: &View<'_>, cases: &mut Cases, missing: &Missing<'_>) {
    let local = missing.waiting.listener.local;
    let sample = view.requests()[missing.waiting.requests[0]].local();
    let mut gates = gates(view, sample.ip);
    if let Some(came) = missing.ack_came {
        gates.retain(|gate| gate.before_capture != came);
        if gates.is_empty() && !came {
            return;
        }
    }
    let swallowed = swallowed(view, missing);
    if missing.before_ip_rhythm == Rhythm::Misses {
        return;
    }
    // Without a gate that can be seen only the counts speak for one: programs attached by tcx are
    // shown to nobody but bpftool, netdev chains to root.
    let (known, keeps) = (!gates.is_empty(), missing.before_ip_rhythm == Rhythm::Keeps);
    // The ACKs are seen at the tap and IP does not count them: nothing else is between the two.
    let proven = proven(view, missing);
    let swallowed = swallowed.or(proven);
    let shown = swallowed.is_some();
    if !shown && (!known || view.completes(sample)) {
        return;
    }
    let weight =
        if shown && (known || keeps || proven.is_some()) { Weight::Strong } else { Weight::Weak };
    let requests = missing.waiting.requests.clone();
    let subject = gates.first().map_or(Subject::Host, |gate| Subject::Link(gate.ifindex));
    let case = open(view, cases, missing, name(&gates), subject);
    case.severity(severity(view, &requests, missing.at_least(weight)))
        .arg("local", Value::Endpoint(local))
        .arg(
            "interface",
            gates.first().map_or(Value::Unknown, |gate| Value::Foreign(view.dev(gate.ifindex))),
        )
        .affects(requests);
    for gate in &gates {
        case.supports(Weight::Weak, gate.fact(view.dev(gate.ifindex)));
    }
    if let Some(count) = swallowed {
        case.supports(
            weight,
            Fact::new(
                Origin::Counters,
                "received-before-ip",
                text![
                    "devices received ",
                    phrase::count(usize::try_from(count).unwrap_or(usize::MAX), "frame", "frames"),
                    " that IP did not, while ",
                    missing.expected,
                    " ACKs were due",
                    in_time(missing.before_ip_rhythm),
                ],
            )
            .with("keeps_time", keeps_time(missing.before_ip_rhythm))
            .with("before_ip_count", Value::Number(count))
            .with("expected_ack_count", Value::Number(missing.expected))
            .recheck("ip -s link; nstat -az IpInReceives Ip6InReceives"),
        );
    }
    argue(view, case, missing);
    let look: Vec<Command> = gates.iter().map(|gate| Command(gate.recheck.clone())).collect();
    advise(
        case,
        if look.is_empty() {
            vec![
                Command("bpftool net show".to_owned()),
                Command("nft list ruleset netdev".to_owned()),
            ]
        } else {
            look
        },
    );
}

/// Frames that IP did not get, when ACKs are seen to come in and end neither in IP nor in TCP.
fn proven(view: &View<'_>, missing: &Missing<'_>) -> Option<u64> {
    let ends_later = missing.undelivered.is_none_or(|count| missing.accounts(count));
    let before = before_ip(view).filter(|&count| missing.accounts(count))?;
    let still = missing.waiting.sure_drops == Some(0);
    // Without sock_diag nobody knows what listeners drop. As many frames as ACKs were seen are they.
    let same = missing.waiting.sure_drops.is_none() && {
        let acks: u64 = seen(view, &missing.waiting.requests)
            .map(|seen| u64::from(seen.handshake.counts.ack_count))
            .sum();
        close(before, acks)
    };
    (missing.ack_came == Some(true) && !ends_later && (still || same)).then_some(before)
}

fn name(gates: &[Gate]) -> Text {
    if gates.is_empty() {
        return text!["something between the wire and IP"];
    }
    Text::join(gates.iter().map(|gate| &gate.name), " or ")
}

fn open<'c>(
    view: &View<'_>,
    cases: &'c mut Cases,
    missing: &Missing<'_>,
    culprit: Text,
    subject: Subject,
) -> &'c mut Case {
    let case = cases.about(subject);
    case.headline(text![
        phrase::stuck(view, &missing.waiting.requests),
        ": the ACK is dropped between the wire and IP",
    ])
    .summary(text![culprit, " drops the client's ACK"]);
    case
}

fn argue(view: &View<'_>, case: &mut Case, missing: &Missing<'_>) {
    argue_frames(view, case, missing);
    argue_listener(case, missing);
    case.supports(
        Weight::Weak,
        phrase::retries(
            view,
            &missing.waiting.requests,
            "the client does not repeat its SYN: it has the SYN-ACK",
        ),
    );
}

fn advise(case: &mut Case, look: Vec<Command>) {
    case.action(Action {
        id: "see-filter",
        label: ActionLabel::Investigate,
        text: text!["look at what is attached, and who attached it"],
        commands: look,
        verify: Text::new(),
    })
    .action(Action {
        id: "take-it-away",
        label: ActionLabel::Disruptive,
        text: text!["take the filter away for a test; what it protects is open meanwhile"],
        commands: vec![],
        verify: text!["stuck connections complete at their next retry"],
    });
}

#[cfg(test)]
mod tests {
    use synrecv_model::{Confidence, RuleVerdict, Severity, Test};

    use super::*;
    use crate::fixture::HostFixture;

    fn host() -> HostFixture {
        HostFixture::two_remote_clients().listener_drops(0)
    }

    #[test]
    fn a_netdev_rule_that_counts_these_acks_is_confirmed() {
        let port = vec![Test::DestinationPort(vec![80..=80])];
        let judged = host().rule(Hook::Ingress, port, RuleVerdict::Drop, Some(2)).diagnose();
        assert_eq!(judged.leading(), Some("ingress-filter"));
        let finding = judged.finding("ingress-filter").unwrap();
        assert_eq!(finding.confidence, Confidence::Confirmed);
    }

    #[test]
    fn frames_that_ip_did_not_get_make_a_filter_likely() {
        let judged = host()
            .ingress_filter(2)
            .traffic(2, 12)
            .counter_moved("IpInReceives", 9)
            .counter_moved("IpInDelivers", 9)
            .diagnose();
        assert_eq!(judged.leading(), Some("ingress-filter"));
        let finding = judged.finding("ingress-filter").unwrap();
        assert_eq!((finding.confidence, finding.severity), (Confidence::Likely, Severity::Problem));
    }

    #[test]
    fn acks_that_a_rule_behind_ip_counts_passed_the_filter() {
        let port = vec![Test::DestinationPort(vec![80..=80])];
        let judged = host()
            .ingress_filter(2)
            .traffic(2, 12)
            .counter_moved("IpInReceives", 9)
            .counter_moved("IpInDelivers", 9)
            .rule(Hook::Input, port, RuleVerdict::Drop, Some(4))
            .diagnose();
        assert_eq!(judged.leading(), Some("firewall-drops-ack"));
        assert!(judged.finding("ingress-filter").is_none());
    }

    #[test]
    fn a_filter_that_lets_others_pass_is_no_case() {
        let judged = host()
            .ingress_filter(2)
            .passive_opens(40)
            .connected("10.1.0.10:80", "192.0.2.9:4000")
            .diagnose();
        assert!(judged.finding("ingress-filter").is_none());
    }
}
