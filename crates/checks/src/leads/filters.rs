//! Rules that were pasted, walked with the packets that a ticket is about. Their counters are totals
//! since they were set, so none of them is held against one packet.

use synrecv_model::view::filter::{Stop, stops};
use synrecv_model::{
    ConntrackStates, FilterChain, FilterRule, Flow, Hook, Origin, Outcome, Subject, Test, Text,
    TrackedState, Value, Weight, text,
};

use super::frames;
use crate::cases::{Case, Cases, Fact};
use crate::droppers::{Step, packet};
use crate::phrase;
use crate::view::View;

/// Packets that are walked through the rules.
const WALKS_MAX: usize = 64;

const IN: [Hook; 3] = [Hook::Ingress, Hook::Prerouting, Hook::Input];
const OUT: [Hook; 2] = [Hook::Output, Hook::Postrouting];

/// What ends a packet of this flow, that counted or cannot count: in the order in which it is met.
fn ends<'c>(
    view: &View<'_>,
    chains: &'c [FilterChain],
    hooks: &[Hook],
    flow: Flow,
    step: Step,
) -> Vec<Stop<'c>> {
    let packet = packet(view, flow, step, None);
    let all = hooks.iter().flat_map(|&hook| stops(chains, hook, &packet));
    // What counts and has counted nothing did not do it.
    all.filter(|stop| count(stop) != Some(0)).collect()
}

/// The chains without what only loopback meets: by which device packets of others come and go is often
/// not told, but not by that one.
fn off_loopback(view: &View<'_>) -> Vec<FilterChain> {
    let is_loopback = |rule: &FilterRule| {
        rule.terms.iter().any(|term| match &term.test {
            Test::InDevice(names) | Test::OutDevice(names) => {
                !term.negated && names.iter().all(|name| name.0 == "lo")
            }
            _ => false,
        })
    };
    let mut chains = view.filters().to_vec();
    for chain in &mut chains {
        chain.rules.retain(|rule| !is_loopback(rule));
    }
    chains
}

/// One place of two walks.
fn is_same(one: &Stop<'_>, other: &Stop<'_>) -> bool {
    let rule = match (one.rule, other.rule) {
        (Some(one), Some(other)) => std::ptr::eq(one, other),
        (one, other) => one.is_none() && other.is_none(),
    };
    rule && std::ptr::eq(one.chain, other.chain)
}

/// Packets that ended there since its counter was reset; `None` where it does not count.
fn count(stop: &Stop<'_>) -> Option<u64> {
    match stop.rule {
        Some(rule) => rule.packet_count,
        None => stop.chain.base.as_ref()?.policy_packet_count,
    }
}

fn is_about_invalid(stop: &Stop<'_>) -> bool {
    stop.terms().iter().any(|term| {
        matches!(term.test, Test::ConntrackState(ConntrackStates { invalid: true, established: false, new: false, .. })
            if !term.negated)
    })
}

/// `rule -j DROP in chain LOGDROP of filter`.
fn name(stop: &Stop<'_>) -> Text {
    let chain = text!["chain ", stop.chain.name.clone(), " of ", stop.chain.table.clone()];
    match stop.rule {
        Some(rule) => text!["rule `", rule.text.clone(), "` in ", chain],
        None => text!["the policy of ", chain],
    }
}

fn fact(stop: &Stop<'_>, what: Text) -> Fact {
    let mut text = text![name(stop), " ends ", what];
    if let Some(count) = count(stop) {
        text.push(text![
            "; it ended ",
            phrase::count(usize::try_from(count).unwrap_or(usize::MAX), "packet", "packets"),
            " so far",
        ]);
    }
    Fact::new(Origin::Filter, "rule-on-the-way", text)
        .with("packet_count", phrase::number(count(stop)))
        .recheck(stop.chain.system.listing(stop.chain))
}

fn describe<'c>(cases: &'c mut Cases, stop: &Stop<'_>, headline: Text) -> &'c mut Case {
    let end = stop.rule.map_or(Value::Unknown, |rule| Value::Foreign(rule.text.clone()));
    cases
        .about(Subject::Host)
        .headline(headline)
        .summary(text![name(stop), " drops them"])
        .arg("hook", Value::Word(stop.hook.name()))
        .arg("rule", end)
}

