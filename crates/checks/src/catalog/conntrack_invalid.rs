//! Connection tracking calls the ACK invalid, and a rule drops what is invalid.

use synrecv_model::view::books::Rhythm;
use synrecv_model::{
    Action, ActionLabel, CheckInfo, Class, Command, Hook, Manual, Origin, Part, Subject, Text,
    Value, Weight, text,
};

use crate::ack_drops::{Missing, argue_frames, argue_listener, missing, severity};
use crate::cases::{Case, Cases, Fact};
use crate::undelivered::undelivered_fact;
use crate::view::View;
use crate::{Check, phrase};

pub(super) static CHECK: Check = Check {
    info: CheckInfo {
        id: "conntrack-invalid",
        class: Class::Local,
        summary: "connection tracking calls the ACK invalid and a rule drops it",
        severity: "problem",
        needs: &[Part::Sockets, Part::Counters],
        also_reads: &[Part::Filters, Part::Conntrack, Part::Replies, Part::Frames, Part::Settings],
        ipv6: "the same",
        explains: &["firewall-drops-ack", "ack-ignored-locally", "ack-lost-outside"],
        disproved_by: &[
            "`invalid` of conntrack -S stands still while SYN-ACKs are sent again",
            "no rule of this host drops `ct state invalid`",
        ],
        manual: Manual {
            meaning: "Connection tracking of this host judges each packet before the rules do. It calls the ACK INVALID when \
                      it did not see the SYN-ACK (a rule keeps replies from being tracked, or they take another \
                      namespace), or when sequence numbers leave the window that it computed. A rule then drops it.",
            picture: &[
                "SYN      client --> server   tracked: SYN_SENT",
                "SYN-ACK  client <-- server   not seen by connection tracking",
                "ACK      client --> X        INVALID, dropped by rule",
            ],
            recognised: &[
                ("`invalid` of connection tracking grows with each SYN-ACK sent again", "counters"),
                ("a rule that drops `ct state invalid` counts as many", "root"),
                ("the entry is SYN_SENT [UNREPLIED] or SYN_RECV", "root"),
            ],
            looks_like: &[
                (
                    "firewall-drops-ack",
                    "the rule does not look at the state; `invalid` stands still",
                ),
                ("ack-lost-outside", "`invalid` and InReceives less InDelivers stand still"),
            ],
            by_hand: &[
                ("conntrack -S", "`invalid` grows with each SYN-ACK"),
                (
                    "conntrack -L -p tcp --dport PORT",
                    "SYN_SENT [UNREPLIED]: replies are not tracked",
                ),
                ("nft list ruleset | grep -e notrack -e invalid", "the pair that collides"),
            ],
            fix: "Track both directions or neither: remove the `notrack` of replies, or add it for the port in both raw \
                  chains and accept `untracked`. For windows that do not fit: \
                  net.netfilter.nf_conntrack_tcp_be_liberal=1.",
            references: &[
                "Documentation/networking/nf_conntrack-sysctl.rst",
                "nft(8): CONNTRACK STATEMENTS",
            ],
        },
    },
    examine,
};

const HOOKS: [Hook; 2] = [Hook::Prerouting, Hook::Input];

fn examine(view: &View<'_>, cases: &mut Cases) {
    // What does not come to the tap does not come to netfilter.
    for missing in missing(view).into_iter().filter(|missing| missing.ack_came != Some(false)) {
        let Some(invalid) = missing.invalid.filter(|&count| missing.accounts(count)) else {
            continue;
        };
        // The ACKs of requests whose entry is ESTABLISHED were valid.
        if missing.waiting.retries == 0 || missing.entries.established > missing.entries.opening {
            continue;
        }
        let droppers = missing.droppers(view, &HOOKS);
        let rule = droppers.as_ref().map(|list| {
            list.iter()
                .filter(|dropper| dropper.is_about_invalid())
                .find(|dropper| dropper.matched.is_none_or(|count| missing.accounts(count)))
        });
        let weight = match rule {
            // Rules are known, and none drops what is invalid.
            Some(None) => continue,
            // Decisive: judged invalid and dropped as such, one for each SYN-ACK, and connection
            // tracking never saw a SYN-ACK of these flows, so that it has to judge their ACK invalid.
            Some(Some(dropper)) if dropper.matched.is_some() && missing.entries.unreplied() => {
                Weight::Decisive
            }
            Some(Some(_)) if missing.invalid_fit() => Weight::Strong,
            None if missing.invalid_fit() && missing.undelivered_fit() => Weight::Strong,
            _ if missing.invalid_rhythm == Rhythm::Misses => continue,
            _ => Weight::Weak,
        };
        let case = open(view, cases, &missing, invalid, weight);
        if let Some(Some(dropper)) = rule {
            case.supports(weight, dropper.fact(text![""]));
            case.arg("chain", Value::Foreign(dropper.stop.chain.name.clone()))
                .arg("table", Value::Foreign(dropper.stop.chain.table.clone()));
        }
        argue_entry(view, case, &missing);
        if let Some(count) = missing.undelivered_enough() {
            case.supports(
                Weight::Weak,
                undelivered_fact(missing.version, count, missing.undelivered_rhythm),
            );
        }
        argue_frames(view, case, &missing);
        argue_listener(case, &missing);
        advise(case, &missing, rule.flatten().map(crate::droppers::Dropper::listing));
    }
}

