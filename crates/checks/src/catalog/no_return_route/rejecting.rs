//! Routes and rules that reject replies, and clients to whom there is a way.

use std::collections::BTreeSet;
use std::net::IpAddr;

use synrecv_model::{
    Family, Origin, Route, RouteKind, Rule, RuleAction, Text, Value, Weight, text,
};

use crate::cases::{Case, Fact};
use crate::seen::{Seen, refused, unanswered_reply};
use crate::view::View;

pub(super) fn reject_routes<'a>(view: &View<'a>, v6: bool) -> Vec<&'a Route> {
    let rejecting = [RouteKind::Blackhole, RouteKind::Unreachable, RouteKind::Prohibit];
    view.routes()
        .iter()
        .filter(|route| route.destination.addr().is_ipv6() == v6)
        .filter(|route| rejecting.contains(&route.kind))
        .collect()
}

pub(super) fn reject_rules<'a>(view: &View<'a>, v6: bool) -> Vec<&'a Rule> {
    let family = if v6 { Family::V6 } else { Family::V4 };
    let rejects = |rule: &&Rule| rule.family == family && !reject_word(rule.action).is_empty();
    view.rules().iter().filter(rejects).collect()
}

/// As `ip rule` writes it; empty for a rule that rejects nothing.
pub(super) fn reject_word(action: RuleAction) -> &'static str {
    match action {
        RuleAction::Blackhole => "blackhole",
        RuleAction::Unreachable => "unreachable",
        RuleAction::Prohibit => "prohibit",
        RuleAction::ToTable | RuleAction::Goto | RuleAction::Nop | RuleAction::Other(_) => "",
    }
}

pub(super) fn has_default(view: &View<'_>, v6: bool) -> bool {
    view.routes().iter().any(|route| {
        route.destination.addr().is_ipv6() == v6
            && route.destination.prefix_len() == 0
            && route.kind == RouteKind::Unicast
    })
}

pub(super) fn argue_routes(view: &View<'_>, case: &mut Case, v6: bool) {
    let rejecting = reject_routes(view, v6);
    let family = if v6 { "-6" } else { "-4" };
    if !rejecting.is_empty() {
        let names = rejecting
            .iter()
            .take(ROUTES_SHOWN)
            .map(|route| text![route.kind.name(), " ", route.destination]);
        let mut text = text!["routes that reject: ", Text::join(names, ", ")];
        if rejecting.len() > ROUTES_SHOWN {
            text.push(text![" and ", rejecting.len() - ROUTES_SHOWN, " more"]);
        }
        case.supports(
            Weight::Weak,
            Fact::new(Origin::Route, "reject-routes", text)
                .with("route_count", Value::Number(rejecting.len() as u64))
                .recheck(format!("ip {family} route show table all")),
        );
    }
    let rules = reject_rules(view, v6);
    if !rules.is_empty() {
        let names = rules.iter().take(ROUTES_SHOWN).map(|rule| {
            let mut text = text![rule.priority, ":"];
            if let Some(from) = rule.from {
                text.push(text![" from ", from]);
            }
            if let Some(to) = rule.to {
                text.push(text![" to ", to]);
            }
            text.push(text![" ", reject_word(rule.action)]);
            text
        });
        let text = text!["rules that reject: ", Text::join(names, ", ")];
        case.supports(
            Weight::Weak,
            Fact::new(Origin::Route, "reject-rules", text)
                .with("rule_count", Value::Number(rules.len() as u64))
                .recheck(format!("ip {family} rule")),
        );
    }
    if !has_default(view, v6) {
        case.supports(
            Weight::Weak,
            Fact::new(Origin::Route, "no-default-route", text!["no table has a default route"])
                .recheck(format!("ip {family} route show table all default")),
        );
    }
}

const ROUTES_SHOWN: usize = 3;

/// Clients of listeners whose SYNs are not answered although the kernel names a way back to them.
pub(super) fn with_a_way(view: &View<'_>, v6: bool) -> Vec<IpAddr> {
    let named = |seen: &Seen<'_>| {
        let flow = seen.handshake.flow;
        let way = unanswered_reply(view, flow).is_some_and(|reply| reply.resolved.is_ok());
        way && flow.peer.ip.is_ipv6() == v6 && view.listener(flow.local).is_some()
    };
    let peers = refused(view).into_iter().filter(named).map(|seen| seen.handshake.flow.peer.ip);
    peers.collect::<BTreeSet<_>>().into_iter().collect()
}
