//! SYNs come from sources that the routing decision does not accept.

use synrecv_model::view::books::Rhythm;
use synrecv_model::{
    Action, ActionLabel, CheckInfo, Class, Command, Hook, Manual, Origin, Part, Severity, Subject,
    Text, Value, Weight, text,
};

use crate::cases::{Case, Cases, Fact};
use crate::seen::{Seen, refused, refused_fact, refused_input};
use crate::undelivered::{Version, undelivered, undelivered_fact};
use crate::view::View;
use crate::{Check, share};

pub(super) static CHECK: Check = Check {
    info: CheckInfo {
        id: "martian-source",
        class: Class::Refused,
        summary: "the source of the packets is not acceptable on that device",
        severity: "problem where clients are seen to fail by it, else info",
        needs: &[Part::Counters],
        also_reads: &[
            Part::Filters,
            Part::Frames,
            Part::Replies,
            Part::Settings,
            Part::Addresses,
            Part::Links,
        ],
        ipv6: "not applicable: the routing decision does not judge sources there",
        explains: &[],
        disproved_by: &["a rule of netfilter counts these packets"],
        manual: Manual {
            meaning: "The routing decision drops a packet whose source cannot be: an address of this host that comes from \
                      outside, 127.0.0.0/8, 0.0.0.0/8, a multicast or broadcast address. Only InReceives counts it.",
            picture: &["SYN  from one of our own addresses --> X   routing decision of this host"],
            recognised: &[
                (
                    "InReceives less InDelivers grows and no rule, filter or rp_filter accounts for it",
                    "root, counters",
                ),
                ("`martian source` in the kernel's log, with log_martians=1", "root"),
            ],
            looks_like: &[
                ("rp-filter-drop", "IPReversePathFilter grows"),
                ("firewall-drops-syn", "a rule counts them"),
            ],
            by_hand: &[
                ("sysctl -w net.ipv4.conf.all.log_martians=1; dmesg -w", "source and device"),
                ("ip route get LOCAL from SOURCE iif DEV", "Invalid argument"),
            ],
            fix: "Find who sends with such a source: a twin with an address of this host, a load balancer or NAT that \
                  hairpins. accept_local=1 accepts own addresses where that is meant.",
            references: &[
                "RFC 1812 section 5.3.7",
                "Documentation/networking/ip-sysctl.rst: log_martians",
            ],
        },
    },
    examine,
};

/// Packets in one observation below which stray multicast explains it.
const FEW_COUNT: u64 = 3;

fn examine(view: &View<'_>, cases: &mut Cases) {
    if !by_frames(view, cases) {
        by_counters(view, cases);
    }
}

