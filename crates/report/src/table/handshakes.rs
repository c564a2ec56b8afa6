//! The handshakes of a capture, as far as they are kept.

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::io::{self, Write};

use serde::Serialize;
use synrecv_model::{
    Capture, Handshake, HandshakeFrame, Host, Mac, Outcome, Section, Severity, SourceKind,
};

use super::columns::{Row, write_rows};
use super::json::{Rows, RowsJson};
use super::{counted, duration, heading, or_none, shortcomings};
use crate::escape::{foreign, plain};
use crate::layout::{Column, wrap};
use crate::rows::{CaptureRow, HandshakeRow, SectionRow};
use crate::{Style, capture};

/// What the table of handshakes is made of.
#[derive(Clone, Copy, Debug)]
pub struct HandshakesTable<'a> {
    /// Where the facts came from.
    pub kind: SourceKind,
    /// The machine, as far as it is known.
    pub host: &'a Host,
    /// The frames.
    pub frames: &'a Section<Capture>,
}

/// `sockets` of a capture in JSON.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub(super) struct HandshakesJson<'a> {
    /// The capture in numbers.
    capture: Option<CaptureRow>,
    /// Handshakes that did not complete, and a sample of those that did.
    #[cfg_attr(feature = "schema", schemars(with = "Option<Vec<HandshakeRow>>"))]
    handshakes: Option<Rows<'a, Handshake, HandshakeRow>>,
    /// Handshakes that are counted in `capture` and not listed.
    omitted_count: Option<u64>,
}

const COLUMNS: &[Column] = &[
    Column::left("PEER"),
    Column::left("LOCAL"),
    Column::left("OUTCOME"),
    Column::right("SYN"),
    Column::right("SYN-ACK"),
    Column::right("ACK"),
    Column::right("TTL"),
    Column::left("FROM"),
    Column::left("REPLY TO"),
    Column::right("FOR").optional(),
    Column::right("RST").optional(),
    Column::left("DEV").optional(),
];

impl HandshakesTable<'_> {
    /// Writes the table as JSON.
    pub fn write_json(&self, out: &mut dyn Write) -> io::Result<()> {
        let sections = BTreeMap::from([("frames", SectionRow::of(self.frames))]);
        let data = self.frames.data();
        let rows = HandshakesJson {
            capture: data.map(CaptureRow::new),
            handshakes: data.map(|capture| {
                Rows::new(&capture.handshakes, |one| HandshakeRow::new(capture, one))
            }),
            omitted_count: data.map(|capture| capture.omitted_handshake_count),
        };
        super::json::write(out, self.kind, self.host, sections, RowsJson::Handshakes(rows))
    }

    /// Writes the table as text. Without `-v` completed handshakes are only counted.
    pub fn write_text(&self, style: Style, out: &mut dyn Write) -> io::Result<()> {
        shortcomings(out, "frames", self.frames, style)?;
        let Some(capture) = self.frames.data() else { return Ok(()) };
        let all = style.verbosity > 0;
        let shown = |one: &&Handshake| all || one.outcome != Outcome::Completed;
        let count = capture.handshakes.iter().filter(shown).count();
        let kept = counted(count, "handshake", "handshakes");
        let which = if all { "" } else { " that did not complete" };
        heading(out, &format!("HANDSHAKES  {kept}{which}"), style)?;
        if count > 0 {
            let rows = capture.handshakes.iter().filter(shown).map(|one| row(capture, one));
            write_rows(out, COLUMNS, rows, style)?;
        }
        writeln!(out)?;
        for note in capture::about(capture) {
            out.write_all(wrap(" i  ", &plain(&note), style.width).as_bytes())?;
        }
        let omitted = usize::try_from(capture.omitted_handshake_count).unwrap_or(usize::MAX);
        if omitted > 0 {
            let words = format!("{} not listed", counted(omitted, "handshake", "handshakes"));
            out.write_all(wrap(" i  ", &words, style.width).as_bytes())?;
        }
        if !all && capture.count(Outcome::Completed) > 0 {
            let words = "-v also lists some that completed";
            out.write_all(wrap(" i  ", words, style.width).as_bytes())?;
        }
        Ok(())
    }
}

fn row(capture: &Capture, handshake: &Handshake) -> Row {
    let counts = handshake.counts;
    let syn = handshake.syns().last();
    let synack = handshake.synacks().last();
    let dev = |frame: Option<&HandshakeFrame>| {
        let name = capture.device(frame?)?.name.as_ref()?;
        Some(foreign(&name.0))
    };
    let first = handshake.frames.first().map(|frame| frame.at);
    let last = handshake.frames.last().map(|frame| frame.at);
    let length = first.zip(last).map(|(first, last)| duration(last.ms_since(first)));
    let devices = match (dev(syn), dev(synack)) {
        (Some(came), Some(left)) if came != left => Some(format!("{came}, {left}")),
        (came, left) => came.or(left),
    };
    let mut row = Row::new(&[
        &handshake.flow.peer,
        &handshake.flow.local,
        &handshake.outcome.name(),
        &counts.syn_count,
        &counts.synack_count,
        &counts.ack_count,
        &or_none(syn.and_then(HandshakeFrame::ttl_seen)),
        &or_none(syn.and_then(|frame| frame.src_mac)),
        &or_none(synack.and_then(|frame| frame.dst_mac)),
        &or_none(length),
        &counts.rst_count,
        &or_none(devices),
    ]);
    let macs = syn.and_then(|syn| syn.src_mac).zip(synack.and_then(|synack| synack.dst_mac));
    // A router with a virtual address answers for one MAC and sends from another.
    let differ =
        |(from, to): (Mac, Mac)| from != to && !from.is_virtual_router() && !to.is_virtual_router();
    if macs.is_some_and(differ) {
        row.remark(handshake.outcome.is_stuck().then_some(Severity::Warning), "other MAC");
    }
    if counts.icmp_count > 0 {
        row.remark(None, &format!("{} ICMP", counts.icmp_count));
    }
    if handshake.is_outgoing() {
        row.remark(None, "sent here");
    }
    row
}
