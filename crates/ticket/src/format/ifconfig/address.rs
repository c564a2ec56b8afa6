//! Lines of addresses, with or without blanks, in any language.

use std::net::Ipv4Addr;

use synrecv_model::AddressScope;

use crate::AddressRow;
use crate::format::link_row::bare;
use crate::token::{address, mask, number};

/// What an address of IPv4 on a line is, by the words before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Role {
    Mask,
    Peer,
    Other,
}

/// Starts of the word for a mask, in the languages of net-tools.
const MASK: [&str; 13] = [
    "mask",
    "masque",
    "masc",
    "máscara",
    "netmask",
    "netzmaske",
    "掩码",
    "遮罩",
    "マスク",
    "ネットマスク",
    "síťová",
    "võrgumask",
    "маска",
];

/// Words for the other end.
const PEER: [&str; 7] = ["p-t-p", "p-z-p", "p-a-p", "destination", "dstaddr", "-->", "點對點"];

/// `inet addr:192.0.2.10  Bcast:192.0.2.255  Mask:255.255.255.0`, or with `netmask` and `broadcast`.
pub(super) fn v4(line: &str) -> Option<AddressRow> {
    let found = quads(line);
    let [(first, _), rest @ ..] = found.as_slice() else {
        return None;
    };
    let mut row = bare(0, (*first).into());
    let mut netmask = hexadecimal(line);
    let mut others: Vec<Ipv4Addr> = Vec::new();
    for (quad, role) in rest {
        match role {
            Role::Mask if netmask.is_none() => netmask = mask::len(*quad),
            Role::Peer => row.peer = Some((*quad).into()),
            Role::Mask | Role::Other => others.push(*quad),
        }
    }
    // No word is known: the mask is the last of three, or the only other.
    if netmask.is_none()
        && let Some(at) = others
            .iter()
            .rposition(|quad| mask::len(*quad).is_some() && *quad != Ipv4Addr::UNSPECIFIED)
    {
        netmask = mask::len(others.remove(at));
    }
    row.prefix_len = netmask;
    row.broadcast = others.first().filter(|quad| !quad.is_unspecified()).map(|quad| (*quad).into());
    Some(row)
}

/// `netmask 0xffffff00` of BSD.
fn hexadecimal(line: &str) -> Option<u8> {
    line.split_whitespace().filter(|word| word.starts_with("0x")).find_map(mask::word)
}

/// Dotted quads, each with what the word before it says.
fn quads(line: &str) -> Vec<(Ipv4Addr, Role)> {
    let is_part = |c: char| c.is_ascii_digit() || c == '.';
    let mut found = Vec::new();
    let mut before = 0;
    let mut rest = line;
    let mut at = 0;
    while let Some(start) = rest.find(|c: char| c.is_ascii_digit()) {
        let run = &rest[start..];
        let end = run.find(|c: char| !is_part(c)).unwrap_or(run.len());
        if let Ok(quad) = run[..end].parse() {
            let label =
                line[before..at + start].trim_matches([' ', '\t', ':', '：']).to_lowercase();
            let label = label.rsplit([' ', '\t']).next().unwrap_or_default();
            let role = match () {
                () if MASK.iter().any(|word| label.starts_with(word)) => Role::Mask,
                () if PEER.contains(&label) => Role::Peer,
                () => Role::Other,
            };
            found.push((quad, role));
            before = at + start + end;
        }
        at += start + end;
        rest = &line[at..];
    }
    found
}

/// `inet6 addr: fe80::1/64 Scope:Link`, `inet6 fe80::1  prefixlen 64  scopeid 0x20<link>`.
pub(super) fn v6(line: &str) -> Option<AddressRow> {
    let words: Vec<&str> = line.split_whitespace().collect();
    let found = words.iter().enumerate().skip(1).find_map(|(at, word)| {
        // `addr:fe80::1/64`: the word stands before it without a blank.
        let behind = word.split_once([':', '：']).map(|(_, behind)| behind);
        let net = address::net(word).or_else(|| behind.and_then(address::net))?;
        net.addr().is_ipv6().then_some((at, net, word.contains('/')))
    });
    let (at, net, has_len) = found?;
    let mut row = bare(0, net.addr());
    let printed = words
        .get(at + 2)
        .and_then(|word| number::decimal(word))
        .and_then(|len| u8::try_from(len).ok());
    row.prefix_len =
        if has_len { Some(net.prefix_len()) } else { printed.filter(|len| *len <= 128) };
    row.scope = words[at..].iter().find_map(|word| scope(word));
    row.tentative = words.contains(&"tentative");
    Some(row)
}

/// `Scope:Link`, `0x20<link>`, or `Link` behind `Scope:`.
fn scope(word: &str) -> Option<AddressScope> {
    let name = match word.split_once(['<', ':']) {
        Some((_, name)) => name.trim_end_matches('>'),
        None => word,
    };
    Some(match name {
        "Link" | "link" => AddressScope::Link,
        "Global" | "global" => AddressScope::Global,
        "Host" | "host" => AddressScope::Host,
        "Site" | "site" => AddressScope::Site,
        _ => return None,
    })
}
