//! Who answers for an address, asked aloud: each answer in its order, and what they say together.

mod json;
#[cfg(test)]
mod tests;
mod whose;
mod words;

use std::io::{self, Write};
use std::net::IpAddr;

use synrecv_model::view::Neighbourhood;
use synrecv_model::view::probe::{ProbeView, unheard, views};
use synrecv_model::{
    Address, Host, Link, LinkNames, Mac, Neighbour, ProbePurpose, ProbeSender, Probed, Route,
    Section, SourceKind, order,
};

use super::columns::{Row, write_rows};
use super::json::RowsJson;
use super::{Or, counted, heading, legend, shortcomings};
use crate::Style;
use crate::escape::foreign;
use crate::layout::Column;
use crate::rows::SectionRow;
pub(super) use json::ProbeJson;
use json::{AskedRow, SentJson};
use whose::Faces;

/// What was sent to get the answers.
#[derive(Clone, Debug, Default)]
pub struct ProbeSent {
    /// Frames.
    pub frame_count: u32,
    /// Frames that were announced, at most.
    pub frame_max: u32,
    /// From the first to the end.
    pub duration_ms: u64,
    /// Where questions came from: device, MAC, and address, unless it was none.
    pub senders: Vec<(u32, Mac, Option<IpAddr>)>,
}

/// What the table of answers is made of.
#[derive(Clone, Copy, Debug)]
pub struct ProbeTable<'a> {
    /// Where the facts came from.
    pub kind: SourceKind,
    /// The machine.
    pub host: &'a Host,
    /// The answers.
    pub probed: &'a Section<Vec<Probed>>,
    /// What was sent.
    pub sent: &'a ProbeSent,
    /// ARP and ND tables, to tell whose MAC it is.
    pub neighbours: &'a Section<Vec<Neighbour>>,
    /// Devices, for names and for this host's own MACs.
    pub links: &'a Section<Vec<Link>>,
    /// Addresses of this host.
    pub addresses: &'a Section<Vec<Address>>,
    /// Routes, for gateways.
    pub routes: &'a Section<Vec<Route>>,
}

/// What is read off the tables once.
struct Read<'a> {
    names: LinkNames,
    seen: Neighbourhood,
    views: Vec<ProbeView<'a>>,
    unheard: Vec<IpAddr>,
}