/// SYNs are seen to come in, and the kernel's input look-up refuses their source without rp_filter.
fn by_frames(view: &View<'_>, cases: &mut Cases) -> bool {
    let strict = |device: u32| {
        view.settings()
            .and_then(|settings| settings.devices.get(&device)?.rp_filter_effective)
            .unwrap_or(0)
            > 0
    };
    let all = refused(view);
    let refused: Vec<(&Seen<'_>, u32)> = all
        .iter()
        .filter(|seen| seen.handshake.flow.peer.ip.is_ipv4())
        .filter_map(|seen| Some((seen, refused_input(view, seen)?)))
        .filter(|(seen, device)| !strict(*device) || is_martian(view, seen))
        .collect();
    let Some(&(sample, device)) = refused.first() else { return false };
    let flow = sample.handshake.flow;
    let (dev, local, peer) = (view.dev(device), flow.local.ip, flow.peer.ip);
    let seen: Vec<&Seen<'_>> = refused.iter().map(|&(seen, _)| seen).collect();
    let syns: u64 = seen.iter().map(|seen| u64::from(seen.handshake.counts.syn_count)).sum();
    let small = share::is_small(view, syns);
    let case = cases.about(Subject::Link(device));
    case.severity(if small { Severity::Info } else { Severity::Problem });
    case.headline(text![
        "SYNs from ",
        peer,
        " come by ",
        dev.clone(),
        " and are dropped: that source cannot be there",
    ])
    .summary(if is_own(view, sample) {
        text![peer, " is an address of this host"]
    } else {
        text![peer, " is not acceptable as a source on ", dev.clone()]
    })
    .arg("source", Value::Ip(peer))
    .arg("interface", Value::Foreign(dev.clone()))
    .supports(Weight::Strong, refused_fact(view, &seen))
    // Decisive: the kernel's own input look-up refuses the source, and no filter of it is on.
    .supports(
        Weight::Decisive,
        Fact::new(
            Origin::Route,
            "input-refused",
            text!["the kernel refuses packets from ", peer, " to ", local, " on ", dev.clone()],
        )
        .recheck(format!("ip route get {local} from {peer} iif {dev}")),
    );
    advise(case);
    true
}

fn is_own(view: &View<'_>, seen: &Seen<'_>) -> bool {
    view.addresses().iter().any(|own| own.address == seen.handshake.flow.peer.ip)
}

/// Sources that no setting but accept_local and route_localnet makes acceptable.
fn is_martian(view: &View<'_>, seen: &Seen<'_>) -> bool {
    let peer = seen.handshake.flow.peer.ip;
    peer.is_loopback() || peer.is_unspecified() || peer.is_multicast() || is_own(view, seen)
}

fn by_counters(view: &View<'_>, cases: &mut Cases) {
    let Some(count) = undelivered(view, Version::V4).filter(|&count| count >= FEW_COUNT) else {
        return;
    };
    let Some(chains) = view.whole_filters() else { return };
    let inward = [Hook::Prerouting, Hook::Input];
    let filtered = chains
        .iter()
        .any(|chain| chain.base.as_ref().is_some_and(|base| inward.contains(&base.hook)));
    if filtered {
        return;
    }
    let case = cases.about(Subject::Host);
    case.severity(Severity::Info)
        .headline(text![count, " packets were dropped by the routing decision"])
        .summary(text![
            "their sources or destinations are not acceptable on the device they came by"
        ])
        .arg("not_delivered_count", Value::Number(count))
        .supports(Weight::Weak, undelivered_fact(Version::V4, count, Rhythm::Unclear));
    advise(case);
}

fn advise(case: &mut Case) {
    case.action(Action {
        id: "log-martians",
        label: ActionLabel::Safe,
        text: text!["log them: the kernel's log then names source and device"],
        commands: vec![Command("sysctl -w net.ipv4.conf.all.log_martians=1".to_owned())],
        verify: Text::new(),
    });
}

#[cfg(test)]
mod tests {
    use synrecv_model::{Outcome, RuleVerdict, Severity};

    use super::*;
    use crate::fixture::{Frames, HostFixture};

    fn host() -> HostFixture {
        HostFixture::new()
            .device(2, "ps0")
            .address(2, "10.1.0.10/24")
            .counter_moved("IpInReceives", 12)
            .counter_moved("IpInDelivers", 4)
    }

    #[test]
    fn without_any_rule_only_the_routing_decision_is_left() {
        let finding = host().no_rules().diagnose().finding("martian-source").unwrap();
        assert_eq!(finding.severity, Severity::Info);
    }

    #[test]
    fn with_rules_it_can_be_one_of_them() {
        let judged = host().rule(Hook::Input, vec![], RuleVerdict::Drop, Some(0)).diagnose();
        assert!(judged.finding("martian-source").is_none());
    }

    #[test]
    fn what_root_alone_may_list_is_not_guessed() {
        assert!(host().diagnose().finding("martian-source").is_none());
    }

    #[test]
    fn frames_name_the_source() {
        let unanswered = Frames { synack: None, outcome: Outcome::Unanswered, ..Frames::default() };
        let judged = host()
            .client("10.1.0.10:80", "127.0.0.9:4000")
            .via(2, "10.1.0.1")
            .refused_on(2)
            .frames(unanswered)
            .diagnose();
        assert_eq!(judged.leading(), Some("martian-source"));
    }
}
