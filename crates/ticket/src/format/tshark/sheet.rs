//! Reads the lines of a piece.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use synrecv_model::{ClaimKind, Endpoint, PrintedFrame, PrintedPacket, PrintedSegment, Text, text};

use super::columns::{self, Columns, Error, Order, Seen, Segment};
use super::counting;
use super::details::Details;
use crate::format::Table;
use crate::format::frames::ends::PrintedHost;
use crate::format::frames::{ACK, Body, PSH, PrintedEnd, SYN, Sheet, row, segment, taken};
use crate::{Command, Cut, Line, Taken};

#[derive(Default)]
struct Reader {
    sheet: Sheet,
    order: Order,
    details: Details,
    /// Frames of data whose ports are not shown: place, and the line in `taken`.
    portless: Vec<(usize, usize)>,
    frame_count: usize,
    /// The last row of the piece is incomplete.
    cut: bool,
    unnamed_count: u32,
}

pub(super) fn read(lines: &[Line], command: Option<&Command>) -> Table {
    let mut reader = Reader::default();
    for line in lines {
        let what = reader.line(line);
        reader.sheet.taken.push(what);
    }
    reader.finish(command)
}

impl Reader {
    fn line(&mut self, line: &Line) -> Taken {
        match columns::parse(&line.text) {
            Seen::Title(order) => {
                self.order = order;
                Taken::Title
            }
            Seen::Segment(segment) => self.segment(line, segment),
            Seen::Data(columns) => self.data(line, &columns),
            Seen::Resolution(columns, packet) => self.resolution(line, &columns, packet),
            Seen::Error(error) => self.error(line, error),
            Seen::Other => Taken::Aside("neither TCP nor about an address"),
            Seen::Nothing => match self.details.line(line, &mut self.sheet) {
                Some((what, pushed)) => {
                    self.frame_count += usize::from(pushed);
                    what
                }
                None => Taken::Aside("no frame"),
            },
        }
    }

    fn push(&mut self, line: &Line, columns: &Columns, packet: PrintedPacket) {
        self.frame_count += 1;
        self.sheet.push(columns.head.frame(line.number, packet), columns.head.stamp);
    }

    /// Hosts in the order of the frame.
    fn hosts(&self, columns: &Columns) -> Option<(PrintedHost, PrintedHost)> {
        let (first, second) = columns.hosts.clone()?;
        let swapped = self.order == Order::DestinationFirst && !columns.arrow;
        Some(if swapped { (second, first) } else { (first, second) })
    }

    fn segment(&mut self, line: &Line, segment: Segment) -> Taken {
        let Segment { columns, src_port, dst_port, body } = segment;
        let hosts = self.hosts(&columns).unwrap_or_else(|| {
            self.unnamed_count += 1;
            // One host for both: the ports tell the ends apart.
            let unknown = PrintedHost::Name("?".to_owned());
            (unknown.clone(), unknown)
        });
        let src = PrintedEnd { host: hosts.0, port: Some(src_port) };
        let dst = PrintedEnd { host: hosts.1, port: Some(dst_port) };
        self.cut = body.cut;
        let (is_v6, names) = (columns.head.is_v6, &mut self.sheet.names);
        let ends = (src.endpoint(is_v6, names), dst.endpoint(is_v6, names));
        let segment = body.segment(ends.0, ends.1);
        let what = row(src.text(), dst.text(), &segment);
        self.push(line, &columns, PrintedPacket::Tcp(segment));
        taken(line, what)
    }

    /// Octets of a connection; which one, its ends tell when they have only one.
    fn data(&mut self, line: &Line, columns: &Columns) -> Taken {
        let Some((src, dst)) = self.hosts(columns) else { return Taken::Aside("no frame of TCP") };
        let (is_v6, names) = (columns.head.is_v6, &mut self.sheet.names);
        let ends = (src.ip(is_v6, names), dst.ip(is_v6, names));
        let mut body = Body::new(PSH | ACK);
        body.relative = true;
        let segment = body.segment(Endpoint::new(ends.0, 0), Endpoint::new(ends.1, 0));
        self.portless.push((self.frame_count, self.sheet.taken.len()));
        self.push(line, columns, PrintedPacket::Tcp(segment));
        taken(line, text![src.text(), " > ", dst.text(), " data"])
    }

