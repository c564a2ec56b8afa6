//! A row for each frame, as on a ladder between client and server.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use synrecv_model::{
    Capture, Checksum, End, FrameDirection, FrameKind, Handshake, HandshakeFrame, Place,
};
use unicode_width::UnicodeWidthStr as _;

use crate::escape::foreign;
use crate::layout::wrap;

/// Frames shown at the start, and at the end, of a long handshake.
const SHOWN_FIRST: usize = 24;
const SHOWN_LAST: usize = 8;

/// Columns between client and server.
const LADDER: usize = 17;

/// Columns of an address with the word before it.
const MAC: usize = 22;

/// TTLs that systems send with.
const TTL_STARTS: [u8; 3] = [64, 128, 255];

/// The rows; what they leave out is counted below them.
pub(super) fn write(out: &mut String, capture: &Capture, handshake: &Handshake, width: usize) {
    let frames: Vec<&HandshakeFrame> =
        handshake.frames.iter().filter(|frame| !frame.copy).collect();
    let at_client = capture.place(handshake.flow.local.ip) == Place::Client;
    let mut rows = Rows::new(capture, &frames, at_client, width);
    rows.heading(out);
    let (first, last) = match frames.len() {
        few if few <= SHOWN_FIRST + SHOWN_LAST => (few, few),
        many => (SHOWN_FIRST, many - SHOWN_LAST),
    };
    let left_out = last - first + handshake.omitted_count as usize;
    for (at, frame) in frames.iter().enumerate() {
        let notes = rows.notes(frame);
        if at < first || at >= last {
            rows.row(out, frame, &notes);
        }
        if at + 1 == first && last > first {
            let _ = writeln!(out, "  {:>8}  {left_out} frames are not shown", "...");
        }
    }
    if last == first && left_out > 0 {
        let _ = writeln!(out, "  {:>8}  {left_out} more frames are not shown", "...");
    }
    if handshake.counts.copy_count > 0 {
        let words = format!(
            "Copies that were seen at other devices or hops, not shown: {}.",
            handshake.counts.copy_count
        );
        out.push_str(&wrap("  ", &words, width));
    }
}

/// What is common to all rows, and what the last one of each kind was.
struct Rows<'a> {
    capture: &'a Capture,
    started: u64,
    width: usize,
    /// Columns of device names; 0 where all frames were seen at one device.
    dev_columns: usize,
    /// Some frame has a link-layer address.
    has_macs: bool,
    /// The capture was taken at the client.
    at_client: bool,
    last_of: BTreeMap<(End, &'static str), u64>,
    last_at: Option<(End, u64)>,
}

impl<'a> Rows<'a> {
    fn new(
        capture: &'a Capture,
        frames: &[&HandshakeFrame],
        at_client: bool,
        width: usize,
    ) -> Self {
        let one_device = frames.windows(2).all(|pair| pair[0].device == pair[1].device);
        let names = frames.iter().map(|frame| device(capture, frame).width());
        Self {
            capture,
            started: frames.iter().map(|frame| frame.at.0).min().unwrap_or(0),
            width,
            dev_columns: if one_device { 0 } else { names.max().unwrap_or(0).max(3) },
            has_macs: frames.iter().any(|frame| frame.src_mac.or(frame.dst_mac).is_some()),
            at_client,
            last_of: BTreeMap::new(),
            last_at: None,
        }
    }

    fn heading(&self, out: &mut String) {
        let mut line = format!("  {:>8}  {:<11}{:>6}", "s", "CLIENT", "SERVER");
        if self.dev_columns > 0 {
            let _ = write!(line, "  {:<columns$}", "DEV", columns = self.dev_columns);
        }
        if self.has_macs {
            let _ = write!(line, "  {:<MAC$}", "MAC");
        }
        let _ = writeln!(out, "{line}  TTL");
    }

    fn row(&self, out: &mut String, frame: &HandshakeFrame, notes: &str) {
        let ns = frame.at.0.saturating_sub(self.started);
        let time = format!("{}.{:03}", ns / 1_000_000_000, ns / 1_000_000 % 1_000);
        let mut line = format!("  {time:>8}  {}", arrow(frame));
        if self.dev_columns > 0 {
            let name = device(self.capture, frame);
            let gap = self.dev_columns.saturating_sub(name.width());
            let _ = write!(line, "  {name}{:gap$}", "");
        }
        if self.has_macs {
            // The other station's: where a frame that comes in is from, and one that leaves goes to.
            let comes_in = goes_to_server(frame) != self.at_client;
            let (word, mac) =
                if comes_in { ("from", frame.src_mac) } else { ("to", frame.dst_mac) };
            let address = mac.map_or_else(|| "?".to_owned(), |mac| mac.to_string());
            let _ = write!(line, "  {:<MAC$}", format!("{word} {address}"));
        }
        let ttl = frame.ttl_seen().map_or_else(|| "-".to_owned(), |ttl| ttl.to_string());
        let _ = write!(line, "  {ttl:>3}");
        if notes.is_empty() {
            let _ = writeln!(out, "{line}");
        } else if line.width() + 2 + notes.width() <= self.width {
            let _ = writeln!(out, "{line}  {notes}");
        } else {
            let _ = writeln!(out, "{line}");
            out.push_str(&wrap(&" ".repeat(12), notes, self.width));
        }
    }

