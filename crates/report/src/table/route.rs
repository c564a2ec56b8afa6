//! Policy rules and the routes of all tables.

mod row;
#[cfg(test)]
mod tests;
pub(super) mod words;

use std::collections::BTreeMap;
use std::io::{self, Write};

use serde::Serialize;
use synrecv_model::{
    Family, Host, Link, LinkNames, NextHopObject, Route, RouteKind, Rule, Section, SourceKind,
    order, table_name,
};

use super::columns::{Row, write_rows};
use super::json::{Rows, RowsJson, WrittenRows};
use super::{counted, heading, legend, shortcomings};
use crate::Style;
use crate::layout::Column;
use crate::rows::{NextHopObjectRow, RuleRow, SectionRow};
use row::Devices;

/// RT_TABLE_LOCAL, which the kernel fills with this host's own addresses.
const TABLE_LOCAL: u32 = 255;
/// RT_TABLE_MAIN.
const TABLE_MAIN: u32 = 254;

/// What the table of routes is made of.
#[derive(Clone, Copy, Debug)]
pub struct RouteTable<'a> {
    /// Where the facts came from.
    pub kind: SourceKind,
    /// The machine.
    pub host: &'a Host,
    /// Routes of all tables.
    pub routes: &'a Section<Vec<Route>>,
    /// Policy rules.
    pub rules: &'a Section<Vec<Rule>>,
    /// Next-hop objects.
    pub nexthops: &'a Section<Vec<NextHopObject>>,
    /// Devices, for their names.
    pub links: &'a Section<Vec<Link>>,
    /// Also show in text what the kernel keeps for itself: the table `local`, broadcast and
    /// multicast.
    pub all: bool,
}

/// `route` in JSON.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub(super) struct RoutesJson<'a> {
    /// Policy rules, IPv4 first, in the order in which the kernel asks them.
    #[cfg_attr(feature = "schema", schemars(with = "Option<Vec<RuleRow>>"))]
    rules: Option<Rows<'a, Rule, RuleRow>>,
    /// Routes of all tables.
    #[cfg_attr(feature = "schema", schemars(with = "Option<Vec<crate::rows::RouteRow>>"))]
    routes: Option<WrittenRows<'a, Route>>,
    /// Next-hop objects.
    #[cfg_attr(feature = "schema", schemars(with = "Option<Vec<NextHopObjectRow>>"))]
    nexthops: Option<Rows<'a, NextHopObject, NextHopObjectRow>>,
}

impl RouteTable<'_> {
    fn names(&self) -> LinkNames {
        self.links.data().map(|links| LinkNames::new(links)).unwrap_or_default()
    }

    /// Writes the table as JSON.
    pub fn write_json(&self, out: &mut dyn Write) -> io::Result<()> {
        let names = self.names();
        let sections = order::map([
            ("routes", SectionRow::of(self.routes)),
            ("rules", SectionRow::of(self.rules)),
            ("nexthops", SectionRow::of(self.nexthops)),
            ("links", SectionRow::of(self.links)),
        ]);
        let devices = Devices::new(self.links.data().map_or(&[], Vec::as_slice));
        let rows = RoutesJson {
            rules: self.rules.data().map(|rules| Rows::new(rules, RuleRow::new)),
            routes: self
                .routes
                .data()
                .map(|all| WrittenRows::new(all, |route, out| row::append(out, route, &devices))),
            nexthops: self
                .nexthops
                .data()
                .map(|all| Rows::named(all, &names, NextHopObjectRow::new)),
        };
        super::json::write(out, self.kind, self.host, sections, RowsJson::Route(rows))
    }

    /// Writes the table as text.
    pub fn write_text(&self, style: Style, out: &mut dyn Write) -> io::Result<()> {
        shortcomings(out, "routes", self.routes, style)?;
        shortcomings(out, "rules", self.rules, style)?;
        if self.routes.data().is_none() && self.rules.data().is_none() {
            return Ok(());
        }
        shortcomings(out, "next-hop objects", self.nexthops, style)?;
        shortcomings(out, "device names", self.links, style)?;
        if let Some(rules) = self.rules.data() {
            heading(out, &format!("RULES  {}", rules.len()), style)?;
            if !rules.is_empty() {
                write_rows(out, RULES, rules.iter().map(rule_row), style)?;
            }
        }
        let Some(routes) = self.routes.data() else { return Ok(()) };
        let names = self.names();
        let all = self.all || style.verbosity > 0;
        let mut tables: BTreeMap<u32, Vec<&Route>> = BTreeMap::new();
        let mut hidden = 0_usize;
        for route in routes {
            if all || !is_the_kernels_own(route) {
                tables.entry(route.table).or_default().push(route);
            } else {
                hidden += 1;
            }
        }
        let mut numbers: Vec<u32> = tables.keys().copied().collect();
        order::sort_by_key(&mut numbers, |&table| {
            (table != TABLE_MAIN, table == TABLE_LOCAL, table)
        });
        for number in numbers {
            let table = tables.entry(number).or_default();
            order::sort_by_key(table, |route| (route.family, route.destination, route.metric));
            write_table(out, number, table, &names, style)?;
        }
        if hidden > 0 {
            let words = format!(
                "Hidden: {} of the kernel's own (local, broadcast, multicast); --all shows them.",
                counted(hidden, "route", "routes"),
            );
            writeln!(out)?;
            legend(out, &words, style)?;
        }
        Ok(())
    }
}

fn is_the_kernels_own(route: &Route) -> bool {
    let own_kind = matches!(
        route.kind,
        RouteKind::Local | RouteKind::Broadcast | RouteKind::Anycast | RouteKind::Multicast
    );
    own_kind || route.table == TABLE_LOCAL
}

const RULES: &[Column] = &[
    Column::right("PRIORITY"),
    Column::left("FAMILY"),
    Column::left("MATCHES"),
    Column::left("DOES"),
];

fn rule_row(rule: &Rule) -> Row {
    let mut row = Row::new(&[
        &rule.priority,
        &rule.family.name(),
        &words::selectors(rule),
        &words::action(rule),
    ]);
    if !rule.unknown_selectors.is_empty() {
        let numbers: Vec<String> = rule.unknown_selectors.iter().map(u16::to_string).collect();
        row.remark(
            Some(synrecv_model::Severity::Warning),
            &format!("also matches by what is not understood: attribute {}", numbers.join(" ")),
        );
    }
    row
}

const ROUTES: &[Column] = &[
    Column::left("PREFIX"),
    Column::left("DEV"),
    Column::left("VIA"),
    Column::left("SRC"),
    Column::right("METRIC"),
    Column::left("PROTO").optional(),
];

fn write_table(
    out: &mut dyn Write,
    number: u32,
    routes: &[&Route],
    names: &LinkNames,
    style: Style,
) -> io::Result<()> {
    let name = table_name(number).map_or_else(|| number.to_string(), ToOwned::to_owned);
    writeln!(out)?;
    heading(out, &format!("TABLE {name}  {}", routes.len()), style)?;
    let rows = routes.iter().flat_map(|route| words::route(route, names));
    write_rows(out, ROUTES, rows, style)
}

/// `default` or the prefix.
pub(super) fn destination(net: ipnet::IpNet) -> String {
    if net.prefix_len() == 0 && net.addr().is_unspecified() {
        let family = Family::of(net.addr());
        return if family == Family::V4 { "default".to_owned() } else { "default (v6)".to_owned() };
    }
    net.to_string()
}
