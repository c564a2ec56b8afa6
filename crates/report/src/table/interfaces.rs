//! Devices, their addresses with the prefixes they claim, and the settings in force.

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::io::{self, Write};

use ipnet::IpNet;
use serde::Serialize;
use synrecv_model::view::{Misfit, Neighbourhood, PrefixFit};
use synrecv_model::{
    Address, DeviceSettings, Host, Link, LinkNames, Neighbour, Route, Section, Settings, Severity,
    SourceKind, order,
};

use super::columns::{Row, write_rows};
use super::json::{Rows, RowsJson};
use super::{counted, duration, heading, legend, or_none, shortcomings};
use crate::Style;
use crate::escape::foreign;
use crate::layout::Column;
use crate::rows::{InterfaceRow, PrefixFitRow, SectionRow};

/// What the table of devices is made of.
#[derive(Clone, Copy, Debug)]
pub struct InterfacesTable<'a> {
    /// Where the facts came from.
    pub kind: SourceKind,
    /// The machine.
    pub host: &'a Host,
    /// Devices.
    pub links: &'a Section<Vec<Link>>,
    /// Addresses of this host.
    pub addresses: &'a Section<Vec<Address>>,
    /// Settings in force.
    pub settings: &'a Section<Settings>,
    /// Neighbours, to see whether prefixes fit.
    pub neighbours: &'a Section<Vec<Neighbour>>,
    /// Routes, for gateways.
    pub routes: &'a Section<Vec<Route>>,
}

/// `interfaces` in JSON.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub(super) struct InterfacesJson<'a> {
    /// Devices, with addresses and settings.
    #[cfg_attr(feature = "schema", schemars(with = "Option<Vec<InterfaceRow>>"))]
    interfaces: Option<Rows<'a, Link, InterfaceRow>>,
    /// Settings of the namespace by name; `null` when they could not be read.
    settings: Option<BTreeMap<&'a str, i64>>,
}

impl InterfacesTable<'_> {
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
            ("links", SectionRow::of(self.links)),
            ("addresses", SectionRow::of(self.addresses)),
            ("settings", SectionRow::of(self.settings)),
            ("neighbours", SectionRow::of(self.neighbours)),
            ("routes", SectionRow::of(self.routes)),
        ]);
        let mut by_device: BTreeMap<u32, Vec<Address>> = BTreeMap::new();
        for address in self.addresses.data().into_iter().flatten() {
            by_device.entry(address.ifindex).or_default().push(address.clone());
        }
        let known = self.addresses.data().is_some();
        let row = |link: &Link| {
            let own = by_device.get(&link.ifindex).map_or(&[][..], Vec::as_slice);
            let settings = self.settings.data();
            let mut row = InterfaceRow::new(link, known.then_some(own), settings, &names);
            for (row, address) in row.addresses.iter_mut().flatten().zip(own) {
                row.fit = seen.fit(address).map(PrefixFitRow::new);
            }
            row
        };
        let rows = InterfacesJson {
            interfaces: self.links.data().map(|links| Rows::new(links, row)),
            settings: self.settings.data().map(|settings| {
                let values = settings.values.iter();
                order::map(values.map(|(name, &value)| (AsRef::<str>::as_ref(name), value)))
            }),
        };
        super::json::write(out, self.kind, self.host, sections, RowsJson::Interfaces(rows))
    }

    /// Writes the table as text.
    pub fn write_text(&self, style: Style, out: &mut dyn Write) -> io::Result<()> {
        shortcomings(out, "devices", self.links, style)?;
        shortcomings(out, "addresses", self.addresses, style)?;
        if self.links.data().is_none() && self.addresses.data().is_none() {
            return Ok(());
        }
        shortcomings(out, "settings", self.settings, style)?;
        let names = self.names();
        if let Some(links) = self.links.data() {
            let settings = self.settings.data();
            heading(out, &format!("INTERFACES  {}", links.len()), style)?;
            let rows = links.iter().map(|link| {
                let own = settings.and_then(|settings| settings.devices.get(&link.ifindex));
                device_row(link, own, &names)
            });
            write_rows(out, DEVICES, rows, style)?;
        }
        if let Some(addresses) = self.addresses.data() {
            if self.links.data().is_some() {
                writeln!(out)?;
            }
            heading(out, &format!("ADDRESSES  {}", addresses.len()), style)?;
            shortcomings(out, "neighbours", self.neighbours, style)?;
            shortcomings(out, "gateways", self.routes, style)?;
            if !addresses.is_empty() {
                let seen = self.seen();
                let fit = |address| seen.fit(address);
                let rows =
                    addresses.iter().map(|address| address_row(address, fit(address), &names));
                write_rows(out, ADDRESSES, rows, style)?;
                if addresses.iter().filter_map(fit).any(|fit| fit.misfit.is_some()) {
                    writeln!(out)?;
                    legend(out, SUGGESTION, style)?;
                }
            }
        }
        Ok(())
    }
}

