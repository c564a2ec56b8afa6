//! The ARP and ND tables, with what a reader would otherwise look for by hand: gateways, one MAC
//! behind several addresses, silence.

mod marks;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::io::{self, Write};

use schemars::JsonSchema;
use serde::Serialize;
use synrecv_model::{
    Address, Family, Host, Link, LinkNames, Neighbour, Nud, Route, Section, Severity, SourceKind,
};

use super::columns::{Row, write_rows};
use super::json::{Rows, RowsJson};
use super::{counted, duration, heading, legend, or_none, shortcomings};
use crate::Style;
use crate::escape::{foreign, printable};
use crate::layout::Column;
use crate::rows::{NeighbourRow, SectionRow};
use marks::{Mark, Marks, Role};

/// What the table of neighbours is made of.
#[derive(Clone, Copy, Debug)]
pub struct ArpTable<'a> {
    /// Where the facts came from.
    pub kind: SourceKind,
    /// The machine.
    pub host: &'a Host,
    /// The entries.
    pub neighbours: &'a Section<Vec<Neighbour>>,
    /// Devices, for names and for this host's own MACs.
    pub links: &'a Section<Vec<Link>>,
    /// Addresses of this host.
    pub addresses: &'a Section<Vec<Address>>,
    /// Routes, for gateways and prefixes on the wire.
    pub routes: &'a Section<Vec<Route>>,
}

/// `arp` in JSON.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct ArpJson<'a> {
    /// Entries of both families.
    #[schemars(with = "Option<Vec<ArpRow>>")]
    neighbours: Option<Rows<'a, Neighbour, ArpRow>>,
}

/// An entry, and what is to be said about it.
#[derive(Debug, Serialize, JsonSchema)]
struct ArpRow {
    #[serde(flatten)]
    neighbour: NeighbourRow,
    /// `gateway` of a route by this device, `own` for an address of this host; absent for others
    /// and when routes and addresses are not known.
    #[serde(skip_serializing_if = "Option::is_none")]
    role: Option<&'static str>,
    /// `shared-mac`, `own-mac`, `unresolved`, `no-route`: see the text of the table.
    marks: Vec<&'static str>,
    /// IPv4 addresses of this device that resolve to this MAC, this one counted; absent for one.
    #[serde(skip_serializing_if = "Option::is_none")]
    mac_address_count: Option<u32>,
}

impl ArpTable<'_> {
    fn names(&self) -> LinkNames {
        self.links.data().map(|links| LinkNames::new(links)).unwrap_or_default()
    }

    /// Writes the table as JSON.
    pub fn write_json(&self, out: &mut dyn Write) -> io::Result<()> {
        let names = self.names();
        let marks = Marks::new(self);
        let sections = BTreeMap::from([
            ("neighbours", SectionRow::of(self.neighbours)),
            ("links", SectionRow::of(self.links)),
            ("addresses", SectionRow::of(self.addresses)),
            ("routes", SectionRow::of(self.routes)),
        ]);
        let row = |entry: &Neighbour| {
            let found = marks.of(entry);
            ArpRow {
                neighbour: NeighbourRow::new(entry, &names),
                role: marks.role(entry).map(Role::name),
                mac_address_count: found.iter().find_map(|mark| match mark {
                    Mark::SharedMac(count) => Some(*count),
                    _ => None,
                }),
                marks: found.into_iter().map(Mark::name).collect(),
            }
        };
        let rows = ArpJson { neighbours: self.neighbours.data().map(|all| Rows::new(all, row)) };
        super::json::write(out, self.kind, self.host, sections, RowsJson::Arp(rows))
    }

    /// Writes the table as text. Entries that are never asked for are hidden unless `-v`.
    pub fn write_text(&self, style: Style, out: &mut dyn Write) -> io::Result<()> {
        shortcomings(out, "neighbours", self.neighbours, style)?;
        let Some(entries) = self.neighbours.data() else { return Ok(()) };
        shortcomings(out, "devices", self.links, style)?;
        shortcomings(out, "addresses", self.addresses, style)?;
        shortcomings(out, "gateways", self.routes, style)?;
        let names = self.names();
        let marks = Marks::new(self);
        let hides = |entry: &Neighbour| entry.state == Nud::NoArp && style.verbosity < 1;
        let hidden = entries.iter().filter(|entry| hides(entry)).count();
        let mut rest = Vec::new();
        for (family, title) in [(Family::V4, "ARP"), (Family::V6, "ND")] {
            let mut shown: Vec<&Neighbour> = entries
                .iter()
                .filter(|entry| Family::of(entry.address) == family && !hides(entry))
                .collect();
            if shown.is_empty() {
                rest.push(title);
                continue;
            }
            shown.sort_by_key(|entry| (entry.ifindex, entry.address));
            heading(out, &format!("{title}  {}", shown.len()), style)?;
            write_rows(
                out,
                COLUMNS,
                shown.into_iter().map(|entry| row(entry, &marks, &names)),
                style,
            )?;
            writeln!(out)?;
        }
        if !rest.is_empty() {
            legend(out, &format!("No entries: {}.", rest.join(", ")), style)?;
        }
        if hidden > 0 {
            legend(
                out,
                &format!(
                    "Hidden: {} without questions (noarp); -v shows them.",
                    counted(hidden, "entry", "entries")
                ),
                style,
            )?;
        }
        if marks.any_shared() {
            legend(
                out,
                "Same MAC: one machine has or answers for these addresses. Normal for a gateway that answers for \
                 others and for a host with several addresses; else see: synrecv-doctor explain proxy-arp",
                style,
            )?;
        }
        Ok(())
    }
}

