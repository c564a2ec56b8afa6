//! Rows of other protocols: those that matter to addresses, and octets of a connection.

use std::net::IpAddr;

use synrecv_model::{ClaimKind, PrintedPacket};

use super::columns::{Columns, Error, Seen, columns, is_protocol};
use crate::format::frames::clock;
use crate::format::frames::ends::PrintedHost;

/// Protocols that are not in a connection.
const NOT_TCP: [&str; 26] = [
    "UDP", "DNS", "MDNS", "LLMNR", "NBNS", "DHCP", "DHCPv6", "BOOTP", "NTP", "SNMP", "SSDP",
    "QUIC", "ICMP", "ICMPv6", "ARP", "IGMPv2", "IGMPv3", "STP", "CDP", "LLDP", "TFTP", "SYSLOG",
    "GQUIC", "VRRP", "HSRP", "EAPOL",
];

/// A row without the ports and flags of a segment.
pub(super) fn parse(line: &str) -> Seen {
    let Some((before, protocol, info)) = split(line) else { return Seen::Nothing };
    let columns = columns(before);
    match protocol {
        "ARP" => match arp(info) {
            Some(packet) => Seen::Resolution(columns, packet),
            None => Seen::Other,
        },
        "ICMPv6" if info.contains("Neighbor") => match nd(info, &columns) {
            Some(packet) => Seen::Resolution(columns, packet),
            None => Seen::Other,
        },
        "ICMP" | "ICMPv6" if columns.hosts.is_some() => match error(info, protocol == "ICMPv6") {
            Some((icmp_type, code)) => Seen::Error(Error { columns, icmp_type, code }),
            None => Seen::Other,
        },
        _ if columns.head.stamp.is_none() || columns.hosts.is_none() => Seen::Nothing,
        other if NOT_TCP.contains(&other) => Seen::Other,
        // `[TCP segment of a reassembled PDU]` and its like are data too.
        _ => Seen::Data(columns),
    }
}

/// The columns up to the length, the protocol, and `Info`.
fn split(line: &str) -> Option<(&str, &str, &str)> {
    let mut words = line.split_whitespace().peekable();
    while let Some(word) = words.next() {
        let next = words.peek().copied().unwrap_or_default();
        let is_length = !next.is_empty() && next.bytes().all(|octet| octet.is_ascii_digit());
        if is_protocol(word) && (is_length || matches!(word, "ARP" | "ICMP" | "ICMPv6")) {
            let last = if is_length { next } else { word };
            let at = offset(line, last)? + last.len();
            return Some((line.get(..at)?, word, line.get(at..)?.trim_start()));
        }
    }
    without_protocol(line)
}

/// First words of `Info`, and the protocol that they are of.
const INFOS: [(&str, &str); 6] = [
    ("Destination unreachable (", "ICMP"),
    ("Destination Unreachable (", "ICMPv6"),
    ("Neighbor Solicitation ", "ICMPv6"),
    ("Neighbor Advertisement ", "ICMPv6"),
    ("Who has ", "ARP"),
    ("Gratuitous ARP for ", "ARP"),
];

/// A row without the columns of protocol and length.
fn without_protocol(line: &str) -> Option<(&str, &str, &str)> {
    let (at, protocol) =
        INFOS.into_iter().find_map(|(words, protocol)| Some((line.find(words)?, protocol)))?;
    // Prose speaks of it too: a time comes first in a row.
    let words: Vec<&str> = line.split_whitespace().take(4).collect();
    (0..2).find_map(|from| clock::stamp(words.get(from..)?))?;
    Some((line.get(..at)?, protocol, line.get(at..)?))
}

/// Where a part of a text begins in it.
fn offset(text: &str, part: &str) -> Option<usize> {
    let (start, at) = (text.as_ptr().addr(), part.as_ptr().addr());
    at.checked_sub(start).filter(|at| *at <= text.len())
}

/// `Who has 10.0.0.1? Tell 10.0.0.2`, `10.0.0.1 is at 02:00:00:00:00:01`.
fn arp(info: &str) -> Option<PrintedPacket> {
    let words: Vec<&str> = info.split_whitespace().take(16).collect();
    let ip = |word: &str| word.trim_matches(['?', ',', '.', '"']).parse::<IpAddr>().ok();
    let gratuitous = |address| {
        let kind = ClaimKind::ArpGratuitous;
        Some(PrintedPacket::Claim { kind, address, mac: None })
    };
    match *words.as_slice() {
        ["Who" | "who", "has", wanted, "Tell" | "tell", asker, ..] => {
            let (address, asker) = (ip(wanted)?, ip(asker).filter(|asker| !asker.is_unspecified()));
            if asker == Some(address) {
                return gratuitous(address);
            }
            Some(PrintedPacket::Question { address, asker })
        }
        [claimed, "is", "at", mac, ..] => {
            let kind = ClaimKind::ArpReply;
            let mac = mac.trim_end_matches(['"', ',']).parse().ok();
            Some(PrintedPacket::Claim { kind, address: ip(claimed)?, mac })
        }
        ["Gratuitous", "ARP", "for", claimed, ..] | ["ARP", "Announcement", "for", claimed, ..] => {
            gratuitous(ip(claimed)?)
        }
        ["ARP", "Probe", "for", asked, ..] => {
            Some(PrintedPacket::Question { address: ip(asked)?, asker: None })
        }
        _ => None,
    }
}

