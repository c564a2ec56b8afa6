//! Reads the lines of a piece.

use std::collections::HashMap;
use std::net::IpAddr;

use synrecv_model::{
    Checksum, ClaimKind, Endpoint, Foreign, PrintedFrame, PrintedPacket, PrintedSegment, Text, text,
};

use super::line::{self, Footer, Seen};
use super::{counting, resolution};
use crate::format::Table;
use crate::format::frames::ends::PrintedHost;
use crate::format::frames::{Head, PrintedEnd, SYN, Sheet, row, segment, taken};
use crate::{Command, Cut, Line, Taken};

/// A relative number is smaller; numbers as on the wire start anywhere.
const RELATIVE_MAX: u32 = 1 << 26;

/// A number is that of the wire when it lies so little behind the one that the connection began with.
const NEAR: u32 = 1 << 28;

#[derive(Default)]
struct Reader {
    sheet: Sheet,
    /// The first line of a packet that goes on with the next one, and where it stands.
    pending: Option<(Head, usize)>,
    /// Where the capture was taken, when that was one device.
    device: Option<String>,
    /// The packet that another one is in.
    outer: Option<Head>,
    /// The last one was an error: who it was sent to.
    error: Option<IpAddr>,
    /// The row that may go on: its text.
    open: Option<String>,
    quiet_count: u32,
    inner_count: u32,
    has_times: bool,
    captured: Option<u64>,
    dropped: u64,
    rows: u64,
}

pub(super) fn read(lines: &[Line], command: Option<&Command>) -> Table {
    let mut reader = Reader { device: command.and_then(interface), ..Reader::default() };
    for line in lines {
        let seen = line::parse(&line.text);
        let what = reader.line(line, seen);
        reader.sheet.taken.push(what);
    }
    reader.finish(command)
}

impl Reader {
    fn line(&mut self, line: &Line, seen: Seen) -> Taken {
        if !matches!(seen, Seen::Nothing | Seen::Payload) {
            self.open = None;
        }
        let pending = match &seen {
            Seen::Head(_) | Seen::Nothing | Seen::Payload => None,
            _ => self.pending.take().map(|(head, _)| head),
        };
        match seen {
            Seen::Title(device) => {
                self.device = device.or(self.device.take());
                Taken::Title
            }
            Seen::Warning => Taken::Aside("a message of tcpdump"),
            Seen::Footer(footer) => self.footer(footer),
            Seen::Payload => Taken::Aside("octets of the packet"),
            Seen::Head(head) => self.head(head),
            Seen::Quiet(_) => {
                self.quiet_count += 1;
                self.rows += 1;
                Taken::Aside("without flags (-q), so it shows no handshake")
            }
            Seen::Other(head) => {
                self.rows += u64::from(head.stamp.is_some());
                let outer = pending.unwrap_or(head);
                self.has_times |= outer.stamp.is_some();
                self.error = None;
                self.outer = Some(outer);
                Taken::Aside("neither TCP nor about an address")
            }
            Seen::Resolution { head, packet } => {
                self.resolution(line, &join(pending, head), packet)
            }
            Seen::Error { head, from, to, error } => {
                let head = join(pending, head);
                let src = to.endpoint(head.is_v6, &mut self.sheet.names);
                let reporter = from.host.ip(head.is_v6, &mut self.sheet.names);
                let mut what = text![from.text(), " says that ", to.text(), " cannot reach "];
                let dst = match &error.target {
                    Some(target) => {
                        what.push(target.text());
                        target.endpoint(head.is_v6, &mut self.sheet.names)
                    }
                    None => {
                        what.push("its destination");
                        Endpoint::new(unspecified(head.is_v6), 0)
                    }
                };
                let packet = PrintedPacket::Error {
                    icmp_type: error.icmp_type,
                    code: error.code,
                    from: reporter,
                    src: Endpoint::new(src.ip, 0),
                    dst,
                };
                self.push(&head, line, packet);
                self.error = Some(src.ip);
                taken(line, what)
            }
            Seen::Segment { head, src, dst, body, field } => {
                let cut = body.cut;
                let head = match pending {
                    Some(pending) => join(Some(pending), head),
                    None => head,
                };
                if self.is_quoted(&head, &src) {
                    return self.quoted(&head, &src, &dst);
                }
                let (is_v6, names) = (head.is_v6, &mut self.sheet.names);
                let ends = (src.endpoint(is_v6, names), dst.endpoint(is_v6, names));
                let mut segment = body.segment(ends.0, ends.1);
                segment.checksum = checksum(&segment, &head, &src, &dst, field);
                let what = row(src.text(), dst.text(), &segment);
                let head = self.in_outer(head);
                self.push(&head, line, PrintedPacket::Tcp(segment));
                if cut {
                    self.open = Some(line.text.clone());
                }
                taken(line, what)
            }
            Seen::Nothing => self.more(line),
        }
    }