const SUGGESTION: &str = "FITS suggests a prefix that holds this host, its gateways and the neighbours that answer \
     for themselves. It is no verdict: synrecv-doctor says whether connections suffer.";

const DEVICES: &[Column] = &[
    Column::left("DEV"),
    Column::left("STATE"),
    Column::left("MAC"),
    Column::left("RP_FILTER"),
    Column::right("MTU"),
    Column::left("KIND").optional(),
    Column::right("INDEX").optional(),
];

fn device_row(link: &Link, settings: Option<&DeviceSettings>, names: &LinkNames) -> Row {
    let mut row = Row::new(&[
        &foreign(&link.name.0),
        &state(link),
        &or_none(link.mac.filter(|mac| !mac.is_zero())),
        &rp_filter(link, settings),
        &link.mtu_bytes,
        &link.kind.as_ref().map_or_else(|| "-".to_owned(), |kind| foreign(&kind.0)),
        &link.ifindex,
    ]);
    if let Some(master) = link.master_ifindex {
        row.remark(None, &format!("part of {}", foreign(&names.name(master).0)));
    }
    match (link.peer_ifindex, link.peer_netns_id) {
        (Some(peer), Some(netns)) => {
            row.remark(None, &format!("other end: index {peer} in namespace {netns}"));
        }
        (Some(peer), None) => {
            row.remark(None, &format!("other end: {}", foreign(&names.name(peer).0)));
        }
        _ => {}
    }
    if let Some(settings) = settings {
        for words in settings_in_force(settings) {
            row.remark(Some(Severity::Info), &words);
        }
    }
    if !link.xdp_program_ids.is_empty() {
        let ids: Vec<String> = link.xdp_program_ids.iter().map(ToString::to_string).collect();
        row.remark(Some(Severity::Info), &format!("XDP program {}", ids.join(" ")));
    }
    if link.promiscuous {
        row.remark(Some(Severity::Info), "promiscuous");
    }
    if link.noarp && !link.loopback {
        row.remark(None, "asks no ARP");
    }
    if let Some(alias) = &link.alias {
        row.remark(None, &format!("alias {}", foreign(&alias.0)));
    }
    row
}

/// What the administrator wants and what the wire says, in one word.
fn state(link: &Link) -> String {
    match (link.up, link.carrier) {
        (false, _) => "off".to_owned(),
        (true, false) => "no carrier".to_owned(),
        (true, true) => match link.operstate.name() {
            "unknown" => "up".to_owned(),
            name => name.to_owned(),
        },
    }
}

fn rp_filter(link: &Link, settings: Option<&DeviceSettings>) -> String {
    if link.loopback {
        return "-".to_owned();
    }
    let Some(value) = settings.and_then(|settings| settings.rp_filter_effective) else {
        return "?".to_owned();
    };
    match value {
        0 => "off".to_owned(),
        1 => "strict".to_owned(),
        2 => "loose".to_owned(),
        other => other.to_string(),
    }
}

