//! Handshakes in words: who sent what to whom, and when, one frame a row or several in a line.
//!
//! `0.000 client -> server SYN`, `296 ← SYN+ACK from`, `A > SYN > B`, `10.0.0.1:80 --[SYN,ACK]--> 10.0.0.2`.

mod row;
mod token;

use synrecv_model::{PrintedPacket, text};

use self::row::{Party, Row};
use super::frames::ends::PrintedHost;
use super::frames::{ACK, Body, Head, PrintedEnd, SYN, Sheet, Stamp, row as shown, taken};
use super::{Format, Sees, Table};
use crate::{Command, Content, Kind, Line, Taken};

/// Rows from which on they are a handshake and not a turn of phrase.
const ROWS_LEAST: usize = 3;

/// Whole numbers without a unit count milliseconds when one of them is at least this.
const MS_LEAST: u64 = 100;

const SECOND_NS: u64 = 1_000_000_000;
const MS_NS: u64 = 1_000_000;

/// Frames in words.
#[derive(Debug)]
pub(super) struct InWords;

impl Format for InWords {
    fn kind(&self) -> Kind {
        Kind::InWords
    }

    fn is_printed_by(&self, _: &Command) -> bool {
        false
    }

    fn sees(&self, line: &str, inside: bool) -> Sees {
        if is_title(line) {
            return Sees::Title;
        }
        match row::read(line) {
            Some(row) if row.is_strict || inside => Sees::Row,
            _ => Sees::Nothing,
        }
    }

    fn split(&self, line: &str) -> Option<Vec<String>> {
        row::split(line)
    }

    fn read(&self, lines: &[Line], _: Option<&Command>) -> Table {
        read(lines)
    }
}

/// `Time Activity`, `Time (ms) Direction Packet`.
fn is_title(line: &str) -> bool {
    let mut words = line.split([' ', '\t', '|', ',']).filter(|word| !word.is_empty());
    let first = words.next().unwrap_or_default();
    let rest: Vec<&str> = words.take(5).collect();
    let names =
        ["Activity", "Direction", "Packet", "Packets", "Flags", "Event", "Segment", "Segments"];
    matches!(first, "Time" | "time" | "TIME" | "Delta" | "Offset")
        && rest.len() <= 4
        && rest.iter().any(|word| names.contains(word))
}

fn read(lines: &[Line]) -> Table {
    let rows: Vec<Option<Row<'_>>> = lines.iter().map(|line| row::read(&line.text)).collect();
    let found: Vec<&Row<'_>> = rows.iter().flatten().collect();
    let is_handshake = found.len() >= ROWS_LEAST && found.iter().any(|row| row.flags & SYN != 0);
    let mut sheet = Sheet::default();
    if !is_handshake {
        let taken = lines.iter().zip(&rows).map(|(line, row)| match row {
            Some(_) => Taken::Aside("too few rows to be a handshake"),
            None if is_title(&line.text) => Taken::Title,
            None => Taken::Aside("no frame"),
        });
        return Table::new(Content::Nothing, taken.collect());
    }
    let parties = Parties::of(&found);
    let unit = unit(lines, &found);
    for (line, row) in lines.iter().zip(&rows) {
        let what = match row {
            Some(row) => push(&mut sheet, line, row, &parties, unit),
            None if is_title(&line.text) => Taken::Title,
            None => Taken::Aside("no frame"),
        };
        sheet.taken.push(what);
    }
    sheet
        .note(text!["frames in words: neither lengths nor sequence numbers nor options are there"]);
    if found.iter().any(|row| row.time.is_some_and(|time| time.unit_ns.is_none())) {
        let name = if unit == MS_NS { "milliseconds" } else { "seconds" };
        sheet.note(text!["times without a unit are taken for ", name]);
    }
    sheet.finish(None)
}

fn push(sheet: &mut Sheet, line: &Line, row: &Row<'_>, parties: &Parties, unit: u64) -> Taken {
    let (src, dst) = parties.ends(row);
    let names = &mut sheet.names;
    let ends = (src.endpoint(false, names), dst.endpoint(false, names));
    let mut body = Body::new(row.flags);
    body.relative = true;
    body.payload_len = (!row.data).then_some(0);
    let segment = body.segment(ends.0, ends.1);
    let what = shown(src.text(), dst.text(), &segment);
    let stamp = row.time.map(|time| Stamp::Elapsed(time.scaled(time.unit_ns.unwrap_or(unit))));
    let head = Head { stamp: stamp.or(row.stamp), ..Head::default() };
    sheet.push(head.frame(line.number, PrintedPacket::Tcp(segment)), head.stamp);
    taken(line, what)
}

