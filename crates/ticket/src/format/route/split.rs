//! Rows that lost their line ends or their blanks.

use std::net::Ipv4Addr;

use super::linux;
use crate::token::{link, mask};

/// Words of a row of IPv4.
const WORDS: usize = 8;

/// Most octets of a row without blanks.
const LEN_MAX: usize = 80;

/// Takes a line apart that holds several rows, or one row without blanks.
pub(super) fn split(line: &str) -> Option<Vec<String>> {
    if let Some(row) = with_blanks(line.trim()) {
        return Some(vec![row]);
    }
    let words: Vec<&str> = line.split_whitespace().collect();
    if words.len() <= WORDS {
        return None;
    }
    let mut parts: Vec<String> = Vec::new();
    let mut text: Vec<&str> = Vec::new();
    let mut rows_count = 0;
    let mut at = 0;
    while at < words.len() {
        match words.get(at..at + WORDS).filter(|row| linux::row(row).is_some()) {
            Some(row) => {
                if !text.is_empty() {
                    parts.push(std::mem::take(&mut text).join(" "));
                }
                parts.push(row.join(" "));
                rows_count += 1;
                at += WORDS;
            }
            None => {
                text.push(words[at]);
                at += 1;
            }
        }
    }
    if !text.is_empty() {
        parts.push(text.join(" "));
    }
    // What stands behind a single row is a remark or columns of `-ee`; before it, a title.
    let is_behind_text = rows_count == 1 && linux::row(&words[..WORDS]).is_none();
    (rows_count >= 2 || is_behind_text).then_some(parts)
}

/// `159.99.0.00.0.0.0255.255.0.0U000eth0` with its blanks, when it can be read in one way only.
fn with_blanks(line: &str) -> Option<String> {
    if line.len() > LEN_MAX || line.contains(' ') {
        return None;
    }
    let flags_at = line.find(['U', '!'])?;
    let (addresses, rest) = line.split_at(flags_at);
    let flags_end = rest.find(|c: char| !"UGHRDMAC!".contains(c))?;
    let (flags, rest) = rest.split_at(flags_end);
    let device_at = rest.find(|c: char| !c.is_ascii_digit())?;
    let (numbers, device) = rest.split_at(device_at);
    if !link::is_device(device) || numbers.len() < 3 || !numbers.ends_with("00") {
        return None;
    }
    let (metric, _) = numbers.split_at(numbers.len() - 2);
    if metric.len() > 1 && metric.starts_with('0') {
        return None;
    }
    let mut found = three(addresses).into_iter().filter(|[destination, gateway, netmask]| {
        let has_gateway = !gateway.is_unspecified();
        mask::len(*netmask).is_some()
            && u32::from(*destination) & !u32::from(*netmask) == 0
            && has_gateway == flags.contains('G')
            && (*netmask == Ipv4Addr::BROADCAST) == flags.contains('H')
    });
    let [destination, gateway, netmask] = found.next()?;
    found
        .next()
        .is_none()
        .then(|| format!("{destination} {gateway} {netmask} {flags} {metric} 0 0 {device}"))
}

/// Every way to read three addresses without blanks between them.
fn three(text: &str) -> Vec<[Ipv4Addr; 3]> {
    let parts: Vec<&str> = text.split('.').collect();
    let [a, b, c, first, e, f, second, h, i, j] = parts[..] else {
        return Vec::new();
    };
    let address = |octets: [&str; 4]| -> Option<Ipv4Addr> { octets.join(".").parse().ok() };
    let mut ways = Vec::new();
    for one in (1..first.len()).filter(|at| first.is_char_boundary(*at)) {
        for two in (1..second.len()).filter(|at| second.is_char_boundary(*at)) {
            let (d, first) = first.split_at(one);
            let (g, second) = second.split_at(two);
            let way =
                (address([a, b, c, d]), address([first, e, f, g]), address([second, h, i, j]));
            if let (Some(destination), Some(gateway), Some(netmask)) = way {
                ways.push([destination, gateway, netmask]);
            }
        }
    }
    ways
}
