//! Rows whose blanks are gone: `00192.0.2.1:80198.51.100.7:4711`.
//!
//! Every way to take such a text apart is enumerated. What tools never print rules most of them
//! out: zeros in front of a number, octets above 255, a port above 65535, an address with the
//! port `*`, an IPv6 address in another form than the usual one.

use std::net::IpAddr;

use crate::token::endpoint::{End, Host, Port, colon};

/// Octets of two numbers and two ends at most.
const TEXT_MAX: usize = 128;

/// Readings that are kept at most.
const READINGS_MAX: usize = 32;

/// The queues and ends of a row, read in one way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::format) struct Squeezed<'a> {
    pub(in crate::format) recv: u32,
    pub(in crate::format) send: u32,
    pub(in crate::format) local: End<'a>,
    pub(in crate::format) peer: End<'a>,
}

/// Every reading of a text as two queues, of which `fits` must hold, and two ends. Blanks that are
/// left stand between fields.
pub(in crate::format) fn readings(
    text: &str,
    fits: impl Fn(u32, u32) -> bool,
) -> Vec<Squeezed<'_>> {
    let text = text.trim();
    let mut found = Vec::new();
    if text.len() > TEXT_MAX || !text.is_ascii() {
        return found;
    }
    let mut known: Option<(&str, Vec<(End<'_>, End<'_>)>)> = None;
    for (recv, behind) in numbers(text) {
        for (send, behind) in numbers(behind).filter(|(send, _)| fits(recv, *send)) {
            let pairs = match &known {
                Some((of, pairs)) if *of == behind => pairs,
                _ => &known.insert((behind, ends(behind))).1,
            };
            for &(local, peer) in pairs {
                if found.len() < READINGS_MAX {
                    found.push(Squeezed { recv, send, local, peer });
                }
            }
        }
    }
    found
}

/// Every number that a text can begin with, and what is behind it.
fn numbers(text: &str) -> impl Iterator<Item = (u32, &str)> {
    let text = text.trim_start();
    let digits = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let longest = if text.starts_with('0') { 1 } else { 10 };
    (1..=digits.min(longest)).filter_map(move |len| {
        let (number, behind) = text.split_at(len);
        Some((number.parse().ok()?, behind.trim_start()))
    })
}

/// Every way to read a text as two ends.
fn ends(text: &str) -> Vec<(End<'_>, End<'_>)> {
    if let Some((local, peer)) = text.split_once(char::is_whitespace) {
        return pair(local, peer.trim_start()).into_iter().collect();
    }
    let (Some(first), Some(last)) = (text.find(':'), text.rfind(':')) else { return Vec::new() };
    let mut found = Vec::new();
    let mut colon = first;
    // The peer begins behind the port of the local end, and before its own colon.
    for at in first + 2..=last {
        if text.as_bytes()[at - 2] == b':' {
            colon = at - 2;
        }
        if is_port(&text.as_bytes()[colon + 1..at]) {
            found.extend(pair(&text[..at], &text[at..]));
        }
    }
    found
}

/// What the port of the local end can be: digits or the letters of a name, which tells most splits
/// without a look at the addresses.
fn is_port(text: &[u8]) -> bool {
    (text.len() <= 5 && text.iter().all(u8::is_ascii_digit))
        || text.iter().all(u8::is_ascii_lowercase)
}

fn pair<'a>(local: &'a str, peer: &'a str) -> Option<(End<'a>, End<'a>)> {
    let (local, peer) = (canonical(local)?, canonical(peer)?);
    let fits = local.is_numeric()
        && peer.is_numeric()
        && local.port != Port::Any
        && family(&local).zip(family(&peer)).is_none_or(|(one, other)| one == other)
        && (peer.port != Port::Any || is_unspecified(&peer));
    fits.then_some((local, peer))
}

/// An end whose IPv6 address is written as tools write it: `0::` is none.
fn canonical(text: &str) -> Option<End<'_>> {
    let end = colon(text)?;
    let is_canonical = match end.host {
        Host::Ip(ip @ IpAddr::V6(_)) => text
            .trim_start_matches('[')
            .strip_prefix(&ip.to_string())
            .is_some_and(|rest| rest.starts_with([':', ']', '%'])),
        _ => true,
    };
    is_canonical.then_some(end)
}

fn family(end: &End<'_>) -> Option<bool> {
    match end.host {
        Host::Ip(ip) => Some(ip.is_ipv6()),
        _ => None,
    }
}

fn is_unspecified(end: &End<'_>) -> bool {
    match end.host {
        Host::Ip(ip) => ip.is_unspecified(),
        Host::Any => true,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str) -> Vec<String> {
        let port = |port: Port<'_>| match port {
            Port::Number(number) => number.to_string(),
            _ => "*".to_owned(),
        };
        let end = |end: End<'_>| match end.host {
            Host::Ip(ip) => format!("{ip} {}", port(end.port)),
            _ => format!("* {}", port(end.port)),
        };
        let row = |row: &Squeezed<'_>| {
            format!("{} {} {} {}", row.recv, row.send, end(row.local), end(row.peer))
        };
        readings(text, |_, _| true).iter().map(row).collect()
    }

    #[test]
    fn a_listener_has_one_reading() {
        assert_eq!(shown("000.0.0.0:800.0.0.0:*"), ["0 0 0.0.0.0 80 0.0.0.0 *"]);
        assert_eq!(shown("500.0.0.0:80800.0.0.0:*"), ["5 0 0.0.0.0 8080 0.0.0.0 *"]);
        assert_eq!(shown("00127.0.0.1:6310.0.0.0:*"), ["0 0 127.0.0.1 631 0.0.0.0 *"]);
        assert_eq!(shown("00:::80:::*"), ["0 0 :: 80 :: *"]);
        assert_eq!(shown("00*:22*:*"), ["0 0 * 22 * *"]);
    }

    #[test]
    fn a_port_and_an_octet_share_digits() {
        assert_eq!(
            shown("00 192.0.2.17:8071.56.137.10:56657"),
            ["0 0 192.0.2.17 80 71.56.137.10 56657", "0 0 192.0.2.17 807 1.56.137.10 56657"]
        );
        assert_eq!(
            shown("00192.0.2.17:80271.56.137.10:5"),
            ["0 0 192.0.2.17 802 71.56.137.10 5", "0 0 192.0.2.17 8027 1.56.137.10 5"]
        );
    }

    #[test]
    fn blanks_that_are_left_separate() {
        assert_eq!(
            shown("0 0 192.0.2.17:80 71.56.137.10:56657"),
            ["0 0 192.0.2.17 80 71.56.137.10 56657"]
        );
        assert_eq!(shown("0 0 192.0.2.17:80 71.56 .137.10:56657"), Vec::<String>::new());
    }

    #[test]
    fn ipv6() {
        assert!(
            shown("002001:db8::1:4432001:db8::2:51543")
                .contains(&"0 0 2001:db8::1 443 2001:db8::2 51543".to_owned())
        );
    }

    #[test]
    fn long_texts_are_left_alone() {
        assert!(readings(&"1".repeat(4000), |_, _| true).is_empty());
        assert!(readings(&"1:1".repeat(42), |_, _| true).len() <= READINGS_MAX);
    }
}
