//! What one row is: its columns by their look.

use std::net::IpAddr;

use synrecv_model::{Mac, PrintedPacket, canonical_ip};

use super::info::{self, ARROWS};
use super::other;
use crate::format::frames::ends::PrintedHost;
use crate::format::frames::{Body, Head, Stamp, clock, unescaped};

/// What one line is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Seen {
    Nothing,
    /// Titles of columns, or the first line of a capture.
    Title(Order),
    /// A segment.
    Segment(Segment),
    /// Octets of a connection: their protocol is shown in place of TCP.
    Data(Columns),
    /// ARP or neighbour discovery.
    Resolution(Columns, PrintedPacket),
    /// An ICMP error: its type and code.
    Error(Error),
    /// A frame of something else.
    Other,
}

/// Which address comes first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Order {
    /// The source; or nothing says so.
    #[default]
    SourceFirst,
    /// The destination.
    DestinationFirst,
}

/// A segment with its columns.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Segment {
    pub(super) columns: Columns,
    pub(super) src_port: String,
    pub(super) dst_port: String,
    pub(super) body: Body,
}

/// An ICMP error with its columns.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Error {
    pub(super) columns: Columns,
    pub(super) icmp_type: u8,
    pub(super) code: u8,
}

/// The columns of a row but `Info`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Columns {
    pub(super) head: Head,
    pub(super) hosts: Option<(PrintedHost, PrintedHost)>,
    /// The hosts have an arrow between them, so their order is certain.
    pub(super) arrow: bool,
}

/// Reads one line.
pub(super) fn parse(line: &str) -> Seen {
    let line = unescaped(line);
    // Values with commas between them, as Wireshark exports them.
    let line = if line.trim_start().starts_with('"') && line.contains("\",\"") {
        line.replace("\",\"", " ").replace('"', "").into()
    } else {
        line
    };
    // Quoted without a blank.
    let line = line.trim().trim_start_matches('>').trim_start();
    if let Some(order) = title(line) {
        return Seen::Title(order);
    }
    if let Some(info) = info::read(line) {
        let mut columns = columns(info.before);
        if columns.hosts.is_none() && !info.behind.is_empty() {
            // `Info` came first.
            columns = self::columns(&info.behind);
        }
        return Seen::Segment(Segment {
            columns,
            src_port: info.src_port,
            dst_port: info.dst_port,
            body: info.body,
        });
    }
    // All others need a time or number first, then two addresses.
    if !line.starts_with(|c: char| c.is_ascii_digit() || c.is_ascii_uppercase()) {
        return Seen::Nothing;
    }
    other::parse(line)
}

/// `No. Time Source Destination Protocol Length Info`.
fn title(line: &str) -> Option<Order> {
    if line.starts_with("Capturing on ") || line.starts_with("Running as user \"") {
        return Some(Order::default());
    }
    let has = |wanted: &str| line.split([' ', '\t', ',']).any(|word| word == wanted);
    if !(has("Source") && has("Destination") && (has("Info") || has("Protocol")))
        || line.len() > 200
    {
        return None;
    }
    let destination_first = line.find("Destination") < line.find("Source");
    Some(if destination_first { Order::DestinationFirst } else { Order::SourceFirst })
}

/// Reads the columns before `Info`.
pub(super) fn columns(text: &str) -> Columns {
    let words: Vec<&str> = text.split_whitespace().collect();
    let mut columns = Columns::default();
    // A number may come first.
    let numbered =
        words.first().is_some_and(|word| word.bytes().all(|octet| octet.is_ascii_digit()));
    let stamps = || (0..words.len()).filter_map(|from| clock::stamp(words.get(from..)?));
    let dated = |stamp: &Stamp| !matches!(stamp, Stamp::Elapsed(_));
    // Of several times a time of day is the one that all frames share.
    let stamp = stamps().map(|(stamp, _)| stamp).find(dated);
    columns.head.stamp = stamp.or_else(|| stamps().next().map(|(stamp, _)| stamp));
    let rest = words.get(usize::from(numbered)..).unwrap_or_default();
    let mut macs = rest.iter().filter_map(|word| word.trim_end_matches(',').parse::<Mac>().ok());
    if let (Some(src), Some(dst)) = (macs.next(), macs.next()) {
        (columns.head.src_mac, columns.head.dst_mac) = (Some(src), Some(dst));
    }
    columns.hosts = hosts(rest);
    columns.arrow = rest.iter().any(|word| ARROWS.contains(word));
    let is_v6 = |host: &PrintedHost| matches!(host, PrintedHost::Ip(ip) if ip.is_ipv6());
    columns.head.is_v6 = columns.hosts.as_ref().is_some_and(|(src, dst)| is_v6(src) || is_v6(dst));
    columns.head.frame_len = length(rest);
    columns
}