    /// The first line of `-v`. Without a time it is that of a packet in the one before.
    fn head(&mut self, head: Head) -> Taken {
        if let Some((before, _)) = self.pending.take() {
            // A line of its own is missing: the packet before is one that others are in.
            self.outer = Some(before);
        }
        if head.stamp.is_some() {
            self.has_times = true;
            self.outer = None;
            self.error = None;
        }
        self.pending = Some((head, self.sheet.taken.len()));
        Taken::Aside("header of the packet on the next line")
    }

    fn push(&mut self, head: &Head, line: &Line, packet: PrintedPacket) {
        self.has_times |= head.stamp.is_some();
        self.rows += 1;
        self.error = None;
        let mut frame = head.frame(line.number, packet);
        frame.device = frame.device.or_else(|| self.device.clone().map(Foreign));
        self.sheet.push(frame, head.stamp);
    }

    /// A packet without a time, where others have one, is in the one before.
    fn in_outer(&mut self, head: Head) -> Head {
        match &self.outer {
            Some(outer) if head.stamp.is_none() && outer.stamp.is_some() => {
                self.inner_count += 1;
                Head { stamp: outer.stamp, ..head }
            }
            _ => {
                self.outer = None;
                head
            }
        }
    }

    /// With -v the segment that an error is about stands behind it.
    fn is_quoted(&self, head: &Head, src: &PrintedEnd) -> bool {
        let same = |ip: IpAddr| matches!(src.host, PrintedHost::Ip(host) if host == ip);
        head.stamp.is_none() && self.error.is_some_and(same)
    }

    fn quoted(&mut self, head: &Head, src: &PrintedEnd, dst: &PrintedEnd) -> Taken {
        let names = &mut self.sheet.names;
        let ends = (src.endpoint(head.is_v6, names), dst.endpoint(head.is_v6, names));
        if let Some(PrintedFrame { packet: PrintedPacket::Error { src, dst, .. }, .. }) =
            self.sheet.last()
        {
            (*src, *dst) = ends;
        }
        Taken::More(Some(text!["about a segment of ", src.text(), " to ", dst.text()]))
    }

    fn resolution(&mut self, line: &Line, head: &Head, packet: PrintedPacket) -> Taken {
        let mut packet = packet;
        if let PrintedPacket::Claim { mac, kind, .. } = &mut packet
            && matches!(kind, ClaimKind::ArpGratuitous)
        {
            *mac = mac.or(head.src_mac);
        }
        let what = match &packet {
            PrintedPacket::Question { address, asker: Some(asker) } => {
                text![*asker, " asks for ", *address]
            }
            PrintedPacket::Question { address, asker: None } => {
                text!["somebody asks for ", *address]
            }
            PrintedPacket::Claim { address, mac: Some(mac), .. } => {
                text![*mac, " claims ", *address]
            }
            PrintedPacket::Claim { address, mac: None, .. } => text!["somebody claims ", *address],
            PrintedPacket::Tcp(_) | PrintedPacket::Error { .. } => Text::new(),
        };
        let head = self.in_outer(head.clone());
        self.push(&head, line, packet);
        taken(line, what)
    }

