//! What a message says.

use std::net::IpAddr;

use synrecv_model::Mac;

use super::{packet, signature, stamp};
use crate::token::link::is_device;
use crate::{FloodReaction, Said};

/// What a message says; `None` for one about something else. `is_log` when its line is certainly one
/// of a log: then fewer words are enough.
pub(super) fn said(text: &str, is_log: bool) -> Option<Said> {
    if !mentions(text) {
        return None;
    }
    let lower = text.to_ascii_lowercase();
    let by_kernel = conntrack_full(&lower)
        .or_else(|| flood(text, &lower))
        .or_else(|| martian(text))
        .or_else(|| table_full(&lower))
        .or_else(|| duplicate(text, &lower))
        .or_else(|| packet::packet(text).map(Said::LoggedPacket))
        .or_else(|| signature::signature(text).map(Said::LoggedPacket))
        .filter(|_| !stamp::is_inside(text));
    // Daemons put a time of their own into their messages.
    by_kernel.or_else(|| moved(text, &lower)).or_else(|| conflict(text, &lower, is_log))
}

/// True when a word is there without which nothing below reads a message: most lines of a text have
/// none, and each is asked.
fn mentions(text: &str) -> bool {
    let bytes = text.as_bytes();
    (0..bytes.len()).any(|at| {
        let rest = bytes.get(at..).unwrap_or_default();
        let starts = |word: &str| rest.starts_with(word.as_bytes());
        match rest.first() {
            Some(b'a') => starts("already "),
            Some(b'A' | b'c') => starts("ACD ") || starts("conntrack: "),
            Some(b'f') => starts("flooding") || starts("flip flop "),
            Some(b'I') => starts("IN="),
            Some(b'M') => starts("MD5 "),
            Some(b'm') => starts("martian "),
            Some(b'n') => starts("nflict"),
            Some(b't') => starts("thernet address "),
            Some(b'u') => starts("uplicate"),
            Some(b'v') => starts("verflow"),
            _ => false,
        }
    })
}

/// `nf_conntrack: table full, dropping packet`, `ip_conntrack: table full`.
fn conntrack_full(lower: &str) -> Option<Said> {
    let (head, tail) = lower.split_once("conntrack: ")?;
    let is_module = head.ends_with("nf_") || head.ends_with("ip_");
    let tail = tail.trim_start_matches("nf_conntrack: ");
    (is_module && tail.starts_with("table full")).then_some(Said::ConntrackFull)
}

/// `TCP: request_sock_TCP: Possible SYN flooding on port 0.0.0.0:80. Sending cookies.`
fn flood(text: &str, lower: &str) -> Option<Said> {
    const WORDS: &str = "possible syn flooding on port ";
    let at = lower.find(WORDS)?;
    let rest = text.get(at + WORDS.len()..)?;
    let word = rest.split_ascii_whitespace().next()?.trim_end_matches(['.', ',', '!']);
    let (address, port) = match word.rsplit_once(':') {
        Some((address, port)) => {
            (Some(address.trim_matches(['[', ']']).parse::<IpAddr>().ok()?), port)
        }
        None => (None, word),
    };
    let reaction = match lower {
        lower if lower.contains("sending cookies") => FloodReaction::Cookies,
        lower if lower.contains("dropping request") => FloodReaction::Drops,
        _ => FloodReaction::Unknown,
    };
    Some(Said::SynFlood { port: port.parse().ok()?, address, reaction })
}

/// `martian source 10.1.0.1 from 10.9.0.7, on dev eth0`: the destination stands first.
fn martian(text: &str) -> Option<Said> {
    let (_, rest) = text.split_once("martian ")?;
    let mut words = rest.split_ascii_whitespace();
    let kind = words.next()?;
    let destination: IpAddr = words.next()?.parse().ok()?;
    if words.next()? != "from" {
        return None;
    }
    let source: IpAddr = words.next()?.trim_end_matches(',').parse().ok()?;
    let mut words = words.skip_while(|word| *word != "dev");
    words.next()?;
    let device = words.next()?.trim_end_matches([',', '.']).to_owned();
    if words.next().is_some() {
        return None;
    }
    match kind {
        "source" => Some(Said::MartianSource { destination, source, device, macs: None }),
        "destination" => Some(Said::MartianDestination { destination, source, device }),
        _ => None,
    }
}