/// The length stands behind the protocol.
fn length(words: &[&str]) -> Option<u32> {
    let place = words.iter().rposition(|word| is_protocol(word))?;
    words.get(place + 1)?.parse().ok()
}

/// A name of a protocol: `TCP`, `TLSv1.2`, `HTTP/XML`.
pub(super) fn is_protocol(word: &str) -> bool {
    (2..=16).contains(&word.len())
        && word.starts_with(|c: char| c.is_ascii_uppercase())
        && word.chars().filter(char::is_ascii_uppercase).count() >= 2
        && word.chars().all(|c| c.is_ascii_alphanumeric() || "./-_".contains(c))
        && word.parse::<IpAddr>().is_err()
}

/// The two hosts: addresses, or the words on both sides of an arrow, or those before the protocol.
fn hosts(words: &[&str]) -> Option<(PrintedHost, PrintedHost)> {
    let address = |word: &&str| {
        let bare = word.trim_matches([',', '|', '(', ')']);
        let bare = bare.split_once('%').map_or(bare, |(address, _)| address);
        bare.parse::<IpAddr>().ok().map(|ip| PrintedHost::Ip(canonical_ip(ip)))
    };
    let mut addresses = words.iter().filter_map(address);
    if let (Some(src), Some(dst)) = (addresses.next(), addresses.next()) {
        return Some((src, dst));
    }
    let host = |word: &&str| address(word).or_else(|| PrintedHost::read(word));
    if let Some(arrow) = words.iter().position(|word| ARROWS.contains(word)) {
        let src = words.get(arrow.checked_sub(1)?).and_then(host)?;
        return Some((src, words.get(arrow + 1).and_then(host)?));
    }
    let protocol = words.iter().position(|word| is_protocol(word))?;
    // A column of ports may stand between.
    let named: Vec<PrintedHost> = words.get(..protocol)?.iter().filter_map(host).collect();
    match <[PrintedHost; 2]>::try_from(named) {
        Ok([src, dst]) => Some((src, dst)),
        Err(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn segment(line: &str) -> Segment {
        match parse(line) {
            Seen::Segment(segment) => segment,
            other => panic!("{line}: {other:?}"),
        }
    }

    fn shown(line: &str) -> (String, Option<u32>, bool) {
        let segment = segment(line);
        let (src, dst) = segment.columns.hosts.unwrap();
        let text = |host| match host {
            PrintedHost::Ip(ip) => format!("{ip}"),
            PrintedHost::Name(name) => name,
        };
        let ends = format!("{} > {}", text(src), text(dst));
        (ends, segment.columns.head.frame_len, segment.columns.head.stamp.is_some())
    }

    #[test]
    fn columns_in_any_order() {
        let ends = || "192.0.2.1 > 198.51.100.2".to_owned();
        let info = "4711 → 80 [SYN] Seq=0 Win=64240 Len=0 MSS=1460";
        for line in [
            "    3   0.000016 192.0.2.1 → 198.51.100.2 TCP 74",
            "3 0.000016 192.0.2.1 -> 198.51.100.2 TCP 74",
            "11:16:14.764126000 192.0.2.1 198.51.100.2 80 TCP 74",
            "3 2026-11-23 11:16:14.764126 192.0.2.1 → 198.51.100.2 TCP 74",
            "TCP 74 0.000016 192.0.2.1 198.51.100.2",
            "\"3\",\"0.000016\",\"192.0.2.1\",\"198.51.100.2\",\"TCP\",\"74\",\"",
        ] {
            let (shown, len, _) = shown(&format!("{line} {info}"));
            assert_eq!((shown, len), (ends(), Some(74)), "{line}");
        }
        assert!(shown(&format!("3 0.000016 192.0.2.1 → 198.51.100.2 TCP 74 {info}")).2);
        let first = shown(&format!("{info} 192.0.2.1 198.51.100.2 0.000016"));
        assert_eq!((first.0, first.2), (ends(), true));
        let named = shown(&format!("3 0.000016 client.example → web TCP 74 {info}"));
        assert_eq!(named.0, "client.example > web");
        let named = shown(&format!("3 0.000016 client.example web TCP 74 {info}"));
        assert_eq!(named.0, "client.example > web");
        let alone = segment(info);
        assert_eq!((alone.columns.hosts, alone.src_port.as_str()), (None, "4711"));
        let dated = segment(&format!(
            "1 Nov 23, 2026 11:16:14.764126000 UTC 192.0.2.1 198.51.100.2 TCP 74 {info}"
        ));
        assert!(matches!(dated.columns.head.stamp, Some(Stamp::Since1970(_))));
    }

    #[test]
    fn titles_say_which_address_comes_first() {
        assert_eq!(
            title("No. Time Source Destination Protocol Length Info"),
            Some(Order::SourceFirst)
        );
        assert_eq!(title("Time Destination Source Info"), Some(Order::DestinationFirst));
        assert_eq!(title("Destination Gateway Genmask"), None);
    }
}