    /// What is special about a frame.
    fn notes(&mut self, frame: &HandshakeFrame) -> String {
        let mut notes = Vec::new();
        let at = frame.at.0;
        let before = self.last_of.insert((frame.sender, frame.kind.name()), at);
        match (before, self.last_at) {
            (Some(before), _) if matches!(frame.kind, FrameKind::Syn | FrameKind::SynAck) => {
                notes.push(format!("again +{}", time(at.saturating_sub(before))));
            }
            (_, Some((sender, last))) if sender != frame.sender => {
                notes.push(format!("{} later", time(at.saturating_sub(last))));
            }
            _ => {}
        }
        self.last_at = Some((frame.sender, at));
        let from_afar = if self.at_client { FrameKind::SynAck } else { FrameKind::Syn };
        if before.is_none() && frame.kind == from_afar {
            notes.extend(frame.ttl_seen().and_then(crossed));
        }
        if frame.payload_len > 0 {
            notes.push(format!("{} bytes", frame.payload_len));
        }
        if frame.options.dsack.is_some() {
            notes.push("D-SACK".to_owned());
        }
        if frame.checksum == Checksum::Bad {
            notes.push("bad checksum".to_owned());
        }
        if frame.direction == FrameDirection::OtherHost {
            notes.push("to another station".to_owned());
        }
        if !frame.vlans.is_empty() {
            let tags: Vec<String> = frame.vlans.iter().map(ToString::to_string).collect();
            notes.push(format!("VLAN {}", tags.join(".")));
        }
        if let FrameKind::Icmp { icmp_type, code, from } = frame.kind {
            notes.push(format!("type {icmp_type} code {code}, says {from}"));
        }
        notes.join(", ")
    }
}

/// An ICMP error goes to the end whose segment it quotes.
fn goes_to_server(frame: &HandshakeFrame) -> bool {
    (frame.sender == End::Server) == matches!(frame.kind, FrameKind::Icmp { .. })
}

fn device(capture: &Capture, frame: &HandshakeFrame) -> String {
    let name = capture.device(frame).and_then(|device| device.name.as_ref());
    name.map_or_else(|| "?".to_owned(), |name| foreign(&name.0))
}

/// An arrow to the end that the frame goes to.
fn arrow(frame: &HandshakeFrame) -> String {
    let name = match frame.kind {
        FrameKind::Syn => "SYN",
        FrameKind::SynAck => "SYN-ACK",
        FrameKind::Ack => "ACK",
        FrameKind::Data => "data",
        FrameKind::Fin => "FIN",
        FrameKind::Rst => "RST",
        FrameKind::Icmp { .. } => "ICMP",
    };
    let line = "-".repeat(LADDER - 2 - name.len());
    if goes_to_server(frame) { format!("{name} {line}>") } else { format!("<{line} {name}") }
}

/// What the TTL tells: routers between the sender and the place of capture.
fn crossed(ttl: u8) -> Option<String> {
    let start = TTL_STARTS.into_iter().find(|&start| ttl <= start)?;
    match start - ttl {
        0 => Some("crossed no router".to_owned()),
        1 => Some("crossed 1 router".to_owned()),
        routers if routers <= 40 => Some(format!("crossed {routers} routers")),
        _ => None,
    }
}

/// A time in the unit that shows two digits of it.
fn time(ns: u64) -> String {
    match ns {
        0..100_000 => format!("0.{:02} ms", ns / 10_000),
        100_000..10_000_000 => format!("{}.{} ms", ns / 1_000_000, ns / 100_000 % 10),
        10_000_000..1_000_000_000 => format!("{} ms", ns / 1_000_000),
        1_000_000_000..60_000_000_000 => {
            format!("{}.{} s", ns / 1_000_000_000, ns / 100_000_000 % 10)
        }
        _ => format!("{} s", ns / 1_000_000_000),
    }
}
