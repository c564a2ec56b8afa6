//! Rules and routes in the words of iproute2.

use std::fmt::Write as _;

use synrecv_model::{
    LinkNames, NextHop, PortRange, Route, RouteKind, Rule, RuleAction, table_name,
};

use super::super::columns::Row;
use super::super::or_none;
use super::destination;
use crate::escape::foreign;
use crate::rows::{flag_names, metric_name, protocol_name};

/// RTAX_LOCK: the metrics that must not be learnt, one bit each.
const RTAX_LOCK: u16 = 1;

/// All selectors of a rule; `all` when it matches everything.
pub(in crate::table) fn selectors(rule: &Rule) -> String {
    let mut words = Vec::new();
    let mut say = |word: &str, value: Option<String>| {
        words.extend(value.map(|value| format!("{word} {value}")));
    };
    let range = |range: PortRange| {
        if range.start == range.end {
            range.start.to_string()
        } else {
            format!("{}-{}", range.start, range.end)
        }
    };
    say("from", rule.from.map(|net| net.to_string()));
    say("to", rule.to.map(|net| net.to_string()));
    say("iif", rule.iif.as_ref().map(|name| foreign(&name.0)));
    say("oif", rule.oif.as_ref().map(|name| foreign(&name.0)));
    say(
        "fwmark",
        rule.fwmark.map(|(mark, mask)| match mask {
            u32::MAX => format!("{mark:#x}"),
            mask => format!("{mark:#x}/{mask:#x}"),
        }),
    );
    say("tos", (rule.tos != 0).then(|| format!("{:#x}", rule.tos)));
    say("dscp", rule.dscp.map(|dscp| dscp.to_string()));
    say("uidrange", rule.uid_range.map(|uids| format!("{}-{}", uids.start, uids.end)));
    say("ipproto", rule.ip_protocol.map(|protocol| protocol.to_string()));
    say("sport", rule.sport.map(range));
    say("dport", rule.dport.map(range));
    say("tun_id", rule.tun_id.map(|id| id.to_string()));
    match (rule.invert, words.is_empty()) {
        (false, true) => "all".to_owned(),
        (true, true) => "not all".to_owned(),
        (false, false) => words.join(" "),
        (true, false) => format!("not {}", words.join(" ")),
    }
}

/// What a rule does.
pub(in crate::table) fn action(rule: &Rule) -> String {
    let table = table_name(rule.table).map_or_else(|| rule.table.to_string(), ToOwned::to_owned);
    let mut words = match rule.action {
        RuleAction::ToTable if rule.l3mdev => "lookup the VRF's table".to_owned(),
        RuleAction::ToTable => format!("lookup {table}"),
        RuleAction::Goto => {
            rule.goto.map_or_else(|| "goto ?".to_owned(), |to| format!("goto {to}"))
        }
        RuleAction::Other(number) => format!("action {number}"),
        action => action.name().to_owned(),
    };
    if let Some(length) = rule.suppress_prefix_len {
        let _ = write!(words, " suppress_prefixlength {length}");
    }
    if let Some(group) = rule.suppress_if_group {
        let _ = write!(words, " suppress_ifgroup {group}");
    }
    words
}

/// A route: one row, and one more for each further next hop.
pub(super) fn route(route: &Route, names: &LinkNames) -> Vec<Row> {
    let prefix = match route.kind {
        RouteKind::Unicast => destination(route.destination),
        RouteKind::Other(number) => format!("type {number} {}", destination(route.destination)),
        kind => format!("{} {}", kind.name(), destination(route.destination)),
    };
    let several = route.next_hops.len() > 1;
    let first = route.next_hops.first();
    let mut head = Row::new(&[
        &prefix,
        &first.map_or_else(|| "-".to_owned(), |hop| dev(hop, names)),
        &first.map_or_else(|| "-".to_owned(), |hop| via(hop, route)),
        &or_none(route.prefsrc),
        &route.metric,
        &protocol_name(route.protocol),
    ]);
    for words in notes(route) {
        head.remark(None, &words);
    }
    if let Some(hop) = first {
        remark_hop(&mut head, hop, several);
    }
    let mut rows = vec![head];
    rows.extend(route.next_hops.iter().skip(1).map(|hop| {
        let mut row = Row::new(&[&"  or", &dev(hop, names), &via(hop, route), &"", &"", &""]);
        remark_hop(&mut row, hop, several);
        row
    }));
    rows
}

fn dev(hop: &NextHop, names: &LinkNames) -> String {
    if hop.ifindex == 0 { "-".to_owned() } else { foreign(&names.name(hop.ifindex).0) }
}

fn via(hop: &NextHop, route: &Route) -> String {
    match hop.gateway {
        Some(gateway) => gateway.to_string(),
        None if route.kind == RouteKind::Unicast => "on-link".to_owned(),
        None => "-".to_owned(),
    }
}

fn remark_hop(row: &mut Row, hop: &NextHop, several: bool) {
    if several {
        row.remark(None, &format!("weight {}", hop.weight));
    }
    let flags = flag_names(hop.flags);
    if !flags.is_empty() {
        let broken = hop.flags.dead || hop.flags.linkdown;
        row.remark(broken.then_some(synrecv_model::Severity::Warning), &flags.join(" "));
    }
}

fn notes(route: &Route) -> Vec<String> {
    let mut notes = Vec::new();
    notes.extend(route.source.map(|source| format!("from {source}")));
    notes.extend((route.tos != 0).then(|| format!("tos {:#x}", route.tos)));
    notes.extend(route.nexthop_id.map(|id| format!("next-hop object {id}")));
    let metrics = route.metrics.iter();
    let locks =
        metrics.clone().find(|metric| metric.number == RTAX_LOCK).map_or(0, |lock| lock.value);
    notes.extend(metrics.filter(|metric| metric.number != RTAX_LOCK).map(|metric| {
        let locked = 1_u32.checked_shl(metric.number.into()).is_some_and(|bit| locks & bit != 0);
        let lock = if locked { "lock " } else { "" };
        format!("{} {lock}{}", metric_name(metric.number), metric.value)
    }));
    notes.extend(route.expires_s.map(|left| format!("expires in {left} s")));
    notes.extend(match route.preference {
        Some(1) => Some("preference high".to_owned()),
        Some(3) => Some("preference low".to_owned()),
        _ => None,
    });
    notes
}