fn open<'c>(
    view: &View<'_>,
    cases: &'c mut Cases,
    missing: &Missing<'_>,
    invalid: u64,
    weight: Weight,
) -> &'c mut Case {
    let local = missing.waiting.listener.local;
    let requests = &missing.waiting.requests;
    let case = cases.about(Subject::Listener(local));
    case.severity(severity(view, requests, missing.at_least(weight)))
        .headline(text![
            phrase::stuck(view, requests),
            ": the ACK arrives and is dropped as invalid",
        ])
        .summary(text!["connection tracking of this host calls the client's ACK INVALID"])
        .arg("local", Value::Endpoint(local))
        .affects(requests.iter().copied())
        .supports(
            weight.min(Weight::Strong),
            Fact::new(
                Origin::Conntrack,
                "invalid-packets",
                text![
                    "connection tracking called ",
                    phrase::count(
                        usize::try_from(invalid).unwrap_or(usize::MAX),
                        "packet",
                        "packets",
                    ),
                    " invalid while ",
                    phrase::count(missing.waiting.retries as usize, "SYN-ACK was", "SYN-ACKs were"),
                    " sent again",
                ],
            )
            .with("invalid_delta_count", Value::Number(invalid))
            .recheck("conntrack -S")
            .recheck("cat /proc/net/stat/nf_conntrack"),
        );
    case
}

/// How far connection tracking followed the handshakes.
fn argue_entry(view: &View<'_>, case: &mut Case, missing: &Missing<'_>) {
    let entries = missing.waiting.requests.iter().filter_map(|&index| {
        let flow = view.requests()[index].track.flow;
        Some((flow, view.tracked(flow)??))
    });
    let Some((flow, entry)) = entries.into_iter().next() else { return };
    case.supports(
        Weight::Weak,
        Fact::new(
            Origin::Conntrack,
            "tracked-state",
            text![
                "the entry of ",
                flow.peer,
                " is ",
                entry.state.name(),
                if entry.seen_reply { "" } else { " [UNREPLIED]: it saw no SYN-ACK" },
            ],
        )
        .with("state", Value::Word(entry.state.name()))
        .with("seen_reply", Value::Flag(entry.seen_reply))
        .recheck(format!("conntrack -L -p tcp -s {} --sport {}", flow.peer.ip, flow.peer.port)),
    );
}

fn advise(case: &mut Case, missing: &Missing<'_>, listing: Option<Command>) {
    case.action(Action {
        id: "see-invalid",
        label: ActionLabel::Investigate,
        text: text![
            "see which rule drops what is invalid, and what keeps replies from being tracked"
        ],
        commands: vec![
            listing.unwrap_or_else(|| Command("nft -a list ruleset".to_owned())),
            Command(format!("conntrack -L -p tcp --dport {}", missing.waiting.listener.local.port)),
        ],
        verify: Text::new(),
    })
    .action(Action {
        id: "track-both-ways",
        label: ActionLabel::Disruptive,
        text: text![
            "track both directions of the port or neither (notrack in prerouting and output)"
        ],
        commands: vec![],
        verify: text![
            "`invalid` of conntrack -S stands still; connections complete at their next retry"
        ],
    });
}

#[cfg(test)]
mod tests {
    use synrecv_model::{Confidence, ConntrackStates, RuleVerdict, Test, TrackedState};

    use super::*;
    use crate::fixture::HostFixture;

    fn host() -> HostFixture {
        HostFixture::two_remote_clients().tracked(TrackedState::SynSent).listener_drops(0)
    }

    fn invalid() -> Vec<Test> {
        vec![Test::ConntrackState(ConntrackStates { invalid: true, ..ConntrackStates::default() })]
    }

    #[test]
    fn judged_invalid_and_dropped_as_such_is_confirmed() {
        let judged = host()
            .conntrack_moved(2, 0)
            .rule(Hook::Input, invalid(), RuleVerdict::Drop, Some(2))
            .diagnose();
        assert_eq!(judged.leading(), Some("conntrack-invalid"));
        let finding = judged.finding("conntrack-invalid").unwrap();
        assert_eq!(finding.confidence, Confidence::Confirmed);
    }

    #[test]
    fn invalid_packets_that_no_rule_drops_are_harmless() {
        let judged = host()
            .conntrack_moved(2, 0)
            .rule(Hook::Input, invalid(), RuleVerdict::Accept, Some(2))
            .diagnose();
        assert!(judged.finding("conntrack-invalid").is_none());
    }

    #[test]
    fn without_rights_two_counters_agree() {
        let judged = host()
            .conntrack_moved(2, 0)
            .counter_moved("IpInReceives", 2)
            .counter_moved("IpInDelivers", 0)
            .diagnose();
        assert_eq!(judged.leading(), Some("conntrack-invalid"));
    }
}