/// An ACK that was seen to come and is ignored, and a rule on its way that its SYN does not meet.
pub(super) fn firewall_drops_ack(view: &View<'_>, cases: &mut Cases) {
    let ignored = frames::ignored(view);
    let answered = if ignored.is_empty() { frames::repeated_after_ack(view) } else { Vec::new() };
    let flows: Vec<Flow> =
        ignored.iter().map(|(_, one)| *one).chain(answered).map(|one| one.flow).collect();
    let chains = if flows.is_empty() { Vec::new() } else { off_loopback(view) };
    for &flow in flows.iter().take(WALKS_MAX) {
        let of_syn = ends(view, &chains, &IN, flow, Step::Syn);
        let passed = |stop: &Stop<'_>| of_syn.iter().all(|other| !is_same(other, stop));
        let all = ends(view, &chains, &IN, flow, Step::Ack);
        // A policy ends what no rule accepts; what that is, only whole rules tell.
        let found = all.iter().filter(|stop| stop.certain || stop.rule.is_some());
        let mut found = found.filter(|stop| !is_about_invalid(stop) && passed(stop));
        let Some(stop) = found.next() else { continue };
        // What was answered each time can have been taken the last time.
        if ignored.is_empty() && !(stop.certain && count(stop).is_some_and(|count| count > 0)) {
            continue;
        }
        let counted = count(stop).is_some();
        let all: Vec<usize> = ignored.iter().map(|(index, _)| *index).collect();
        let whose = match all.as_slice() {
            [] => text!["a handshake with ", flow.peer.ip],
            all => phrase::stuck(view, all),
        };
        describe(cases, stop, text![whose, ": the ACK arrives and a rule drops it"])
            .affects(all)
            .supports(
                if counted || stop.certain { Weight::Strong } else { Weight::Weak },
                fact(stop, text!["ACKs of ", flow.peer.ip, ", and lets its SYN pass"]),
            );
        return;
    }
}

/// ACKs that connection tracking did not take for one, and a rule that drops what it calls invalid.
pub(super) fn conntrack_invalid(view: &View<'_>, cases: &mut Cases) {
    let ignored = frames::ignored(view);
    let chains = if ignored.is_empty() { Vec::new() } else { off_loopback(view) };
    let found = ignored.iter().take(WALKS_MAX).find_map(|(index, handshake)| {
        let stop = ends(view, &chains, &IN, handshake.flow, Step::Ack)
            .into_iter()
            .find(|stop| is_about_invalid(stop) && count(stop).is_some())?;
        Some((*index, handshake.flow, stop))
    });
    let Some((index, flow, stop)) = found else { return };
    let open = view.tracked(flow).flatten().map(|entry| entry.state);
    let waits = matches!(open, Some(TrackedState::SynRecv | TrackedState::SynSent));
    let all: Vec<usize> = ignored.iter().map(|(index, _)| *index).collect();
    let peer = view.requests()[index].peer();
    let case = describe(
        cases,
        &stop,
        text![
            phrase::stuck(view, &all),
            ": the ACK arrives, and connection tracking calls it invalid",
        ],
    );
    case.affects(all)
        .supports(Weight::Weak, fact(&stop, text!["what connection tracking calls invalid"]));
    if waits {
        // Strong: the ACK is in the capture, and its entry never saw one that it took for valid.
        case.supports(
            Weight::Strong,
            Fact::new(
                Origin::Conntrack,
                "entry-waits-for-the-ack",
                text!["the entry of ", peer, " still waits for an ACK that was seen to come in"],
            )
            .recheck(format!("conntrack -L -p tcp -s {peer}")),
        );
    }
}

/// A SYN that nobody answers, and a rule that ends it for certain.
pub(super) fn firewall_drops_syn(view: &View<'_>, cases: &mut Cases) {
    let Some(capture) = view.capture() else { return };
    let chains = off_loopback(view);
    let unanswered = capture.handshakes.iter().filter(|one| one.outcome == Outcome::Unanswered);
    for handshake in unanswered.take(WALKS_MAX) {
        let flow = handshake.flow;
        let all = ends(view, &chains, &IN, flow, Step::Syn);
        let Some(stop) = all.iter().find(|stop| stop.certain) else { continue };
        describe(
            cases,
            stop,
            text!["the SYN of ", flow.peer.ip, " to ", flow.local, " is dropped by a rule"],
        )
        .supports(Weight::Strong, fact(stop, text!["SYNs of ", flow.peer.ip, " to ", flow.local]));
        return;
    }
}

/// A rule or policy on the way out that ends every SYN-ACK of a request.
pub(super) fn synack_dropped_here(view: &View<'_>, cases: &mut Cases) {
    let stuck = view.stuck(|request| {
        let left = request.seen.as_deref().is_some_and(|seen| seen.synack_left == Some(true));
        !left && !view.completes(request.local())
    });
    let chains = if stuck.is_empty() { Vec::new() } else { off_loopback(view) };
    // Those behind the first few meet what they meet.
    for &index in stuck.iter().take(WALKS_MAX) {
        let request = &view.requests()[index];
        let flow = request.track.flow;
        let all = ends(view, &chains, &OUT, flow, Step::SynAck);
        let Some(stop) = all.iter().find(|stop| stop.certain) else { continue };
        let alike: Vec<usize> = stuck
            .iter()
            .copied()
            .filter(|&other| view.requests()[other].local() == request.local())
            .collect();
        describe(
            cases,
            stop,
            text![phrase::stuck(view, &alike), ": the SYN-ACK is dropped inside this host"],
        )
        .arg("stage", Value::Word("output-rule"))
        .affects(alike)
        .supports(
            Weight::Strong,
            fact(stop, text!["the SYN-ACK of ", flow.local, " to ", flow.peer.ip]),
        );
        return;
    }
}
