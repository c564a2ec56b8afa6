//! Packets in full (`tshark -V`, or the details copied out of Wireshark), and tables of statistics.

mod lines;

use std::net::IpAddr;

use synrecv_model::{
    Checksum, ClaimKind, Endpoint, FrameDirection, Mac, PrintedPacket, canonical_ip, text,
};

use self::lines::{TRANSPORT, is_frame, length};
use super::info;
use crate::format::frames::{Body, Head, Sheet, Stamp, clock, leading, row, stamped, taken};
use crate::{Line, Taken};

pub(super) use self::lines::sees;

/// The frame that is being read.
#[derive(Debug, Default)]
pub(super) struct Details {
    head: Head,
    ips: Option<(IpAddr, IpAddr)>,
    ports: Option<(u16, u16)>,
    body: Option<Body>,
    arp: Arp,
    icmp: Option<Icmp>,
    /// Number of the line that the segment is on, and its place among what was made of lines.
    line: u32,
    place: usize,
    open: bool,
}

/// The fields of an ARP packet.
#[derive(Clone, Copy, Debug, Default)]
struct Arp {
    is_reply: Option<bool>,
    sender_mac: Option<Mac>,
    sender: Option<IpAddr>,
    target: Option<IpAddr>,
}

impl Arp {
    fn packet(self) -> Option<PrintedPacket> {
        let (address, target) = (self.sender?, self.target?);
        let claim = |kind| PrintedPacket::Claim { kind, address, mac: self.sender_mac };
        Some(match self.is_reply? {
            _ if address == target => claim(ClaimKind::ArpGratuitous),
            true => claim(ClaimKind::ArpReply),
            false => {
                let asker = Some(address).filter(|asker| !asker.is_unspecified());
                PrintedPacket::Question { address: target, asker }
            }
        })
    }
}

/// An ICMP message: who sent it, and of what kind it is. What follows is the packet that it quotes.
#[derive(Clone, Copy, Debug)]
struct Icmp {
    from: Option<IpAddr>,
    kind: Option<u8>,
    code: Option<u8>,
}

impl Icmp {
    /// The error, when it is one about the segment between these ends.
    fn packet(self, src: Endpoint, dst: Endpoint) -> Option<PrintedPacket> {
        let (from, icmp_type, code) = (self.from?, self.kind?, self.code?);
        // Unreachable, and out of time on the way.
        let is_error = matches!((icmp_type, from.is_ipv4()), (3 | 11, true) | (1 | 3, false));
        is_error.then_some(PrintedPacket::Error { icmp_type, code, from, src, dst })
    }
}

impl Details {
    /// Takes in a line; `None` when it is no part of a packet. The second value says that a frame
    /// was added.
    pub(super) fn line(&mut self, line: &Line, sheet: &mut Sheet) -> Option<(Taken, bool)> {
        let text = line.text.trim();
        if is_frame(text) {
            let pushed = self.flush(sheet);
            self.open = true;
            self.line = line.number;
            let rest = text.trim_start_matches("Frame ");
            let len = rest.split_once([':', '(']).and_then(|(_, rest)| leading(rest.trim_start()));
            self.head.frame_len = len;
            return Some((Taken::Aside("a packet in full"), pushed));
        }
        if !self.open && !text.starts_with(TRANSPORT) {
            return None;
        }
        self.open = true;
        if text.starts_with(TRANSPORT) {
            self.transport(text);
            self.line = line.number;
            self.place = sheet.taken.len();
            return Some((taken(line, text!["a segment"]), false));
        }
        if let (Some(body), Some(len)) = (&mut self.body, length(text)) {
            body.payload_len = body.payload_len.or(Some(len));
            return Some((Taken::More(Some(text![len, " octets"])), false));
        }
        Some((self.field(text), false))
    }

