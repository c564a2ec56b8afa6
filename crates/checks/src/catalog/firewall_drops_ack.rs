//! Netfilter on this host drops or rejects the ACK of the handshake.

mod own_resets;

use synrecv_model::{
    Action, ActionLabel, CheckInfo, Class, Command, Hook, Manual, Part, Subject, Text, Value,
    Weight, text,
};

use crate::ack_drops::{Missing, argue_entries, argue_frames, argue_listener, missing, severity};
use crate::cases::{Case, Cases};
use crate::droppers::Dropper;
use crate::undelivered::undelivered_fact;
use crate::view::View;
use crate::{Check, phrase};

pub(super) static CHECK: Check = Check {
    info: CheckInfo {
        id: "firewall-drops-ack",
        class: Class::Local,
        summary: "a packet filter of this host drops the ACK of the handshake",
        severity: "problem",
        needs: &[Part::Sockets],
        also_reads: &[
            Part::Counters,
            Part::Filters,
            Part::Conntrack,
            Part::Replies,
            Part::Frames,
            Part::Settings,
        ],
        ipv6: "the same; the arithmetic of Ip6InReceives has noise of one or two packets",
        explains: &["ack-ignored-locally", "ack-lost-outside", "peer-resets"],
        disproved_by: &[
            "the counter of the rule stands still while SYN-ACKs are sent again",
            "no ACK of a stuck client in a capture on this host: it is lost before",
        ],
        manual: Manual {
            meaning: "The client's ACK reaches this host and a rule of netfilter (nftables, iptables) ends it before TCP: \
                      the SYN passes, the ACK does not. The client holds the connection for established; here the \
                      SYN-ACK is sent again until the request is given up.",
            picture: &[
                "SYN      client --> server   accepted",
                "SYN-ACK  client <-- server",
                "ACK      client --> X        PREROUTING or INPUT of this host",
            ],
            recognised: &[
                ("both retry counters are equal: the client has the SYN-ACK", "sockets"),
                ("a rule that ends these ACKs counts one for each SYN-ACK sent again", "root"),
                ("InReceives less InDelivers grows by as many packets", "counters"),
                ("conntrack says ESTABLISHED while the socket is SYN_RECV", "root"),
            ],
            looks_like: &[
                ("ack-lost-outside", "nothing comes in: InReceives less InDelivers stands still"),
                ("conntrack-invalid", "the rule drops what connection tracking calls invalid"),
                ("socket-filter", "the ACK comes to TCP: drops of the listener grow"),
                ("ingress-filter", "it ends before IP: InReceives does not count it"),
            ],
            by_hand: &[
                ("nft -a list ruleset", "a drop rule whose counter grows with each SYN-ACK"),
                ("iptables-save -c; iptables-legacy-save -c", "the same; two different places"),
                ("conntrack -L -p tcp --dport PORT", "ESTABLISHED for a socket in SYN_RECV"),
            ],
            fix: "Accept the replies of connections that were accepted: `ct state established,related accept` before the \
                  rule that drops, or the port without regard to TCP flags.",
            references: &["nft(8)", "iptables(8)"],
        },
    },
    examine,
};

const HOOKS: [Hook; 2] = [Hook::Prerouting, Hook::Input];

fn examine(view: &View<'_>, cases: &mut Cases) {
    own_resets::examine(view, cases);
    // What does not come to the tap does not come to netfilter.
    for missing in missing(view).into_iter().filter(|missing| missing.ack_came != Some(false)) {
        match missing.droppers(view, &HOOKS) {
            Some(droppers) => by_rule(view, cases, &missing, &droppers),
            None => by_counters(view, cases, &missing),
        }
    }
}