    fn footer(&mut self, footer: Footer) -> Taken {
        match footer {
            Footer::Captured(count) => self.captured = Some(count),
            Footer::Dropped(count) => self.dropped += count,
            Footer::Other => {}
        }
        Taken::Aside("how much was captured")
    }

    /// A line that nothing begins with.
    fn more(&mut self, line: &Line) -> Taken {
        if let Some(mac) = resolution::option_mac(&line.text)
            && let Some(frame) = self.sheet.last()
        {
            match &mut frame.packet {
                PrintedPacket::Claim { mac: claimed, .. } => *claimed = claimed.or(Some(mac)),
                // Who asks says what address he has.
                _ => frame.src_mac = frame.src_mac.or(Some(mac)),
            }
            return Taken::More(Some(text!["its link-layer address: ", mac]));
        }
        let Some(open) = self.open.take() else { return Taken::More(None) };
        let rest = line.text.trim_start();
        // Words are cut where a terminal ends; otherwise a blank was there.
        let joins = [format!("{open}{rest}"), format!("{open} {rest}")];
        let read = |text: &String| match line::parse(text) {
            Seen::Segment { src, dst, body, .. } => Some((src, dst, body)),
            _ => None,
        };
        let best = joins.iter().filter_map(|text| Some((text, read(text)?)));
        let best = best.min_by_key(|(_, (.., body))| {
            (body.cut, body.window.is_none(), body.options.incomplete)
        });
        let Some((text, (src, dst, body))) = best else { return Taken::More(None) };
        let cut = body.cut;
        if let Some(PrintedFrame { packet: PrintedPacket::Tcp(segment), .. }) = self.sheet.last() {
            let (ends, before) = ((segment.src, segment.dst), segment.checksum);
            *segment = body.segment(ends.0, ends.1);
            if segment.checksum == Checksum::Bad {
                segment.checksum = before;
            }
        }
        self.open = cut.then(|| text.clone());
        Taken::More(Some(text!["goes on: ", src.text(), " > ", dst.text()]))
    }

    fn finish(mut self, command: Option<&Command>) -> Table {
        if self.open.is_some() || self.pending.is_some() {
            self.sheet.cut = Some(Cut::LastRow);
        }
        if let Some((_, place)) = self.pending
            && let Some(taken) = self.sheet.taken.get_mut(place)
        {
            *taken = Taken::Rejected(text!["the second line of the packet is missing"]);
        }
        self.cut_old_row();
        if self.captured.is_some_and(|captured| captured > self.rows) {
            self.sheet.cut = self.sheet.cut.or(Some(Cut::CountLine));
        }
        if self.quiet_count > 0 {
            self.sheet.note(text![
                "taken with -q, which leaves out the flags: no handshake can be told from it"
            ]);
        }
        if self.dropped > 0 {
            self.sheet.note(text!["the kernel dropped ", self.dropped, " frames of this capture"]);
        }
        if self.inner_count > 0 {
            self.sheet.note(text![self.inner_count, " frames were inside of a tunnel's"]);
        }
        mark_relative(self.sheet.frames_mut(), command.is_some_and(is_absolute));
        self.sheet.finish(counting(command))
    }

    /// Version 3 has nothing that ends a row: a last one without the options that the same sender
    /// always has was cut.
    fn cut_old_row(&mut self) {
        let Some((last, before)) = self.sheet.frames_mut().split_last_mut() else { return };
        let PrintedPacket::Tcp(last) = &mut last.packet else { return };
        let stamped = before.iter().filter_map(segment).any(|other| {
            (other.src, other.dst) == (last.src, last.dst) && other.options.timestamps.is_some()
        });
        if stamped
            && last.options.timestamps.is_none()
            && last.flags & crate::format::frames::RST == 0
        {
            last.window = None;
            last.options.incomplete = true;
            self.sheet.cut = self.sheet.cut.or(Some(Cut::LastRow));
        }
    }
}