    /// Ends the frame. True when it was a segment, which was added.
    pub(super) fn flush(&mut self, sheet: &mut Sheet) -> bool {
        let Self { head, ips, ports, body, arp, icmp, line, place, .. } = std::mem::take(self);
        if let Some(packet) = arp.packet() {
            sheet.push(head.frame(line, packet), head.stamp);
            return true;
        }
        let (Some((src, dst)), Some((sport, dport)), Some(body)) = (ips, ports, body) else {
            return false;
        };
        let ends = (Endpoint::new(src, sport), Endpoint::new(dst, dport));
        if let Some(icmp) = icmp {
            let Some(packet) = icmp.packet(ends.0, ends.1) else { return false };
            sheet.push(head.frame(line, packet), head.stamp);
            return true;
        }
        let segment = body.segment(ends.0, ends.1);
        let what = row(text![ends.0], text![ends.1], &segment);
        if let Some(Taken::Row(text) | Taken::Repaired(text)) = sheet.taken.get_mut(place) {
            *text = what;
        }
        sheet.push(head.frame(line, PrintedPacket::Tcp(segment)), head.stamp);
        true
    }

    /// `Transmission Control Protocol, Src Port: http (80), Dst Port: 64866 (64866), Seq: 0, Ack: 1, Len: 0`.
    fn transport(&mut self, text: &str) {
        let value = |name: &str| {
            let (_, rest) = text.split_once(name)?;
            let word = rest.split(',').next()?.trim();
            let number = word.split_once('(').map_or(word, |(_, number)| number);
            leading::<u32>(number.trim())
        };
        let port = |name: &str| value(name).and_then(|port| u16::try_from(port).ok());
        self.ports = port("Src Port:").zip(port("Dst Port:"));
        let mut body = Body::new(0);
        body.relative = true;
        body.seq = value("Seq:");
        body.ack = value("Ack:");
        body.payload_len = value("Len:");
        body.options.incomplete = false;
        self.body = Some(body);
    }

    fn field(&mut self, text: &str) -> Taken {
        let read = self.frame_field(text) || self.segment_field(text) || self.arp_field(text);
        Taken::More(read.then(|| text![synrecv_model::Foreign(text.chars().take(60).collect())]))
    }

    /// A field of the frame or its IP header.
    fn frame_field(&mut self, text: &str) -> bool {
        let text = text.trim_matches(['[', ']']);
        let head = &mut self.head;
        let behind = |name: &str| text.strip_prefix(name).map(str::trim);
        if let Some(time) = behind("Arrival Time:").or_else(|| behind("UTC Arrival Time:")) {
            let words: Vec<&str> = time.split_whitespace().collect();
            if let Some((stamp, _)) = clock::stamp(&words) {
                head.stamp = head.stamp.or(Some(stamp));
            }
        } else if let Some(time) = behind("Epoch Time:").or_else(|| behind("Epoch Arrival Time:")) {
            let words: Vec<&str> = time.split_whitespace().collect();
            head.stamp = clock::stamp(&words).map(|(stamp, _)| stamp).or(head.stamp);
        } else if let Some(time) = behind("Time since reference or first frame:") {
            let words: Vec<&str> = time.split_whitespace().collect();
            let stamp = clock::stamp(&words).map(|(stamp, _)| stamp);
            head.stamp = head.stamp.or(stamp.filter(|stamp| matches!(stamp, Stamp::Elapsed(_))));
        } else if text.starts_with("Ethernet II, Src:") {
            (head.src_mac, head.dst_mac) = (mac(text, "Src:"), mac(text, "Dst:"));
        } else if text.starts_with("Internet Control Message Protocol") {
            let from = self.ips.take().map(|(from, _)| from);
            self.icmp = Some(Icmp { from, kind: None, code: None });
        } else if let Some(way) = behind("Packet type:") {
            head.direction = Some(match way {
                _ if way.starts_with("Sent by us") => FrameDirection::Out,
                _ if way.starts_with("Sent by somebody else") => FrameDirection::OtherHost,
                _ => FrameDirection::In,
            });
        } else if let (Some(number), Some(icmp)) = (behind("Type:"), &mut self.icmp) {
            icmp.kind = icmp.kind.or(leading(number));
        } else if let (Some(number), Some(icmp)) = (behind("Code:"), &mut self.icmp) {
            icmp.code = icmp.code.or(leading(number));
        } else if text.starts_with("Internet Protocol") {
            self.ips = ip(text, "Src:").zip(ip(text, "Dst:"));
        } else if let Some(ttl) = behind("Time to live:")
            .or_else(|| behind("Time to Live:"))
            .or_else(|| behind("Hop Limit:"))
        {
            head.ttl = head.ttl.or(leading(ttl));
        } else if text.starts_with("802.1Q Virtual LAN") {
            head.vlans.extend(text.split_once("ID:").and_then(|(_, id)| leading::<u16>(id.trim())));
        } else {
            return false;
        }
        true
    }

