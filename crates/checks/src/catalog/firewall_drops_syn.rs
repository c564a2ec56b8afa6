//! Netfilter on this host drops SYNs to a port that is listened on.

use std::collections::BTreeSet;

use synrecv_model::{
    Action, ActionLabel, CheckInfo, Class, Command, Endpoint, Flow, Hook, Manual, Origin, Part,
    Severity, Subject, TcpState, Test, Text, Value, Weight, text,
};

use crate::cases::{Case, Cases, Fact};
use crate::droppers::{Dropper, seen_syn_droppers, syn_droppers};
use crate::seen::{Seen, refused, refused_fact, refused_input, unanswered_reply};
use crate::view::View;
use crate::{Check, phrase, share};

pub(super) static CHECK: Check = Check {
    info: CheckInfo {
        id: "firewall-drops-syn",
        class: Class::Refused,
        summary: "a packet filter of this host drops SYNs to a listener",
        severity: "problem; info where it looks meant",
        needs: &[Part::Sockets, Part::Filters],
        also_reads: &[
            Part::Counters,
            Part::Addresses,
            Part::Links,
            Part::Frames,
            Part::Replies,
            Part::Settings,
        ],
        ipv6: "the same; `fib` rules stand in for rp_filter there",
        explains: &[],
        disproved_by: &["the counter of the rule stands still while clients fail to connect"],
        manual: Manual {
            meaning: "A rule of netfilter ends the SYN before TCP sees it: no row, no SYN-ACK. A rule that looks at the way \
                      back (nft `fib`, iptables `rpfilter`) drops clients whose replies would leave by another device. \
                      Rules that keep strangers away from a port do the same on purpose, so this is a problem only where \
                      it is many and nothing says that it is meant.",
            picture: &["SYN  client --> X   PREROUTING or INPUT of this host"],
            recognised: &[
                ("a rule that ends SYNs to a listener's port counts packets", "root"),
                ("InReceives less InDelivers grows by as many", "counters"),
            ],
            looks_like: &[
                ("rp-filter-drop", "IPReversePathFilter grows"),
                ("conntrack-full", "`drop` of conntrack -S grows"),
                ("firewall-drops-ack", "the SYN passes; a row waits in SYN_RECV"),
            ],
            by_hand: &[
                ("nft -a list ruleset", "a drop rule that counts, in prerouting or input"),
                ("iptables-save -c; iptables-legacy-save -c", "the same; two different places"),
            ],
            fix: "Accept the clients before the rule. For `fib` and `rpfilter`: route replies by the device that requests \
                  come by, or leave asymmetric devices out of the rule.",
            references: &["nft(8): FIB EXPRESSIONS", "iptables-extensions(8): rpfilter"],
        },
    },
    examine,
};

const HOOKS: [Hook; 3] = [Hook::Ingress, Hook::Prerouting, Hook::Input];

/// SYNs a second to one port that scanners hardly send: clients that fail repeat theirs every second.
const MANY_PER_S: u64 = 2;

fn examine(view: &View<'_>, cases: &mut Cases) {
    if by_frames(view, cases) {
        return;
    }
    let locals = local_ends(view);
    for dropper in syn_droppers(view, &HOOKS, &locals).unwrap_or_default() {
        let Some(count) = dropper.matched.filter(|&count| count > 0) else { continue };
        if dropper.is_about_the_way_back() || names_a_port(&dropper) {
            report(view, cases, &dropper, count);
        }
    }
}