/// `Neighbor Solicitation for 2001:db8::1 from 02:..`, `Neighbor Advertisement 2001:db8::1 (rtr, sol, ovr) is at 02:..`.
fn nd(info: &str, columns: &Columns) -> Option<PrintedPacket> {
    let words: Vec<&str> = info.split_whitespace().take(16).collect();
    let src = columns.hosts.as_ref().map(|(src, _)| src);
    match *words.as_slice() {
        ["Neighbor", "Solicitation", "for", wanted, ..] => {
            let asker = match src {
                Some(PrintedHost::Ip(ip)) if !ip.is_unspecified() => Some(*ip),
                _ => None,
            };
            Some(PrintedPacket::Question { address: wanted.parse().ok()?, asker })
        }
        ["Neighbor", "Advertisement", claimed, ref rest @ ..] => {
            let has =
                |flag: &str| rest.iter().any(|word| word.trim_matches(['(', ')', ',']) == flag);
            let kind = ClaimKind::Advertisement {
                router: has("rtr"),
                solicited: has("sol"),
                overrides: has("ovr"),
            };
            let mac = rest.iter().find_map(|word| word.parse().ok());
            Some(PrintedPacket::Claim { kind, address: claimed.parse().ok()?, mac })
        }
        _ => None,
    }
}

/// Type and code of `Destination unreachable (Host unreachable)`.
fn error(info: &str, is_v6: bool) -> Option<(u8, u8)> {
    let lower = info.to_ascii_lowercase();
    let has = |words: &str| lower.contains(words);
    if has("time-to-live exceeded") || has("time exceeded") || has("hop limit exceeded") {
        return Some((if is_v6 { 3 } else { 11 }, 0));
    }
    if !has("destination unreachable") {
        return None;
    }
    let codes: &[(&str, u8)] = if is_v6 {
        &[
            ("no route", 0),
            ("prohibited", 1),
            ("beyond scope", 2),
            ("address unreachable", 3),
            ("port unreachable", 4),
            ("ingress/egress", 5),
            ("reject route", 6),
        ]
    } else {
        &[
            ("network unreachable", 0),
            ("host unreachable", 1),
            ("protocol unreachable", 2),
            ("port unreachable", 3),
            ("fragmentation needed", 4),
            ("network administratively prohibited", 9),
            ("host administratively prohibited", 10),
            ("communication administratively", 13),
        ]
    };
    let code =
        codes.iter().find(|(words, _)| has(words)).map_or(u8::from(!is_v6), |(_, code)| *code);
    Some((if is_v6 { 1 } else { 3 }, code))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_that_are_no_segments() {
        let row = |line: &str| parse(line);
        assert!(matches!(
            row(
                "1 0.000000 02:00:00:00:00:01 → ff:ff:ff:ff:ff:ff ARP 42 Who has 10.0.0.1? Tell 10.0.0.2"
            ),
            Seen::Resolution(_, PrintedPacket::Question { .. })
        ));
        assert!(matches!(
            row("2 0.000008 Vmware_11:22:33 Broadcast ARP 60 10.0.0.1 is at 02:00:00:00:00:01"),
            Seen::Resolution(
                _,
                PrintedPacket::Claim { kind: ClaimKind::ArpReply, mac: Some(_), .. }
            )
        ));
        assert!(matches!(
            row(
                "3 0.1 2001:db8::1 → 2001:db8::2 ICMPv6 86 Neighbor Advertisement 2001:db8::1 (rtr, sol, ovr) is at 02:00:00:00:00:01"
            ),
            Seen::Resolution(
                _,
                PrintedPacket::Claim { kind: ClaimKind::Advertisement { router: true, .. }, .. }
            )
        ));
        assert!(matches!(
            row(
                "4 0.2 10.0.0.1 → 10.0.0.2 ICMP 102 Destination unreachable (Host administratively prohibited)"
            ),
            Seen::Error(Error { icmp_type: 3, code: 10, .. })
        ));
        assert!(matches!(row("5 0.3 10.0.0.1 → 10.0.0.2 HTTP 150 GET / HTTP/1.1"), Seen::Data(_)));
        assert!(matches!(
            row("6 0.4 10.0.0.1 → 10.0.0.2 DNS 80 Standard query A example.org"),
            Seen::Other
        ));
        assert!(matches!(
            row("7 0.5 0.1 10.0.0.1 → 10.0.0.2 Destination unreachable (Port unreachable)"),
            Seen::Error(Error { icmp_type: 3, code: 3, .. })
        ));
        assert!(matches!(row("We saw TCP 80 open"), Seen::Nothing));
        assert!(matches!(row("Who has 10.0.0.1? Nobody knows"), Seen::Nothing));
    }
}