/// The rules are known: names the one that these ACKs end by.
fn by_rule(view: &View<'_>, cases: &mut Cases, missing: &Missing<'_>, droppers: &[Dropper<'_>]) {
    let guilty = droppers
        .iter()
        .filter(|dropper| !dropper.is_about_invalid())
        .filter_map(|dropper| Some((missing.weigh(dropper)?, dropper)))
        // Of several, the first of the heaviest: what it ends does not come to the others.
        .reduce(|best, next| if next.0 > best.0 { next } else { best });
    let Some((weight, dropper)) = guilty else { return };
    let case = open(view, cases, missing, &dropper.requests, text![dropper.name()]);
    case.severity(severity(view, &dropper.requests, missing.at_least(weight)))
        .arg("chain", Value::Foreign(dropper.stop.chain.name.clone()))
        .arg("table", Value::Foreign(dropper.stop.chain.table.clone()))
        .arg("hook", Value::Word(dropper.stop.hook.name()))
        .supports(
            weight,
            dropper.fact(text![
                " while ",
                phrase::count(missing.waiting.retries as usize, "SYN-ACK was", "SYN-ACKs were"),
                " sent again",
            ]),
        );
    argue(view, case, missing, weight);
    case.action(Action {
        id: "see-rule",
        label: ActionLabel::Investigate,
        text: text!["look at the rule and watch its counter"],
        commands: vec![dropper.listing()],
        verify: Text::new(),
    })
    .action(Action {
        id: "accept-established",
        label: ActionLabel::Safe,
        text: text![
            "before it, accept what belongs to a connection that was accepted (ct state established), or the port for all TCP flags",
        ],
        commands: vec![],
        verify: text!["its counter stands still; stuck connections complete at their next retry"],
    });
}

/// The rules are not known: the books of IP and the entries of connection tracking speak.
fn by_counters(view: &View<'_>, cases: &mut Cases, missing: &Missing<'_>) {
    let gone = missing.undelivered_enough();
    let seen = missing.entries.established > 0;
    let weight = match gone {
        _ if missing.waiting.retries == 0 && !seen => return,
        Some(_) if missing.undelivered_fit() => Weight::Strong,
        Some(_) => Weight::Weak,
        None if seen => Weight::Weak,
        None => return,
    };
    let requests = &missing.waiting.requests;
    let case = open(view, cases, missing, requests, text!["a packet filter of this host"]);
    case.severity(severity(view, requests, missing.at_least(weight)));
    argue(view, case, missing, weight);
    if missing.invalid_fit() {
        case.refutes(
            Weight::Strong,
            crate::cases::Fact::new(
                synrecv_model::Origin::Conntrack,
                "as-many-invalid",
                text![
                    "connection tracking called ",
                    missing.invalid.unwrap_or(0),
                    " packets invalid, as many as there were ACKs",
                ],
            ),
        );
    }
    case.action(Action {
        id: "list-rules",
        label: ActionLabel::Investigate,
        text: text!["as root, find the rule whose counter grows with each SYN-ACK"],
        commands: vec![
            Command("nft -a list ruleset".to_owned()),
            Command("iptables-legacy-save -c".to_owned()),
        ],
        verify: Text::new(),
    });
}

fn open<'c>(
    view: &View<'_>,
    cases: &'c mut Cases,
    missing: &Missing<'_>,
    requests: &[usize],
    culprit: Text,
) -> &'c mut Case {
    let local = missing.waiting.listener.local;
    let case = cases.about(Subject::Listener(local));
    case.headline(text![
        phrase::stuck(view, requests),
        ": the ACK arrives and is dropped before TCP",
    ])
    .summary(text![culprit, " drops the client's ACK"])
    .arg("local", Value::Endpoint(local))
    .affects(requests.iter().copied());
    case
}

fn argue(view: &View<'_>, case: &mut Case, missing: &Missing<'_>, weight: Weight) {
    if let Some(count) = missing.undelivered_enough() {
        let own = if missing.undelivered_fit() { weight.min(Weight::Strong) } else { Weight::Weak };
        case.supports(own, undelivered_fact(missing.version, count, missing.undelivered_rhythm));
    }
    argue_entries(case, missing, Weight::Weak);
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

#[cfg(test)]
mod tests {
    use synrecv_model::{Confidence, RuleVerdict, Severity, Test, TrackedState};

    use super::*;
    use crate::fixture::HostFixture;

    fn host() -> HostFixture {
        HostFixture::two_remote_clients().listener_drops(0)
    }

    fn port(number: u16) -> Vec<Test> {
        vec![Test::DestinationPort(vec![number..=number])]
    }

    #[test]
    fn a_rule_that_counts_these_acks_is_confirmed() {
        let judged = host().rule(Hook::Input, port(80), RuleVerdict::Drop, Some(2)).diagnose();
        assert_eq!(judged.leading(), Some("firewall-drops-ack"));
        let finding = judged.finding("firewall-drops-ack").unwrap();
        assert_eq!(finding.confidence, Confidence::Confirmed);
        assert_eq!(finding.affected.len(), 2);
    }

    #[test]
    fn rules_for_others_are_innocent_however_they_count() {
        let judged = host()
            .rule(Hook::Input, port(443), RuleVerdict::Drop, Some(2))
            .rule(Hook::Input, port(80), RuleVerdict::Accept, Some(2))
            .diagnose();
        assert!(judged.finding("firewall-drops-ack").is_none());
        assert_eq!(judged.leading(), Some("ack-lost-outside"));
    }

    #[test]
    fn a_rule_that_stands_still_is_innocent() {
        let judged = host().rule(Hook::Input, port(80), RuleVerdict::Drop, Some(0)).diagnose();
        assert!(judged.finding("firewall-drops-ack").is_none());
    }

    #[test]
    fn what_conntrack_never_saw_did_not_come_to_input() {
        let judged = host()
            .tracked(TrackedState::SynRecv)
            .rule(Hook::Input, vec![Test::Other], RuleVerdict::Drop, Some(2))
            .diagnose();
        assert!(judged.finding("firewall-drops-ack").is_none());
    }

    #[test]
    fn without_rights_the_books_of_ip_speak() {
        let judged =
            host().counter_moved("IpInReceives", 2).counter_moved("IpInDelivers", 0).diagnose();
        let finding = judged.finding("firewall-drops-ack").unwrap();
        assert_eq!((finding.confidence, finding.severity), (Confidence::Likely, Severity::Problem));
        assert_eq!(judged.leading(), Some("firewall-drops-ack"));
    }

    #[test]
    fn noise_of_a_firewall_beside_silent_clients_is_no_problem() {
        let judged =
            host().counter_moved("IpInReceives", 90).counter_moved("IpInDelivers", 0).diagnose();
        let finding = judged.finding("firewall-drops-ack").unwrap();
        assert_eq!((finding.confidence, finding.severity), (Confidence::Possible, Severity::Info));
    }

    #[test]
    fn an_ack_that_comes_to_the_listener_passed_the_filter() {
        let judged = host()
            .listener_drops(4)
            .rule(Hook::Input, port(80), RuleVerdict::Drop, Some(2))
            .diagnose();
        assert!(judged.finding("firewall-drops-ack").is_none());
    }
}