/// SYNs are seen to come in to a listener and are not answered: the rules say by which of them they end.
fn by_frames(view: &View<'_>, cases: &mut Cases) -> bool {
    let mut syns = refused(view);
    syns.retain(|seen| {
        let flow = seen.handshake.flow;
        view.listener(flow.local).is_some()
            && unanswered_reply(view, flow).is_none_or(|reply| reply.resolved.is_ok())
            && refused_input(view, seen).is_none()
    });
    let mut some = false;
    for (dropper, clients) in seen_syn_droppers(view, &HOOKS, &syns).unwrap_or_default() {
        let seen: Vec<&Seen<'_>> = clients.iter().map(|&index| &syns[index]).collect();
        let flows: Vec<Flow> = seen.iter().map(|seen| seen.handshake.flow).collect();
        let (share, numbers) = share::severity_of(view, &flows, flows.len() as u64);
        // Clients of several networks that try again and again are not strangers that are kept out.
        let severity = match share {
            Severity::Info if !dropper.is_about_the_way_back() => Severity::Info,
            _ => Severity::Problem,
        };
        let case = open(cases, &dropper, severity);
        // Decisive: these SYNs meet the rule by all its conditions, and none is answered.
        let weight = if dropper.stop.certain { Weight::Decisive } else { Weight::Strong };
        case.supports(weight, dropper.fact(text![" while watching"]))
            .supports(Weight::Strong, refused_fact(view, &seen))
            .supports(Weight::Weak, Fact::new(Origin::Counters, "share", numbers));
        advise(case, &dropper);
        some = true;
    }
    some
}

/// Own addresses with the ports that are listened on there.
fn local_ends(view: &View<'_>) -> BTreeSet<Endpoint> {
    let loopback: BTreeSet<u32> =
        view.links().iter().filter(|link| link.loopback).map(|link| link.ifindex).collect();
    let own: Vec<_> = view
        .addresses()
        .iter()
        .filter(|address| !loopback.contains(&address.ifindex))
        .map(|address| address.address)
        .collect();
    let listeners = view.sockets().into_iter().flat_map(|sockets| &sockets.listeners);
    listeners
        .flat_map(|listener| {
            own.iter()
                .map(|&ip| Endpoint::new(ip, listener.local.port))
                .filter(|&end| listener.accepts(end))
        })
        .take(ENDS_MAX)
        .collect()
}

/// Listeners times addresses that rules are asked about at most.
const ENDS_MAX: usize = 512;

fn names_a_port(dropper: &Dropper<'_>) -> bool {
    dropper
        .stop
        .terms()
        .iter()
        .any(|term| !term.negated && matches!(term.test, Test::DestinationPort(_)))
}

/// A rule that names who is kept out, or who is let in, is meant.
fn names_sources(dropper: &Dropper<'_>) -> bool {
    dropper.stop.terms().iter().any(|term| {
        matches!(term.test, Test::Source(_) | Test::InDevice(_) | Test::SourcePort(_) | Test::Other)
    })
}

fn report(view: &View<'_>, cases: &mut Cases, dropper: &Dropper<'_>, count: u64) {
    let way_back = dropper.is_about_the_way_back();
    let small = share::is_small(view, count);
    let severity = match way_back {
        _ if small => Severity::Info,
        true => Severity::Problem,
        // The port is used by others, or it is cut off altogether.
        false if many(view, count) && (in_use(view, dropper) || !names_sources(dropper)) => {
            Severity::Problem
        }
        false => Severity::Info,
    };
    let weight = if severity == Severity::Problem { Weight::Strong } else { Weight::Weak };
    let case = open(cases, dropper, severity);
    case.supports(weight, dropper.fact(text![" while watching"]));
    advise(case, dropper);
}

fn open<'c>(cases: &'c mut Cases, dropper: &Dropper<'_>, severity: Severity) -> &'c mut Case {
    let case = cases.about(Subject::Host);
    case.severity(severity)
        .headline(match dropper.matched {
            Some(count) => text![
                phrase::count(usize::try_from(count).unwrap_or(usize::MAX), "packet", "packets"),
                " of clients dropped before TCP by a packet filter of this host",
            ],
            None => text!["SYNs of clients are dropped before TCP by a packet filter of this host"],
        })
        .summary(text![
            dropper.name(),
            if dropper.is_about_the_way_back() {
                " drops clients whose replies would leave by another device"
            } else {
                " drops SYNs to a listener"
            },
        ])
        .arg("chain", Value::Foreign(dropper.stop.chain.name.clone()))
        .arg("table", Value::Foreign(dropper.stop.chain.table.clone()))
        .arg("hook", Value::Word(dropper.stop.hook.name()));
    case
}

