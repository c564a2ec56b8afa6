//! The facts that the evidence rests on, collapsed.

use std::fmt::Write as _;

use super::blocks::{Align, Head, details, table};
use super::inline::{Place, code, foreign};
use crate::Report;
use crate::json::FactsJson;
use crate::rows::{AddressRow, InterfaceRow, NeighbourRow, NextHopRow, RouteRow, RuleRow};

/// Devices, routes, rules, neighbours and counters, as in the JSON report.
pub(super) fn facts(report: &Report<'_>, rows_max: usize) -> String {
    let facts = FactsJson::new(report);
    let names = facts.counters.iter().map(|(name, grown)| [quoted(name), grown.to_string()]);
    let parts = [
        part("Interfaces", INTERFACES, facts.interfaces.iter().map(interface), rows_max),
        part("Routes that hold a stuck peer", ROUTES, facts.routes.iter().map(route), rows_max),
        part("Policy rules", RULES, facts.rules.iter().map(rule), rows_max),
        part("Next hops and gateways", HOPS, facts.neighbours.iter().map(neighbour), rows_max),
        part("Counters that moved while watching", COUNTERS, names, rows_max),
    ];
    let content: String = parts.concat();
    if content.is_empty() {
        return String::new();
    }
    let summary = "Raw facts: interfaces, routes, rules, neighbours, counters";
    format!("\n{}", details(summary, &content))
}

const INTERFACES: [Head; 6] = [
    Head("device", Align::Left),
    Head("state", Align::Left),
    Head("MAC", Align::Left),
    Head("MTU", Align::Right),
    Head("addresses", Align::Left),
    Head("alias", Align::Left),
];

const ROUTES: [Head; 6] = [
    Head("table", Align::Right),
    Head("type", Align::Left),
    Head("destination", Align::Left),
    Head("next hops", Align::Left),
    Head("from", Align::Left),
    Head("metric", Align::Right),
];

const RULES: [Head; 3] =
    [Head("family", Align::Left), Head("priority", Align::Right), Head("rule", Align::Left)];

const HOPS: [Head; 4] = [
    Head("device", Align::Left),
    Head("address", Align::Left),
    Head("MAC", Align::Left),
    Head("state", Align::Left),
];

const COUNTERS: [Head; 2] = [Head("counter", Align::Left), Head("increase", Align::Right)];

fn part<const N: usize>(
    title: &str,
    heads: [Head; N],
    rows: impl Iterator<Item = [String; N]>,
    rows_max: usize,
) -> String {
    let rows: Vec<[String; N]> = rows.collect();
    if rows.is_empty() {
        return String::new();
    }
    format!("{title}\n\n{}\n", table(heads, &rows, rows_max))
}

fn quoted(words: &str) -> String {
    code(words, Place::Cell)
}

fn interface(row: &InterfaceRow) -> [String; 6] {
    let addresses = row.addresses.as_deref().map_or("?".to_owned(), |addresses| {
        let each = |one: &AddressRow| quoted(&format!("{}/{}", one.address, one.prefix_len));
        addresses.iter().map(each).collect::<Vec<_>>().join(" ")
    });
    [
        foreign(&row.dev, Place::Cell),
        format!("{}{}", row.operstate, if row.carrier { "" } else { ", no carrier" }),
        row.mac.as_deref().map_or(String::new(), quoted),
        row.mtu_bytes.to_string(),
        addresses,
        row.alias.as_deref().map_or(String::new(), |alias| foreign(alias, Place::Cell)),
    ]
}

fn next_hop(row: &NextHopRow) -> String {
    let mut out = String::new();
    if let Some(gateway) = &row.gateway {
        let _ = write!(out, "via {} ", quoted(gateway));
    }
    if let Some(dev) = &row.dev {
        let _ = write!(out, "dev {} ", foreign(dev, Place::Cell));
    }
    out.push_str(&row.flags.join(" "));
    out.trim_end().to_owned()
}

fn route(row: &RouteRow) -> [String; 6] {
    let hops: Vec<String> = row.next_hops.iter().map(next_hop).collect();
    [
        row.table_name.map_or_else(|| row.table.to_string(), ToOwned::to_owned),
        row.kind.to_owned(),
        quoted(&row.destination),
        hops.join("; "),
        row.protocol.to_string(),
        row.metric.to_string(),
    ]
}

fn rule(row: &RuleRow) -> [String; 3] {
    let mut words = String::new();
    let mut say = |name: &str, value: Option<&str>| {
        if let Some(value) = value {
            let _ = write!(words, "{name} {value} ");
        }
    };
    let not = if row.invert { "not from" } else { "from" };
    let range = |range: Option<[u32; 2]>| range.map(|[start, end]| format!("{start}-{end}"));
    let mark = row.fwmark.map(|mark| format!("{mark:#x}/{:#x}", row.fwmask.unwrap_or(u32::MAX)));
    say(not, Some(row.from.as_deref().unwrap_or("all")));
    say("to", row.to.as_deref());
    say("iif", row.iif.as_deref());
    say("oif", row.oif.as_deref());
    say("fwmark", mark.as_deref());
    say("tos", row.tos.map(|tos| tos.to_string()).as_deref());
    say("dscp", row.dscp.map(|dscp| dscp.to_string()).as_deref());
    say("uidrange", range(row.uid_range).as_deref());
    say("ipproto", row.ip_protocol.map(|protocol| protocol.to_string()).as_deref());
    say("sport", range(row.sport).as_deref());
    say("dport", range(row.dport).as_deref());
    say("tun_id", row.tun_id.map(|id| id.to_string()).as_deref());
    let table = row.table_name.map_or_else(|| row.table.to_string(), ToOwned::to_owned);
    match (row.l3mdev, row.goto) {
        (true, _) => say("lookup", Some("[l3mdev-table]")),
        (_, Some(goto)) => say("goto", Some(&goto.to_string())),
        _ if row.action == "lookup" => say("lookup", Some(&table)),
        _ => say(row.action, Some("")),
    }
    say("suppress_prefixlength", row.suppress_prefix_len.map(|len| len.to_string()).as_deref());
    [row.family.to_owned(), row.priority.to_string(), quoted(words.trim_end())]
}

fn neighbour(row: &NeighbourRow) -> [String; 4] {
    [
        row.dev.as_deref().map_or("all".to_owned(), |dev| foreign(dev, Place::Cell)),
        quoted(&row.address),
        row.mac.as_deref().map_or(String::new(), quoted),
        row.state.to_owned(),
    ]
}
