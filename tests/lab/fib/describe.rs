//! Questions and answers in words.

use std::fmt::Write as _;

use synrecv_model::view::fib::{Cannot, FibAnswer, FibQuery, Refusal};
use synrecv_model::{NextHop, Route, RouteInfo};

use super::item::rule_words;
use super::kernel::Said;

/// The question as a command of `ip`.
pub(super) fn command(query: &FibQuery) -> String {
    let mut words = format!("ip route get {}", query.destination);
    let mut add = |word: &str, value: String| {
        write!(words, " {word} {value}").expect("writing to a String does not fail");
    };
    if let Some(source) = query.source {
        add("from", source.to_string());
    }
    if query.iif != 0 {
        add("iif", format!("if{}", query.iif));
    }
    if query.oif != 0 {
        add("oif", format!("if{}", query.oif));
    }
    if query.mark != 0 {
        add("mark", query.mark.to_string());
    }
    if query.tos != 0 {
        add("tos", format!("{:#x}", query.tos));
    }
    if let Some(uid) = query.uid {
        add("uid", uid.to_string());
    }
    if query.ip_protocol != 0 {
        add("ipproto", query.ip_protocol.to_string());
        add("sport", query.sport.to_string());
        add("dport", query.dport.to_string());
    }
    words
}

fn hop_words(hop: &NextHop) -> String {
    let gateway = hop.gateway.map_or_else(String::new, |gateway| format!("via {gateway} "));
    let dead = if hop.flags.dead { " dead" } else { "" };
    format!("{gateway}dev if{}{dead}", hop.ifindex)
}

fn hops_words(hops: &[NextHop]) -> String {
    hops.iter().map(hop_words).collect::<Vec<_>>().join(" | ")
}

fn route_words(route: &Route) -> String {
    let RouteInfo { kind, source, table, metric, tos, .. } = &**route;
    let destination = route.destination;
    let source = source.map_or_else(String::new, |source| format!(" from {source}"));
    let object = route.nexthop_id.map_or_else(String::new, |id| format!(" nhid {id}"));
    let hops = hops_words(&route.next_hops);
    let kind = kind.name();
    format!("{kind} {destination}{source} table {table} metric {metric} tos {tos}{object} [{hops}]")
}

/// Our answer.
pub(super) fn ours_words(ours: &FibAnswer<'_>) -> String {
    match ours {
        FibAnswer::Found(found) => {
            let rule = found.rule.map_or_else(|| "none".to_owned(), rule_words);
            let hops = hops_words(&found.next_hops);
            let by_source = hops_words(&found.source_matched);
            format!("rule {rule}\n    {}\n    {hops}; {by_source}", route_words(found.route))
        }
        FibAnswer::AssumedOnLink { oif } => format!("on the link of if{oif}"),
        FibAnswer::Refused { errno, by } => {
            let by = match by {
                Refusal::NoRoute => "no route".to_owned(),
                Refusal::Route { route, .. } => route_words(route),
                Refusal::Rule(rule) => format!("rule {}", rule_words(rule)),
                Refusal::Source(source) => format!("source {source}"),
                Refusal::Device(device) => format!("device if{device}"),
            };
            format!("errno {} {} by {by}", errno.0, errno.name())
        }
    }
}

/// The kernel's answer.
pub(super) fn said_words(said: &Said) -> String {
    let way = match &said.way {
        Ok(way) => {
            let gateway = way.gateway.map_or_else(String::new, |ip| format!("via {ip} "));
            format!("{} {gateway}dev if{} table {}", way.kind.name(), way.oif, way.table)
        }
        Err(errno) => format!("errno {} {}", errno.0, errno.name()),
    };
    match &said.entry {
        Ok(entry) => format!("{way}\n    {}", route_words(entry)),
        Err(errno) => format!("{way}\n    errno {} {}", errno.0, errno.name()),
    }
}

/// A word for what was answered, to count by.
pub(super) fn word(ours: &Result<FibAnswer<'_>, Cannot>) -> String {
    match ours {
        Err(cannot) => {
            format!("cannot: {cannot:?}").split([' ', '(']).take(2).collect::<Vec<_>>().join(" ")
        }
        Ok(FibAnswer::AssumedOnLink { .. }) => "assumed on link".to_owned(),
        Ok(FibAnswer::Refused { errno, by }) => {
            let by = format!("{by:?}");
            let by = by.split([' ', '(']).next().unwrap_or_default();
            format!("refused: {} by {by}", errno.name())
        }
        Ok(FibAnswer::Found(found)) => {
            let several = if found.next_hops.len() > 1 { ", several next hops" } else { "" };
            let by_source = if found.source_matched.is_empty() { "" } else { " by source" };
            format!("{} {}{several}{by_source}", found.route.family.name(), found.route.kind.name())
        }
    }
}