/// The device of `-i`, unless it is all of them.
fn interface(command: &Command) -> Option<String> {
    let is_option = |arg: &String| arg.starts_with('-') && !arg.starts_with("--");
    let place = command.args.iter().position(|arg| is_option(arg) && arg.contains('i'))?;
    let (_, glued) = command.args.get(place)?.split_once('i')?;
    let name = if glued.is_empty() { command.args.get(place + 1)? } else { glued };
    let is_device = name != "any" && !name.is_empty() && name.len() <= 15;
    is_device.then(|| name.to_owned())
}

/// Numbers as on the wire were asked for.
fn is_absolute(command: &Command) -> bool {
    command.has_short('S') || command.has("--absolute-tcp-sequence-numbers")
}

/// The two lines of a packet as one.
fn join(first: Option<Head>, second: Head) -> Head {
    match first {
        Some(first) => Head { is_v6: first.is_v6 || second.is_v6, ..first },
        None => second,
    }
}

fn unspecified(is_v6: bool) -> IpAddr {
    if is_v6 {
        std::net::Ipv6Addr::UNSPECIFIED.into()
    } else {
        std::net::Ipv4Addr::UNSPECIFIED.into()
    }
}

/// Tells a checksum that a device is to finish from a wrong one: the field holds the sum of the
/// pseudo header then.
fn checksum(
    segment: &PrintedSegment,
    head: &Head,
    src: &PrintedEnd,
    dst: &PrintedEnd,
    field: Option<u16>,
) -> Checksum {
    if segment.checksum != Checksum::Bad {
        return segment.checksum;
    }
    let (PrintedHost::Ip(src), PrintedHost::Ip(dst)) = (&src.host, &dst.host) else {
        return Checksum::Unverified;
    };
    let (Some(field), Some(len)) = (field, head.ip_len) else { return Checksum::Unverified };
    let sum = |ip: IpAddr| -> u32 {
        match ip {
            IpAddr::V4(v4) => v4.octets().chunks(2).map(word).sum(),
            IpAddr::V6(v6) => v6.octets().chunks(2).map(word).sum(),
        }
    };
    let len = if src.is_ipv4() { len.saturating_sub(20) } else { len };
    let mut total = sum(*src).saturating_add(sum(*dst)).saturating_add(6).saturating_add(len);
    while total > 0xffff {
        total = (total & 0xffff) + (total >> 16);
    }
    if u32::from(field) == total { Checksum::Unfinished } else { Checksum::Bad }
}

fn word(octets: &[u8]) -> u32 {
    octets.iter().fold(0, |word, octet| word << 8 | u32::from(*octet))
}

/// Marks numbers that count from the start of their connection: tcpdump prints those of the first
/// segment as on the wire, and of the others the distance.
fn mark_relative(frames: &mut [PrintedFrame], absolute: bool) {
    let mut began: HashMap<(Endpoint, Endpoint), u32> = HashMap::new();
    for frame in frames {
        let PrintedPacket::Tcp(segment) = &mut frame.packet else { continue };
        let ends = (segment.src, segment.dst);
        if segment.flags & SYN != 0 {
            began.extend(segment.seq.map(|seq| (ends, seq)));
            began.extend(segment.ack.map(|ack| ((ends.1, ends.0), ack.wrapping_sub(1))));
            continue;
        }
        let is_relative = |number: Option<u32>, from: Option<&u32>| {
            let number = number?;
            Some(match from {
                Some(from) => number.wrapping_sub(*from) > NEAR,
                None => number < RELATIVE_MAX,
            })
        };
        let by_seq = is_relative(segment.seq, began.get(&ends));
        let by_ack = is_relative(segment.ack.filter(|ack| *ack != 0), began.get(&(ends.1, ends.0)));
        segment.relative = !absolute && by_ack.or(by_seq).unwrap_or(true);
    }
}