/// The frame of a martian, on the line after it: `ll header: 00000000: ff ff ...`, `ll header: ff:ff:...`.
pub(super) fn link_header(text: &str) -> Option<(Mac, Mac)> {
    let (_, rest) = text.split_once("ll header: ")?;
    let rest = rest.split_once(": ").map_or(rest, |(_, rest)| rest);
    packet::macs(rest.split([':', ' ']).filter(|part| !part.is_empty()))
}

/// `neighbour: arp_cache: neighbor table overflow!`, `Neighbour table overflow.`
fn table_full(lower: &str) -> Option<Said> {
    let full =
        lower.contains("neighbor table overflow") || lower.contains("neighbour table overflow");
    let is_v6 = match lower {
        lower if lower.contains("arp_cache") => Some(false),
        lower if lower.contains("ndisc_cache") => Some(true),
        _ => None,
    };
    // A sentence about it ends otherwise.
    let ends = lower.trim_end().ends_with(['!', '.', 'w']);
    (full && ends && lower.len() < 100).then_some(Said::NeighbourTableFull { is_v6 })
}

/// `IPv6: eth0: IPv6 duplicate address fe80::1 used by 02:00:00:00:00:01 detected!`
fn duplicate(text: &str, lower: &str) -> Option<Said> {
    let at = lower.find("duplicate address ")?;
    if !lower.contains("detected!") {
        return None;
    }
    let device =
        text.get(..at)?.trim_end().trim_end_matches("IPv6").trim_end().strip_suffix(':')?;
    let device = device.rsplit([' ', ':']).next().filter(|name| is_device(name))?.to_owned();
    let words = text.get(at + "duplicate address ".len()..)?;
    Some(Said::AddressConflict {
        address: address_in(words),
        mac: mac_in(words),
        device: Some(device),
    })
}

/// `arpwatch: changed ethernet address 10.0.0.1 new (old) eth0`, `flip flop 10.0.0.1 new (old)`.
fn moved(text: &str, lower: &str) -> Option<Said> {
    let flips = lower.contains("flip flop ");
    if !flips && !lower.contains("changed ethernet address ") {
        return None;
    }
    let mut macs = words(text).filter_map(mac);
    let (now, before) = (macs.next()?, macs.next()?);
    Some(Said::AddressMoved { address: address_in(text)?, macs: (now, before), flips })
}

/// What daemons say that ask for an address before they use it.
fn conflict(text: &str, lower: &str, is_log: bool) -> Option<Said> {
    const SAYINGS: &[&str] = &[
        "conflict detected for ip address",
        "conflict for address",
        "address conflict",
        "ip address conflict",
        "already in use in the network",
        "already uses address",
        "already in use by",
        "is already being used",
        "conflicting arp",
        "received conflict",
        "ipv4 acd conflict",
        "acd conflict",
        "duplicate address detected",
        "dad detected duplicate",
    ];
    if !SAYINGS.iter().any(|saying| lower.contains(saying)) {
        return None;
    }
    let address = address_in(text)?;
    let mac = mac_in(text);
    // Out of a log only the one who has it makes it more than a sentence.
    if !is_log && mac.is_none() {
        return None;
    }
    let device = ["interface", "dev", "iface"].iter().find_map(|title| {
        let mut all = words(text).skip_while(|word| !word.eq_ignore_ascii_case(title));
        all.next()?;
        all.next().filter(|name| is_device(name) && name.len() > 1).map(str::to_owned)
    });
    // `(eth0)` in front, as NetworkManager and others write it.
    let device = device.or_else(|| {
        let (_, rest) = text.split_once('(')?;
        let (name, _) = rest.split_once(')')?;
        let is_name = is_device(name) && !name.contains(' ') && mac_of(name).is_none();
        is_name.then(|| name.to_owned())
    });
    Some(Said::AddressConflict { address: Some(address), mac, device })
}

/// Words without quotes, brackets and commas.
fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| {
        c.is_whitespace() || matches!(c, '(' | ')' | '[' | ']' | '\'' | '"' | ',' | '=')
    })
    .map(|word| word.trim_end_matches(['.', ':', '!', ';']))
    .filter(|word| !word.is_empty())
}

fn address_in(text: &str) -> Option<IpAddr> {
    words(text).find_map(|word| word.split('/').next()?.parse::<IpAddr>().ok())
}

fn mac_in(text: &str) -> Option<Mac> {
    words(text).find_map(mac)
}

fn mac(word: &str) -> Option<Mac> {
    mac_of(word).filter(|mac| !mac.is_zero())
}

fn mac_of(word: &str) -> Option<Mac> {
    crate::token::link::mac(word)
}