/// Settings that differ from what a host usually has.
fn settings_in_force(settings: &DeviceSettings) -> Vec<String> {
    let switches = [
        (settings.proxy_arp, "proxy_arp on"),
        (settings.arp_filter, "arp_filter on"),
        (settings.accept_local, "accept_local on"),
        (settings.forwarding_v4, "forwards IPv4"),
        (settings.forwarding_v6, "forwards IPv6"),
        (settings.proxy_ndp, "proxy_ndp on"),
        (settings.disable_ipv6, "IPv6 off"),
    ];
    let numbers = [(settings.arp_ignore, "arp_ignore"), (settings.arp_announce, "arp_announce")];
    let set = switches.iter().filter(|(on, _)| *on == Some(true)).map(|&(_, name)| name.to_owned());
    let given = numbers
        .iter()
        .filter_map(|&(value, name)| Some(format!("{name} {}", value.filter(|&value| value > 0)?)));
    set.chain(given).collect()
}

const ADDRESSES: &[Column] = &[
    Column::left("DEV"),
    Column::left("ADDRESS"),
    Column::left("FITS"),
    Column::left("NETMASK"),
    Column::left("RANGE"),
    Column::left("SCOPE").optional(),
    Column::left("BROADCAST").optional(),
];

fn address_row(address: &Address, fit: Option<&PrefixFit>, names: &LinkNames) -> Row {
    let dev = names.name(address.ifindex);
    let mut row = Row::new(&[
        &foreign(&dev.0),
        &format!("{}/{}", address.address, address.prefix_len),
        &fit.map_or_else(|| "-".to_owned(), fits),
        &or_none(address.netmask()),
        &range(address),
        &address.scope.name(),
        &or_none(address.broadcast),
    ]);
    if address.dad_failed {
        row.remark(Some(Severity::Problem), "not used: another host has it");
    } else if address.tentative {
        row.remark(Some(Severity::Warning), "not used yet: tentative");
    }
    if let Some((misfit, fitting)) = fit.and_then(|fit| fit.misfit) {
        let count = fit.map_or(0, |fit| fit.outside_count) as usize;
        let (severity, words) = misfit_words(misfit, fitting, count);
        row.remark(Some(severity), &words);
    }
    if let Some(peer) = address.peer {
        row.remark(None, &format!("other end {peer}/{}", address.prefix_len));
    }
    let flags = [
        (address.secondary, if address.address.is_ipv4() { "secondary" } else { "temporary" }),
        (address.deprecated, "deprecated"),
        (address.noprefixroute, "no prefix route"),
    ];
    for (_, name) in flags.iter().filter(|(set, _)| *set) {
        row.remark(None, name);
    }
    if let Some(label) = address.label.as_ref().filter(|&label| *label != dev) {
        row.remark(None, &format!("label {}", foreign(&label.0)));
    }
    if let Some(valid_s) = address.valid_s {
        row.remark(None, &format!("valid for {}", duration(u64::from(valid_s) * 1000)));
    }
    row
}

/// `yes`, or the prefix length that would fit; `-` when nobody is known on the wire.
fn fits(fit: &PrefixFit) -> String {
    match (fit.misfit, fit.fits()) {
        (Some((_, fitting)), _) => format!("/{}", fitting.prefix_len()),
        (None, Some(_)) => "yes".to_owned(),
        (None, None) => "-".to_owned(),
    }
}

fn misfit_words(misfit: Misfit, fitting: IpNet, outside_count: usize) -> (Severity, String) {
    let addresses = counted(outside_count, "address", "addresses");
    let (has, its) = if outside_count == 1 { ("has", "its") } else { ("have", "their") };
    match misfit {
        Misfit::SharedMac => {
            let words = format!("{addresses} beyond {fitting} {has} no MAC of {its} own");
            (Severity::Warning, words)
        }
        Misfit::GatewayMac => {
            (Severity::Info, format!("{addresses} beyond {fitting} {has} a gateway's MAC"))
        }
        Misfit::Silent => (Severity::Info, format!("no answer from {addresses} beyond {fitting}")),
        Misfit::TooNarrow => {
            let neighbours = counted(outside_count, "neighbour", "neighbours");
            (Severity::Info, format!("{neighbours} in {fitting} beyond it"))
        }
    }
}

/// First and last address of an IPv4 prefix that the address claims to be on the wire.
fn range(address: &Address) -> String {
    match address.prefix() {
        IpNet::V4(net) if net.prefix_len() < 32 => {
            format!("{}-{}", net.network(), net.broadcast())
        }
        _ => "-".to_owned(),
    }
}