/// Names that stand for a party without one.
const CLIENT: &str = "client";
const SERVER: &str = "server";

/// Who is who.
struct Parties {
    /// The one that sends the SYNs stands at the left of arrows without names.
    left_is_client: bool,
    /// The two names in the rows, when there are two.
    named: Vec<String>,
}

impl Parties {
    fn of(rows: &[&Row<'_>]) -> Self {
        let is_syn = |row: &&&Row<'_>| row.flags & SYN != 0;
        let first = rows.iter().find(is_syn);
        let has_ack = |row: &Row<'_>| row.flags & ACK != 0;
        let left_is_client = first.is_none_or(|row| (row.src == Party::Left) != has_ack(row));
        let mut named: Vec<String> = Vec::new();
        for party in rows.iter().flat_map(|row| [row.src, row.dst]) {
            if let Party::Named(name) = party
                && named.len() < 2
                && !named.iter().any(|known| known.eq_ignore_ascii_case(name))
            {
                named.push(name.to_owned());
            }
        }
        Self { left_is_client, named }
    }

    fn ends(&self, row: &Row<'_>) -> (PrintedEnd, PrintedEnd) {
        (self.end(row.src, row.dst), self.end(row.dst, row.src))
    }

    fn end(&self, party: Party<'_>, other: Party<'_>) -> PrintedEnd {
        let name = match (party, other) {
            (Party::Named(name), _) => name.to_owned(),
            (Party::Left, _) => if self.left_is_client { CLIENT } else { SERVER }.to_owned(),
            (Party::Right, _) => if self.left_is_client { SERVER } else { CLIENT }.to_owned(),
            (Party::Other, Party::Named(one)) => {
                let mut others = self.named.iter().filter(|name| !name.eq_ignore_ascii_case(one));
                others.next().cloned().unwrap_or_else(|| "the other end".to_owned())
            }
            (Party::Other, _) => "the other end".to_owned(),
        };
        let unnamed = || PrintedEnd { host: PrintedHost::Name(name.clone()), port: None };
        PrintedEnd::dotted(&name).unwrap_or_else(unnamed)
    }
}

/// Nanoseconds of the unit of times that have none.
fn unit(lines: &[Line], rows: &[&Row<'_>]) -> u64 {
    let titles = || lines.iter().filter(|line| is_title(&line.text));
    if titles().any(|line| line.text.contains("ms")) {
        return MS_NS;
    }
    let bare = || rows.iter().filter_map(|row| row.time).filter(|time| time.unit_ns.is_none());
    let is_ms = bare().all(|time| !time.has_point) && bare().any(|time| time.whole() >= MS_LEAST);
    if is_ms { MS_NS } else { SECOND_NS }
}

#[cfg(test)]
mod tests {
    use synrecv_model::PrintedFrame;

    use super::*;
    use crate::format::frames::segment;

    fn frames(text: &str) -> Vec<PrintedFrame> {
        let line = |(number, text): (u32, &str)| Line {
            number,
            text: text.to_owned(),
            part_count: 1,
            rebuilt: false,
        };
        let lines: Vec<Line> = (1..).zip(text.lines()).map(line).collect();
        match read(&lines).content {
            Content::Frames(frames) => frames,
            _ => Vec::new(),
        }
    }

    fn ms(frames: &[PrintedFrame]) -> Vec<u64> {
        frames.iter().filter_map(|frame| frame.at_ns).map(|ns| ns / MS_NS).collect()
    }

    #[test]
    fn a_table_of_times_between_packets() {
        let all = frames(
            "Time Activity\n→ SYN to\n150 ← SYN+ACK from\n0 → ACK to\n3100 ← SYN+ACK from\n0 → ACK to",
        );
        assert_eq!(ms(&all), [0, 150, 150, 3250, 3250]);
        let ends: Vec<_> = all.iter().filter_map(segment).map(|it| (it.src, it.dst)).collect();
        assert_eq!((ends[0].0, ends[1].0), (ends[2].0, ends[3].0));
        assert_ne!(ends[0].0, ends[1].0);
    }

    #[test]
    fn seconds_since_the_first() {
        let all = frames(
            "0.000 10.0.0.2:4711 -> 10.0.0.1:80 SYN\n0.001 10.0.0.1:80 -> 10.0.0.2:4711 SYN-ACK\n1.001 10.0.0.1:80 -> 10.0.0.2:4711 SYN-ACK",
        );
        assert_eq!(ms(&all), [0, 1, 1001]);
        assert_eq!(segment(&all[0]).unwrap().dst.to_string(), "10.0.0.1:80");
        assert!(frames("client -> server SYN").is_empty());
    }
}
