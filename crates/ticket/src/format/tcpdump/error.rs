//! ICMP errors as tcpdump prints them, and where they say what they are about.

use std::net::IpAddr;

use crate::format::frames::PrintedEnd;
use crate::format::frames::ends::{PrintedHost, is_port};

/// An ICMP error: type, code, and what it says of the segment that it is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Error {
    pub(super) icmp_type: u8,
    pub(super) code: u8,
    /// Where the segment was going, with the port where printed.
    pub(super) target: Option<PrintedEnd>,
}

/// Reads what stands behind the ends; `None` when it is no error about a segment.
pub(super) fn read(rest: &str, is_v6: bool) -> Option<Error> {
    // What -v says of the checksum comes first.
    let rest = rest.trim_start();
    let rest = match rest.strip_prefix('[').and_then(|note| note.split_once(']')) {
        Some((_, rest)) => rest.trim_start(),
        None => rest,
    };
    let lower = rest.get(..4)?.eq_ignore_ascii_case("icmp");
    if !lower {
        return None;
    }
    let (_, info) = rest.split_once([' ', ':', ','])?;
    if is_v6 || rest.starts_with("ICMP6") { version_6(info) } else { version_4(info) }
}

fn version_4(info: &str) -> Option<Error> {
    let words: Vec<&str> =
        info.split([' ', ',', ':', ';']).filter(|word| !word.is_empty()).take(24).collect();
    let has = |wanted: &str| info.contains(wanted);
    let (icmp_type, code) = if has("unreachable") {
        (3, code(&words, info))
    } else if has("time exceeded in-transit") {
        (11, 0)
    } else {
        return None;
    };
    let place = words.iter().position(|word| *word == "unreachable").unwrap_or(words.len());
    Some(Error { icmp_type, code, target: target(words.get(..place)?) })
}

/// Codes of ICMP type 3.
fn code(words: &[&str], info: &str) -> u8 {
    let of = |word: &str| words.contains(&word);
    let prohibited = info.contains("admin prohibited");
    if info.contains("need to frag") {
        4
    } else if info.contains("source route failed") {
        5
    } else if info.contains("admin prohibited filter") {
        13
    } else if of("net") {
        if prohibited { 9 } else { 0 }
    } else if of("protocol") {
        2
    } else if of("port") {
        3
    } else if prohibited {
        10
    } else {
        1
    }
}

/// Codes of ICMPv6 type 1 by the words that stand for them.
const CODES_6: [(&str, u8); 9] = [
    ("unreachable route", 0),
    ("unreachable prohibited", 1),
    ("administratively prohibited", 1),
    ("beyond scope", 2),
    ("unreachable address", 3),
    ("unreachable port", 4),
    ("source address failed policy", 5),
    ("reject route", 6),
    ("unreachable", 0),
];

fn version_6(info: &str) -> Option<Error> {
    if info.contains("time exceeded") {
        return Some(Error { icmp_type: 3, code: 0, target: None });
    }
    let (_, code) = CODES_6.into_iter().find(|(words, _)| info.contains(words))?;
    let words: Vec<&str> =
        info.split([' ', ',']).filter(|word| !word.is_empty()).take(24).collect();
    Some(Error { icmp_type: 1, code, target: target(&words) })
}

/// `host 10.0.0.1`, `10.0.0.1 tcp port 80`, `10.0.0.1 tcp port http`.
fn target(words: &[&str]) -> Option<PrintedEnd> {
    let ip = words.iter().find_map(|word| word.trim_end_matches(':').parse::<IpAddr>().ok())?;
    let port = words.windows(3).find_map(|words| match *words {
        ["tcp", "port", port] if is_port(port) => Some(port.to_owned()),
        _ => None,
    });
    Some(PrintedEnd { host: PrintedHost::Ip(ip), port })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(rest: &str, is_v6: bool) -> Option<(u8, u8, Option<String>)> {
        let error = read(rest, is_v6)?;
        let port = error.target.and_then(|target| target.port);
        Some((error.icmp_type, error.code, port))
    }

    #[test]
    fn errors_about_segments() {
        assert_eq!(shown("ICMP host 10.0.0.3 unreachable, length 68", false), Some((3, 1, None)));
        let port = "ICMP 10.0.0.3 tcp port 80 unreachable, length 68";
        assert_eq!(shown(port, false), Some((3, 3, Some("80".into()))));
        let filter = "ICMP host 10.0.0.3 unreachable - admin prohibited filter, length 68";
        assert_eq!(shown(filter, false), Some((3, 13, None)));
        assert_eq!(
            shown("icmp: host 10.0.0.3 unreachable - admin prohibited", false),
            Some((3, 10, None))
        );
        assert_eq!(
            shown("icmp 36: 10.0.0.3 tcp port http unreachable", false),
            Some((3, 3, Some("http".into())))
        );
        assert_eq!(shown("ICMP time exceeded in-transit, length 68", false), Some((11, 0, None)));
        let route = "ICMP6, destination unreachable, unreachable route 2001:db8::1, length 88";
        assert_eq!(shown(route, true), Some((1, 0, None)));
        let port =
            "ICMP6, destination unreachable, unreachable port, 2001:db8::1 tcp port 80, length 88";
        assert_eq!(shown(port, true), Some((1, 4, Some("80".into()))));
        let verbose =
            "[icmp6 sum ok] ICMP6, destination unreachable,  unreachable prohibited 2001:db8::1";
        assert_eq!(shown(verbose, true), Some((1, 1, None)));
        assert_eq!(shown("ICMP echo request, id 1, seq 1, length 64", false), None);
        assert_eq!(shown("Flags [S], seq 1", false), None);
    }
}