    /// A field of an ARP packet.
    fn arp_field(&mut self, text: &str) -> bool {
        let Some((name, value)) = text.split_once(':') else { return false };
        let word =
            || value.split([' ', '(', ')']).rfind(|word| !word.is_empty()).unwrap_or_default();
        match name.trim() {
            "Opcode" => self.arp.is_reply = Some(value.contains("reply")),
            "Sender MAC address" => self.arp.sender_mac = word().parse().ok(),
            "Sender IP address" => self.arp.sender = word().parse().ok(),
            "Target IP address" => self.arp.target = word().parse().ok(),
            _ => return false,
        }
        true
    }

    /// A field of the TCP header.
    fn segment_field(&mut self, text: &str) -> bool {
        let Some(body) = &mut self.body else { return false };
        let text = text.trim_matches(['[', ']']);
        let behind = |name: &str| text.strip_prefix(name).map(str::trim);
        if let Some(flags) = behind("Flags:") {
            let names = flags.split_once('(').map(|(_, names)| names.trim_end_matches(')'));
            body.flags = names.and_then(info::flags).unwrap_or(body.flags);
        } else if let Some(window) = behind("Window size value:").or_else(|| behind("Window:")) {
            body.window = leading(window);
        } else if let Some(status) = behind("Checksum Status:") {
            body.checksum = if status.starts_with("Good") { Checksum::Good } else { body.checksum };
        } else if text.contains("Maximum segment size:") {
            body.options.mss = number(text, "Maximum segment size:");
        } else if text.contains("Window scale:") {
            body.options.window_scale = number(text, "Window scale:");
        } else if text.contains("SACK permitted") {
            body.options.sack_permitted = true;
        } else if text.contains("TSval ") && text.contains("TSecr ") {
            stamped(&mut body.options, number(text, "TSval "), number(text, "TSecr "));
        } else {
            return false;
        }
        true
    }
}

fn number<T: std::str::FromStr>(text: &str, name: &str) -> Option<T> {
    leading(text.split_once(name)?.1.trim_start())
}

/// `Src: Vendor_11:22:33 (02:00:00:00:00:01)` or the address alone.
fn mac(text: &str, name: &str) -> Option<Mac> {
    let (_, rest) = text.split_once(name)?;
    rest.split(',').next()?.split([' ', '(', ')']).find_map(|word| word.parse().ok())
}

/// `Src: name (10.0.0.1)` or the address alone.
fn ip(text: &str, name: &str) -> Option<IpAddr> {
    let (_, rest) = text.split_once(name)?;
    let words = rest.split(',').next()?.split([' ', '(', ')']);
    words.filter_map(|word| word.parse().ok()).next_back().map(canonical_ip)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_packet_in_full() {
        let text = "Frame 1: 66 bytes on wire (528 bits), 66 bytes captured (528 bits)
    Arrival Time: Nov 23, 2026 11:16:14.764128000 UTC
Ethernet II, Src: 02:00:00:00:00:01, Dst: Vendor_00:00:10 (02:00:00:00:00:10)
Internet Protocol Version 4, Src: 192.0.2.1 (192.0.2.1), Dst: 198.51.100.2
    Time to Live: 63
Transmission Control Protocol, Src Port: 4711, Dst Port: http (80), Seq: 0, Len: 0
    Flags: 0x002 (SYN)
    Window: 64240
        TCP Option - Maximum segment size: 1460 bytes";
        let mut details = Details::default();
        let mut sheet = Sheet::default();
        for (number, text) in (1..).zip(text.lines()) {
            let line = Line { number, text: text.to_owned(), part_count: 1, rebuilt: false };
            let (taken, _) = details.line(&line, &mut sheet).unwrap();
            sheet.taken.push(taken);
        }
        assert!(details.flush(&mut sheet));
        let frame = sheet.last().unwrap();
        assert_eq!((frame.line, frame.ttl, frame.frame_len), (6, Some(63), Some(66)));
        let PrintedPacket::Tcp(segment) = &frame.packet else { panic!("{frame:?}") };
        assert_eq!((segment.dst.to_string().as_str(), segment.flags), ("198.51.100.2:80", 2));
        assert_eq!((segment.window, segment.options.mss), (Some(64240), Some(1460)));
    }
}
