//! The ARP and ND tables, with what a reader would otherwise look for by hand: gateways, one MAC
//! behind several addresses, silence.

mod marks;
#[cfg(test)]
mod tests;

use std::io::{self, Write};

use serde::Serialize;
use synrecv_model::view::{Machine, Neighbourhood};
use synrecv_model::{
    Address, Family, Host, Link, LinkNames, Mac, Neighbour, Nud, Route, Section, SourceKind, order,
};

use super::columns::{Row, write_filled};
use super::json::{Rows, RowsJson};
use super::{counted, heading, lasting, legend, shortcomings};
use crate::Style;
use crate::digits;
use crate::escape::{foreign, shown};
use crate::layout::Column;
use crate::rows::{NeighbourRow, SectionRow};
pub(super) use marks::{KnownMac, Mark, marks};
use marks::{Share, each_mark, is_suspect, role};

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
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub(super) struct ArpJson<'a> {
    /// Entries of both families.
    #[cfg_attr(feature = "schema", schemars(with = "Option<Vec<ArpRow>>"))]
    neighbours: Option<Rows<'a, Neighbour, ArpRow>>,
}

/// An entry, and what is to be said about it.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
struct ArpRow {
    #[serde(flatten)]
    neighbour: NeighbourRow,
    /// `gateway` of a route by this device, `own` for an address of this host; absent for others
    /// and when routes and addresses are not known.
    #[serde(skip_serializing_if = "Option::is_none")]
    role: Option<&'static str>,
    /// `shared-mac`, `gateway-mac`, `own-mac`, `vrrp-mac`, `hsrp-mac`, `calico-mac`, `permanent`,
    /// `unresolved`, `no-route`: see the text of the table.
    marks: Vec<&'static str>,
    /// Addresses of this device that resolve to this MAC, this one counted. Absent for one, and
    /// for IPv6 unless some of them are not the machine's own.
    #[serde(skip_serializing_if = "Option::is_none")]
    mac_address_count: Option<u32>,
    /// Whose MAC it is when it has several addresses: that of a gateway, or the only one that
    /// belongs on this wire. Absent where that cannot be told.
    #[serde(skip_serializing_if = "Option::is_none")]
    mac_of: Option<String>,
    /// The MAC answers for addresses that do not belong on this wire, and is no gateway's. Absent
    /// unless it has several addresses.
    #[serde(skip_serializing_if = "Option::is_none")]
    mac_suspect: Option<bool>,
}