impl ProbeTable<'_> {
    fn read(&self) -> Read<'_> {
        let (entries, links) = (rows(self.neighbours), rows(self.links));
        let seen = Neighbourhood::new(entries, links, self.addresses, self.routes);
        let probed = rows(self.probed);
        let found = views(probed, |ip| seen.is_own(ip));
        Read { names: LinkNames::new(links), views: found, unheard: unheard(probed, entries), seen }
    }

    fn faces<'a>(&'a self, read: &'a Read<'a>) -> Faces<'a> {
        Faces {
            links: rows(self.links),
            neighbours: rows(self.neighbours),
            seen: &read.seen,
            views: &read.views,
        }
    }

    /// Writes the answers as JSON.
    pub fn write_json(&self, out: &mut dyn Write) -> io::Result<()> {
        let read = self.read();
        let faces = self.faces(&read);
        let sections = order::map([
            ("probed", SectionRow::of(self.probed)),
            ("neighbours", SectionRow::of(self.neighbours)),
            ("links", SectionRow::of(self.links)),
            ("addresses", SectionRow::of(self.addresses)),
            ("routes", SectionRow::of(self.routes)),
        ]);
        let row = |view: &ProbeView<'_>| AskedRow::new(view, &faces, &read.names);
        let rows = ProbeJson {
            probed: self.probed.data().map(|_| read.views.iter().map(row).collect()),
            sent: SentJson::new(self.sent, &read.names),
            unheard: read.unheard.iter().map(ToString::to_string).collect(),
        };
        super::json::write(out, self.kind, self.host, sections, RowsJson::Probe(rows))
    }

    /// Writes the answers as text.
    pub fn write_text(&self, style: Style, out: &mut dyn Write) -> io::Result<()> {
        shortcomings(out, "answers", self.probed, style)?;
        if self.probed.data().is_none() {
            return Ok(());
        }
        shortcomings(out, "neighbours", self.neighbours, style)?;
        shortcomings(out, "devices", self.links, style)?;
        shortcomings(out, "addresses", self.addresses, style)?;
        shortcomings(out, "gateways", self.routes, style)?;
        let read = self.read();
        let faces = self.faces(&read);
        let is_unused = |view: &&ProbeView<'_>| view.probed.purpose == ProbePurpose::Unused;
        let (unused, asked): (Vec<_>, Vec<_>) = read.views.iter().partition(is_unused);
        let parts =
            [("ASKED FOR", asked), ("BESIDE THEM, ADDRESSES THAT NOBODY SHOULD OWN", unused)];
        for (title, views) in parts.into_iter().filter(|(_, views)| !views.is_empty()) {
            heading(out, &format!("{title}  {}", views.len()), style)?;
            let lines = views.into_iter().flat_map(|view| lines(view, &faces, &read.names));
            write_rows(out, COLUMNS, lines, style)?;
            writeln!(out)?;
        }
        for words in words::meanings(&read.views, &faces) {
            legend(out, &words, style)?;
        }
        if let Some(words) = words::unheard(&read.unheard) {
            legend(out, &words, style)?;
        }
        legend(out, &self.sent_words(), style)?;
        legend(out, self.price(), style)
    }

    fn sent_words(&self) -> String {
        let ProbeSent { frame_count, frame_max, duration_ms, senders } = self.sent;
        let from: Vec<String> = senders
            .iter()
            .map(|(_, mac, address)| {
                let address = address.map_or_else(|| "no address".to_owned(), |ip| ip.to_string());
                format!("{address} at {mac}")
            })
            .collect();
        format!(
            "Sent {} of at most {frame_max} in {}.{} s, from {}.",
            counted(*frame_count as usize, "frame", "frames"),
            duration_ms / 1_000,
            duration_ms % 1_000 / 100,
            from.join(", "),
        )
    }

    fn price(&self) -> &'static str {
        let of_device = |probed: &Probed| matches!(probed.sender, ProbeSender::Device(_));
        if rows(self.probed).iter().any(of_device) {
            "The kernel took the answers too: an entry of its table can have changed (synrecv-doctor arp)."
        } else {
            "The MAC was made up, so the kernel took none of the answers: its table is as it was."
        }
    }
}

fn rows<T>(section: &Section<Vec<T>>) -> &[T] {
    section.data().map_or(&[], Vec::as_slice)
}

const COLUMNS: &[Column] = &[
    Column::left("DEV"),
    Column::left("ADDRESS"),
    Column::left("ANSWER"),
    Column::right("DELAY"),
    Column::left("MAC"),
    Column::left("WHOSE"),
];

/// One line for each who answered, the first with the verdict.
fn lines(view: &ProbeView<'_>, faces: &Faces<'_>, names: &LinkNames) -> Vec<Row> {
    let probed = view.probed;
    let dev = foreign(&names.name(probed.ifindex).0);
    let mut lines: Vec<Row> = view
        .answerers
        .iter()
        .enumerate()
        .map(|(at, answerer)| {
            let whose = faces.whose(probed, answerer.mac).short();
            let (dev, target) = if at == 0 { (&*dev, Some(probed.target)) } else { ("", None) };
            Row::new(&[
                &dev,
                &Or { value: target, or: "" },
                &ordinal(at + 1),
                &words::delays((answerer.fastest_us, answerer.slowest_us)),
                &answerer.mac,
                if whose.is_empty() { &"-" } else { &whose },
            ])
        })
        .collect();
    if lines.is_empty() {
        let none = if view.is_own { "-" } else { "none" };
        lines.push(Row::new(&[&dev, &probed.target, &none, &"-", &"-", &"-"]));
    }
    lines[0].remark(words::severity(view, faces), &words::verdict(view));
    lines
}

fn ordinal(number: usize) -> String {
    let ending = match (number % 10, number % 100) {
        (1, n) if n != 11 => "st",
        (2, n) if n != 12 => "nd",
        (3, n) if n != 13 => "rd",
        _ => "th",
    };
    format!("{number}{ending}")
}