const COLUMNS: &[Column] = &[
    Column::left("DEV"),
    Column::left("ADDRESS"),
    Column::left("STATE"),
    Column::left("MAC"),
    Column::left("ROLE"),
    Column::right("CONFIRMED").optional(),
    Column::right("USED").optional(),
];

fn row(entry: &Neighbour, marks: &Marks, names: &LinkNames) -> Row {
    let resolved = entry.ages.filter(|_| entry.mac.is_some());
    let role = if entry.flags.proxy { Some("proxy") } else { marks.role(entry).map(Role::name) };
    let mut row = Row::new(vec![
        if entry.ifindex == 0 { "*".to_owned() } else { foreign(&names.name(entry.ifindex).0) },
        entry.address.to_string(),
        entry.state.name().to_owned(),
        or_none(entry.mac.filter(|mac| !mac.is_zero())),
        or_none(role.or(entry.flags.router.then_some("router"))),
        resolved.map_or_else(|| "-".to_owned(), |ages| duration(ages.confirmed_ms)),
        resolved.map_or_else(|| "-".to_owned(), |ages| duration(ages.used_ms)),
    ]);
    for mark in marks.of(entry) {
        let (severity, words) = words(mark, marks.role(entry));
        row.remark(severity, &words);
    }
    if entry.flags.extern_learn {
        row.remark(None, "set by a control plane");
    }
    if entry.flags.managed {
        row.remark(None, "kept resolved");
    }
    row
}

fn words(mark: Mark, role: Option<Role>) -> (Option<Severity>, String) {
    match mark {
        Mark::SharedMac(count) => {
            let others = count.saturating_sub(1);
            let severity =
                if role == Some(Role::Gateway) { Severity::Info } else { Severity::Warning };
            (Some(severity), format!("same MAC as {others} more"))
        }
        Mark::GatewayMac => (Some(Severity::Info), "MAC of a gateway".to_owned()),
        Mark::OwnMac(dev) => {
            (Some(Severity::Info), format!("MAC of this host's {}", printable(&foreign(&dev.0))))
        }
        Mark::Unresolved(probes) => {
            let words = match probes {
                Some(probes @ 1..) => format!("no answer to {probes} questions"),
                _ => "no answer".to_owned(),
            };
            (Some(Severity::Warning), words)
        }
        Mark::NoRoute => (None, "no route puts it on this device".to_owned()),
    }
}