    fn resolution(&mut self, line: &Line, columns: &Columns, packet: PrintedPacket) -> Taken {
        let mut packet = packet;
        if let PrintedPacket::Claim { kind: ClaimKind::ArpGratuitous, mac, .. } = &mut packet {
            *mac = mac.or(columns.head.src_mac);
        }
        let what = match &packet {
            PrintedPacket::Question { address, .. } => text!["somebody asks for ", *address],
            PrintedPacket::Claim { address, mac: Some(mac), .. } => {
                text![*mac, " claims ", *address]
            }
            PrintedPacket::Claim { address, .. } => text!["somebody claims ", *address],
            PrintedPacket::Tcp(_) | PrintedPacket::Error { .. } => Text::new(),
        };
        self.push(line, columns, packet);
        taken(line, what)
    }

    /// Which segment it is about is not shown: one that went the other way.
    fn error(&mut self, line: &Line, error: Error) -> Taken {
        let Error { columns, icmp_type, code } = error;
        let Some((from, to)) = self.hosts(&columns) else { return Taken::Aside("no frame of TCP") };
        let (is_v6, names) = (columns.head.is_v6, &mut self.sheet.names);
        let (reporter, src) = (from.ip(is_v6, names), to.ip(is_v6, names));
        let anywhere: IpAddr =
            if is_v6 { Ipv6Addr::UNSPECIFIED.into() } else { Ipv4Addr::UNSPECIFIED.into() };
        let packet = PrintedPacket::Error {
            icmp_type,
            code,
            from: reporter,
            src: Endpoint::new(src, 0),
            dst: Endpoint::new(anywhere, 0),
        };
        let what = text![from.text(), " says that ", to.text(), " cannot reach its destination"];
        self.push(line, &columns, packet);
        taken(line, what)
    }

    fn finish(mut self, command: Option<&Command>) -> Table {
        self.frame_count += usize::from(self.details.flush(&mut self.sheet));
        if self.cut {
            self.sheet.cut = Some(Cut::LastRow);
        }
        self.find_ports();
        if self.unnamed_count > 0 {
            self.sheet.note(text!["rows without addresses: the ports alone tell the ends apart"]);
        }
        mark_absolute(self.sheet.frames_mut());
        self.sheet.finish(counting(command))
    }

    /// Gives data the ports of the connection that its hosts have, when it is the only one.
    fn find_ports(&mut self) {
        let mut flows: Vec<(Endpoint, Endpoint)> = Vec::new();
        for frame in self.sheet.frames_mut() {
            let Some(segment) = segment(frame).filter(|segment| segment.src.port != 0) else {
                continue;
            };
            let ends = (segment.src.min(segment.dst), segment.src.max(segment.dst));
            if !flows.contains(&ends) && flows.len() < 256 {
                flows.push(ends);
            }
        }
        for (place, at) in std::mem::take(&mut self.portless) {
            let Some(PrintedFrame { packet: PrintedPacket::Tcp(segment), .. }) =
                self.sheet.frames_mut().get_mut(place)
            else {
                continue;
            };
            if !give_ports(segment, &flows)
                && let Some(what) = self.sheet.taken.get_mut(at)
            {
                *what = Taken::Aside("data of a connection; of which one is not shown");
            }
        }
    }
}

fn give_ports(segment: &mut PrintedSegment, flows: &[(Endpoint, Endpoint)]) -> bool {
    let (src, dst) = (segment.src.ip, segment.dst.ip);
    let mut fitting =
        flows.iter().filter(|(a, b)| (a.ip, b.ip) == (src, dst) || (b.ip, a.ip) == (src, dst));
    let (Some((a, b)), None) = (fitting.next(), fitting.next()) else { return false };
    (segment.src, segment.dst) = if a.ip == src { (*a, *b) } else { (*b, *a) };
    true
}

/// Numbers count from the start of the connection, unless a SYN shows that they do not.
fn mark_absolute(frames: &mut [PrintedFrame]) {
    let begins_elsewhere = |segment: &PrintedSegment| {
        segment.flags & SYN != 0 && segment.seq.is_some_and(|seq| seq != 0)
    };
    if !frames.iter().filter_map(segment).any(begins_elsewhere) {
        return;
    }
    for frame in frames {
        if let PrintedPacket::Tcp(segment) = &mut frame.packet {
            segment.relative = false;
        }
    }
}