fn advise(case: &mut Case, dropper: &Dropper<'_>) {
    let way_back = dropper.is_about_the_way_back();
    case.action(Action {
        id: "see-rule",
        label: ActionLabel::Investigate,
        text: text!["look at the rule and whom it drops"],
        commands: vec![dropper.listing()],
        verify: Text::new(),
    })
    .action(Action {
        id: "accept-clients",
        label: ActionLabel::Disruptive,
        text: if way_back {
            text!["route replies by the device that requests come by, or leave this device out of the rule"]
        } else {
            text!["if these clients are wanted, accept them before the rule"]
        },
        commands: vec![],
        verify: text!["the counter of the rule stands still"],
    });
    if way_back {
        case.action(Action {
            id: "ask-for-the-way",
            label: ActionLabel::Investigate,
            text: text!["ask by which device a client's reply leaves"],
            commands: vec![Command("ip route get CLIENT from SERVER".to_owned())],
            verify: Text::new(),
        });
    }
}

fn many(view: &View<'_>, count: u64) -> bool {
    let watched_ms = u64::try_from(view.observation().length().as_millis()).unwrap_or(u64::MAX);
    count * 1_000 >= MANY_PER_S * watched_ms
}

/// Connections of other hosts to the port that the rule names exist or are made.
fn in_use(view: &View<'_>, dropper: &Dropper<'_>) -> bool {
    let named = |port: u16| {
        dropper.stop.terms().iter().any(|term| match &term.test {
            Test::DestinationPort(ranges) => ranges.iter().any(|range| range.contains(&port)),
            _ => false,
        })
    };
    let standing = view.sockets().into_iter().flat_map(|sockets| &sockets.others).any(|socket| {
        socket.state == TcpState::Established
            && named(socket.flow.local.port)
            && !socket.flow.peer.ip.is_loopback()
    });
    standing || view.observation().completed.iter().any(|flow| named(flow.local.port))
}

#[cfg(test)]
mod tests {
    use synrecv_model::RuleVerdict;

    use super::*;
    use crate::fixture::HostFixture;

    fn host() -> HostFixture {
        HostFixture::new()
            .device(2, "ps0")
            .address(2, "10.1.0.10/24")
            .listener("0.0.0.0:80", 0, 128)
            .passive_opens(30)
    }

    fn port(number: u16) -> Test {
        Test::DestinationPort(vec![number..=number])
    }

    #[test]
    fn a_rule_about_the_way_back_is_a_problem() {
        let judged = host()
            .rule(Hook::Prerouting, vec![Test::ReversePath], RuleVerdict::Drop, Some(36))
            .diagnose();
        assert_eq!(judged.leading(), Some("firewall-drops-syn"));
    }

    #[test]
    fn a_closed_port_is_not_looked_at() {
        let judged =
            host().rule(Hook::Input, vec![port(23)], RuleVerdict::Drop, Some(90)).diagnose();
        assert!(judged.finding("firewall-drops-syn").is_none());
    }

    #[test]
    fn a_port_that_is_cut_off_is_a_problem() {
        let judged =
            host().rule(Hook::Input, vec![port(80)], RuleVerdict::Drop, Some(90)).diagnose();
        assert_eq!(judged.finding("firewall-drops-syn").unwrap().severity, Severity::Problem);
    }

    #[test]
    fn a_few_strangers_that_are_kept_out_are_meant() {
        let tests = vec![port(80), Test::Other];
        let judged = host().rule(Hook::Input, tests, RuleVerdict::Drop, Some(7)).diagnose();
        assert_eq!(judged.finding("firewall-drops-syn").unwrap().severity, Severity::Info);
    }
}
