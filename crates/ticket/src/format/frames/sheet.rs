//! Gathers the frames of a piece.

use std::collections::BTreeMap;

use synrecv_model::{Endpoint, PrintedFrame, PrintedPacket, PrintedSegment, Text, text};

use super::{ACK, Counting, FIN, Names, PSH, RST, SYN, Stamp, clock};
use crate::format::Table;
use crate::{Content, Cut, Line, Taken};

/// A row, marked when the line was put together or split.
pub(crate) fn taken(line: &Line, what: Text) -> Taken {
    if line.part_count > 1 || line.rebuilt { Taken::Repaired(what) } else { Taken::Row(what) }
}

/// The frames of a piece, and what was made of its lines.
#[derive(Debug, Default)]
pub(crate) struct Sheet {
    frames: Vec<PrintedFrame>,
    stamps: Vec<Option<Stamp>>,
    pub(crate) taken: Vec<Taken>,
    pub(crate) names: Names,
    pub(crate) notes: Vec<Text>,
    pub(crate) cut: Option<Cut>,
}

impl Sheet {
    pub(crate) fn push(&mut self, frame: PrintedFrame, stamp: Option<Stamp>) {
        self.frames.push(frame);
        self.stamps.push(stamp);
    }

    pub(crate) fn last(&mut self) -> Option<&mut PrintedFrame> {
        self.frames.last_mut()
    }

    pub(crate) fn frames_mut(&mut self) -> &mut [PrintedFrame] {
        &mut self.frames
    }

    /// Adds a note once.
    pub(crate) fn note(&mut self, note: Text) {
        if !self.notes.contains(&note) {
            self.notes.push(note);
        }
    }

    pub(crate) fn finish(mut self, counting: Option<Counting>) -> Table {
        let mut senders: BTreeMap<Endpoint, u64> = BTreeMap::new();
        let mut tsval = Vec::with_capacity(self.frames.len());
        for frame in &self.frames {
            tsval.push(segment(frame).and_then(|segment| {
                let next = u64::try_from(senders.len()).unwrap_or(u64::MAX);
                let sender = *senders.entry(segment.src).or_insert(next);
                segment.options.timestamps.map(|stamp| (sender, stamp.value))
            }));
        }
        let times = clock::resolve(&self.stamps, counting, &tsval);
        for (frame, time) in self.frames.iter_mut().zip(times) {
            frame.at_ns = time;
        }
        self.notes.extend(self.names.notes());
        let content =
            if self.frames.is_empty() { Content::Nothing } else { Content::Frames(self.frames) };
        Table { content, taken: self.taken, cut: self.cut, foreign_system: None, notes: self.notes }
    }
}

/// The segment of a frame.
pub(crate) fn segment(frame: &PrintedFrame) -> Option<&PrintedSegment> {
    match &frame.packet {
        PrintedPacket::Tcp(segment) => Some(segment),
        _ => None,
    }
}

/// What a segment is, in a word or two.
pub(crate) fn kind(flags: u8, payload_len: Option<u32>) -> &'static str {
    let data = payload_len.is_some_and(|len| len > 0) || flags & PSH != 0;
    match flags {
        _ if flags & RST != 0 => "RST",
        _ if flags & (SYN | ACK) == SYN | ACK => "SYN-ACK",
        _ if flags & SYN != 0 => "SYN",
        _ if flags & FIN != 0 => "FIN",
        _ if data => "data",
        _ => "ACK",
    }
}

/// What was read of a segment.
pub(crate) fn row(src: Text, dst: Text, segment: &PrintedSegment) -> Text {
    let mut row = text![src, " > ", dst, " ", kind(segment.flags, segment.payload_len)];
    if let Some(len) = segment.payload_len.filter(|len| *len > 0) {
        row.push(text![", ", len, " octets"]);
    }
    if segment.options.dsack.is_some() {
        row.push(", received before (D-SACK)");
    }
    row
}