impl ArpTable<'_> {
    fn names(&self) -> LinkNames {
        self.links.data().map(|links| LinkNames::new(links)).unwrap_or_default()
    }

    fn seen(&self) -> Neighbourhood {
        let entries = self.neighbours.data().map_or(&[][..], Vec::as_slice);
        let links = self.links.data().map_or(&[][..], Vec::as_slice);
        Neighbourhood::new(entries, links, self.addresses, self.routes)
    }

    /// Writes the table as JSON.
    pub fn write_json(&self, out: &mut dyn Write) -> io::Result<()> {
        let names = self.names();
        let seen = self.seen();
        let sections = order::map([
            ("neighbours", SectionRow::of(self.neighbours)),
            ("links", SectionRow::of(self.links)),
            ("addresses", SectionRow::of(self.addresses)),
            ("routes", SectionRow::of(self.routes)),
        ]);
        let row = |entry: &Neighbour| {
            let found = marks(&seen, entry, &names);
            let share = found.iter().find_map(|mark| match mark {
                Mark::SharedMac(share) => Some(*share),
                _ => None,
            });
            ArpRow {
                neighbour: NeighbourRow::new(entry, &names),
                role: role(&seen, entry),
                mac_address_count: share.map(Share::address_count),
                mac_of: share.and_then(|share| share.owner).map(|owner| owner.to_string()),
                mac_suspect: share.map(Share::is_suspect),
                marks: found.iter().map(Mark::name).collect(),
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
        let seen = self.seen();
        let hides = |entry: &Neighbour| entry.state == Nud::NoArp && style.verbosity < 1;
        let hidden = entries.iter().filter(|entry| hides(entry)).count();
        let mut rest = Vec::new();
        for (family, title) in [(Family::V4, "ARP"), (Family::V6, "ND")] {
            let shown = |entry: &&Neighbour| Family::of(entry.address) == family && !hides(entry);
            let count = entries.iter().filter(shown).count();
            if count == 0 {
                rest.push(title);
                continue;
            }
            heading(out, &format!("{title}  {count}"), style)?;
            let fill = |entry: &Neighbour, row: &mut Row| fill(row, entry, &seen, &names);
            let place = |entry: &Neighbour| (entry.ifindex, entry.address);
            if entries.is_sorted_by_key(place) {
                write_filled(out, COLUMNS, entries.iter().filter(shown), fill, style)?;
            } else {
                let mut shown: Vec<&Neighbour> = entries.iter().filter(shown).collect();
                order::sort_by_key(&mut shown, |entry| place(entry));
                write_filled(out, COLUMNS, shown, fill, style)?;
            }
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
        write_sharing(out, &seen, &names, style)
    }
}

/// Machines named below the table; a flood of them would hide it.
const SUSPECTS_MAX: usize = 5;

/// Who answers for several addresses, below the table.
fn write_sharing(
    out: &mut dyn Write,
    seen: &Neighbourhood,
    names: &LinkNames,
    style: Style,
) -> io::Result<()> {
    let mut suspects: Vec<_> = seen.machines().filter(|(_, machine)| is_suspect(machine)).collect();
    order::sort_by_key(&mut suspects, |&(key, _)| key);
    for ((ifindex, mac, _), machine) in suspects.iter().take(SUSPECTS_MAX) {
        let dev = foreign(&names.name(*ifindex).0);
        let count = counted(machine.outside_count as usize, "address", "addresses");
        let words = format!(
            "{mac} on {dev} answers for {count} beyond the prefix that fits this wire (synrecv-doctor \
             interfaces), and is not a gateway: synrecv-doctor explain proxy-arp",
        );
        legend(out, &words, style)?;
    }
    if suspects.len() > SUSPECTS_MAX {
        legend(out, &format!("And {} more.", suspects.len() - SUSPECTS_MAX), style)?;
    }
    let shares = |((_, _, family), machine): (&(u32, Mac, Family), &Machine)| {
        *family == Family::V4 && machine.address_count > 1
    };
    if suspects.is_empty() && seen.machines().any(shares) {
        legend(
            out,
            "Same MAC: one machine has these addresses or answers for them. Normal for a gateway that \
             answers for others and for a host with several addresses.",
            style,
        )?;
    }
    Ok(())
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

fn fill(row: &mut Row, entry: &Neighbour, seen: &Neighbourhood, names: &LinkNames) {
    let resolved = entry.ages.filter(|_| entry.mac.is_some());
    let role = if entry.flags.proxy { Some("proxy") } else { role(seen, entry) };
    row.value(Some(entry.ifindex), "", |out, ifindex| device(out, ifindex, names));
    row.value(Some(entry.address), "", digits::ip);
    row.word(entry.state.name());
    row.value(entry.mac.filter(|mac| !mac.is_zero()), "-", digits::mac);
    row.word(role.or(entry.flags.router.then_some("router")).unwrap_or("-"));
    row.value(resolved.map(|ages| ages.confirmed_ms), "-", lasting);
    row.value(resolved.map(|ages| ages.used_ms), "-", lasting);
    each_mark(seen, entry, names, &mut |mark| {
        let words = mark.words();
        if !words.is_empty() {
            row.remark(mark.severity(), &words);
        }
    });
    if entry.flags.extern_learn {
        row.remark(None, "set by a control plane");
    }
    if entry.flags.managed {
        row.remark(None, "kept resolved");
    }
}

/// Appends the name of a device; `*` for the entry of every device.
fn device(out: &mut Vec<u8>, ifindex: u32, names: &LinkNames) {
    match names.get(ifindex) {
        _ if ifindex == 0 => out.push(b'*'),
        Some(name) => out.extend_from_slice(shown(&name.0).as_bytes()),
        None => {
            out.extend_from_slice(b"if");
            digits::decimal(out, ifindex.into());
        }
    }
}
