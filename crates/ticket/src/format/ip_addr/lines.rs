//! The lines of `ip addr` and `ip link`.

use synrecv_model::{Mac, OperState};

use crate::format::link_row::{bare, named, scope, set_flags};
use crate::token::{address, link, number};
use crate::{AddressRow, LinkRow};

/// What a line says; lines of `-o` hold several of these.
#[derive(Debug)]
pub(super) enum Part {
    /// `2: eth0@if4: <BROADCAST,UP> mtu 1500 state UP`.
    Header(Box<LinkRow>),
    /// What stands behind the place where the first line of a device was broken.
    HeaderMore(String),
    /// `eth0@if4  UP  192.0.2.10/24` (`-br`).
    Brief(Box<LinkRow>),
    /// `2: eth0    inet 192.0.2.10/24 scope global eth0` (`-o`).
    OneLine(Box<LinkRow>),
    /// `link/ether 02:00:5e:10:00:01 brd ff:ff:ff:ff:ff:ff`.
    LinkLayer(Option<Mac>),
    /// `inet 192.0.2.10/24 brd 192.0.2.255 scope global eth0`.
    Address(Box<AddressRow>),
    /// Above counters of packets received (`-s`).
    RxTitle,
    /// Above counters of packets sent.
    TxTitle,
    /// Above counters that are not used.
    OtherTitle,
    /// Counters.
    Counters(Vec<u64>),
    /// `alias`, behind which anything can stand, line breaks too.
    Alias,
    /// `veth`, `bridge ...`: the kind of the device (`-d`).
    Kind(String),
    /// `prog/xdp id 7`.
    Xdp,
    /// Lifetimes, other names, details.
    Idle,
    /// None of these.
    Nothing,
}

/// Kinds of devices, as `-d` names them at the start of a line.
const KINDS: [&str; 37] = [
    "bareudp",
    "bond",
    "bridge",
    "can",
    "dummy",
    "erspan",
    "geneve",
    "gre",
    "gretap",
    "hsr",
    "ifb",
    "ip6erspan",
    "ip6gre",
    "ip6gretap",
    "ip6tnl",
    "ipip",
    "ipoib",
    "ipvlan",
    "ipvtap",
    "lowpan",
    "macsec",
    "macvlan",
    "macvtap",
    "netdevsim",
    "nlmon",
    "rmnet",
    "sit",
    "team",
    "tun",
    "vcan",
    "veth",
    "vlan",
    "vrf",
    "vti",
    "vti6",
    "vxlan",
    "xfrm",
];

/// Words at the start of lines that hold nothing that is used.
const IDLE: [&str; 12] = [
    "valid_lft",
    "altname",
    "promiscuity",
    "vf",
    "openvswitch_slave",
    "wireguard",
    "parentbus",
    "parentdev",
    "portname",
    "numtxqueues",
    "addrgenmode",
    "user",
];

/// The parts of a line: `-o` writes a backslash where there would be a line end.
pub(super) fn parts(line: &str) -> impl Iterator<Item = &str> {
    line.split("\\ ").flat_map(|part| part.split("\\\t")).map(|part| part.trim_end_matches('\\'))
}

/// What a part is. `inside` of an output, less is asked of it.
pub(super) fn part(text: &str, inside: bool) -> Part {
    if let Some(found) = numbered(text) {
        return found;
    }
    let words: Vec<&str> = text.split_whitespace().collect();
    let Some((&first, rest)) = words.split_first() else {
        return Part::Nothing;
    };
    if first != "alias" && rest.iter().any(|word| starts_line(word)) {
        return Part::Nothing;
    }
    match first {
        "inet" | "inet6" => {
            return address(&words).map_or(Part::Nothing, |row| Part::Address(Box::new(row)));
        }
        _ if first.starts_with("link/") => {
            let mac = rest.first().and_then(|word| link::mac(word)).filter(|mac| !mac.is_zero());
            return Part::LinkLayer(mac);
        }
        "RX:" if rest.first() == Some(&"bytes") => return Part::RxTitle,
        "TX:" if rest.first() == Some(&"bytes") => return Part::TxTitle,
        "RX" | "TX" if rest.first() == Some(&"errors:") => return Part::OtherTitle,
        _ => {}
    }
    if let Some(row) = brief(&words, inside) {
        return Part::Brief(Box::new(row));
    }
    if !inside {
        return Part::Nothing;
    }
    match first {
        "alias" => Part::Alias,
        _ if words.iter().any(|word| matches!(*word, "qdisc" | "group" | "qlen")) => {
            Part::HeaderMore(text.to_owned())
        }
        "prog/xdp" => Part::Xdp,
        word if KINDS.contains(&word) => Part::Kind(word.to_owned()),
        word if IDLE.contains(&word) || word.ends_with("_slave") => Part::Idle,
        _ => {
            let counters: Option<Vec<u64>> =
                words.iter().map(|word| number::decimal(word)).collect();
            counters.filter(|counters| counters.len() >= 4).map_or(Part::Nothing, Part::Counters)
        }
    }
}

/// A word that stands at the start of a line: behind others, lines were put together.
fn starts_line(word: &str) -> bool {
    word.starts_with("link/")
        || matches!(word, "inet" | "inet6" | "valid_lft" | "altname" | "RX:" | "TX:")
}

/// A part that begins with an ifindex: the first line of a device, or an address of `-o`.
fn numbered(text: &str) -> Option<Part> {
    let (ifindex, rest) = text.trim_start().split_once(':')?;
    let ifindex = number::decimal(ifindex)?.try_into().ok()?;
    let rest = rest.trim_start();
    if let Some((name, behind)) = rest.split_once(": <").or_else(|| rest.split_once(":<")) {
        let (flags, behind) = behind.split_once('>')?;
        let mut row = link_named(name)?;
        // More than one line of the output.
        if behind.contains("link/") || behind.contains(" inet") {
            return None;
        }
        row.ifindex = Some(ifindex);
        set_flags(&mut row, flags.split(','));
        set_keys(&mut row, behind);
        return Some(Part::Header(Box::new(row)));
    }
    let words: Vec<&str> = rest.split_whitespace().collect();
    let (name, rest) = words.split_first()?;
    let mut row = link_named(name)?;
    row.ifindex = Some(ifindex);
    // `ip maddr` prints addresses without a length.
    row.addresses.push(address(rest).filter(|row| row.prefix_len.is_some())?);
    Some(Part::OneLine(Box::new(row)))
}

/// `eth0@if4`: a name, and what it sits on.
fn link_named(word: &str) -> Option<LinkRow> {
    let (name, lower) = match word.rsplit_once('@') {
        Some((name, lower)) if !name.is_empty() => (name, Some(lower)),
        _ => (word, None),
    };
    link::is_device(name).then_some(())?;
    let mut row = named(0, name);
    row.lower = lower.filter(|lower| *lower != "NONE").map(str::to_owned);
    Some(row)
}

/// Sets what stands behind the flags.
pub(super) fn set_keys(row: &mut LinkRow, text: &str) {
    let mut words = text.split_whitespace();
    while let Some(word) = words.next() {
        match word {
            "mtu" => row.mtu_bytes = words.next().and_then(number::any32),
            "master" => row.master = words.next().map(str::to_owned),
            "state" => row.operstate = words.next().and_then(operstate),
            word if word.starts_with("xdp") => row.xdp = true,
            _ => {}
        }
    }
}

fn operstate(word: &str) -> Option<OperState> {
    Some(match word {
        "UNKNOWN" => OperState::Unknown,
        "NOTPRESENT" => OperState::NotPresent,
        "DOWN" => OperState::Down,
        "LOWERLAYERDOWN" => OperState::LowerLayerDown,
        "TESTING" => OperState::Testing,
        "DORMANT" => OperState::Dormant,
        "UP" => OperState::Up,
        _ => return None,
    })
}

/// The key that the first line of a device ends with, when it was broken before the value.
pub(super) fn open_key(text: &str) -> Option<&str> {
    let last = text.split_whitespace().last()?;
    matches!(last, "mtu" | "qdisc" | "state" | "master" | "mode" | "group" | "qlen").then_some(last)
}

/// `inet 192.0.2.10/24 brd 192.0.2.255 scope global secondary eth0:vip`.
fn address(words: &[&str]) -> Option<AddressRow> {
    let [family, first, rest @ ..] = words else {
        return None;
    };
    let is_v6 = match *family {
        "inet" => false,
        "inet6" => true,
        _ => return None,
    };
    let local = address::net(first)?;
    if local.addr().is_ipv6() != is_v6 {
        return None;
    }
    let mut row = bare(0, local.addr());
    row.prefix_len = first.contains('/').then_some(local.prefix_len());
    let mut rest = rest.iter().copied();
    while let Some(word) = rest.next() {
        match word {
            "peer" => {
                let word = rest.next()?;
                let peer = address::net(word)?;
                row.prefix_len =
                    Some(peer.prefix_len()).filter(|_| word.contains('/')).or(row.prefix_len);
                row.peer = Some(peer.addr()).filter(|peer| *peer != row.address);
            }
            "brd" => row.broadcast = rest.next().and_then(address::ip),
            "scope" => row.scope = rest.next().and_then(scope),
            "any" | "metric" | "proto" | "flags" => {
                rest.next();
            }
            "secondary" | "temporary" => row.secondary = true,
            "tentative" => row.tentative = true,
            "dadfailed" => row.dad_failed = true,
            "noprefixroute" => row.noprefixroute = true,
            "dynamic" | "deprecated" | "permanent" | "mngtmpaddr" | "nodad" | "optimistic"
            | "home" | "autojoin" | "stable-privacy" | "valid_lft" => {}
            word if !is_v6 && row.scope.is_some() && row.label.is_none() => {
                row.label = Some(word.to_owned());
            }
            _ => {}
        }
    }
    Some(row)
}

/// A row of `-br`: name, state, then addresses, or a link-layer address and flags.
fn brief(words: &[&str], inside: bool) -> Option<LinkRow> {
    let [name, state, rest @ ..] = words else {
        return None;
    };
    let operstate = operstate(state)?;
    let mut row = link_named(name)?;
    row.operstate = Some(operstate);
    let mut has_content = false;
    let mut rest = rest.iter().copied();
    while let Some(word) = rest.next() {
        if let Some(flags) = word.strip_prefix('<').and_then(|word| word.strip_suffix('>')) {
            set_flags(&mut row, flags.split(','));
        } else if let Some(mac) = link::mac(word) {
            row.mac = Some(mac).filter(|mac| !mac.is_zero());
        } else if word == "peer" {
            let peer = address::net(rest.next()?)?;
            let last = row.addresses.last_mut()?;
            last.peer = Some(peer.addr());
            last.prefix_len = Some(peer.prefix_len());
        } else if let Some(net) = address::net(word) {
            let mut own = bare(0, net.addr());
            own.prefix_len = word.contains('/').then_some(net.prefix_len());
            row.addresses.push(own);
        } else if word != "metric" && number::decimal(word).is_none() {
            return None;
        }
        has_content = true;
    }
    (has_content || inside).then_some(row)
}

/// An output that lost its line ends: the first line of a device with more behind it.
pub(super) fn split(line: &str) -> Option<Vec<String>> {
    let words: Vec<&str> = line.split_whitespace().collect();
    let is_header = |at: usize| {
        let ifindex = words[at].strip_suffix(':').and_then(number::decimal);
        ifindex.is_some() && words.get(at + 2).is_some_and(|word| word.starts_with('<'))
    };
    let is_detail = |at: usize| starts_line(words[at]);
    // With backslashes between them, the lines were put together by `-o`.
    let has_more = (1..words.len()).any(is_detail) && !line.contains("\\ ");
    let headers_count = (0..words.len()).filter(|at| is_header(*at)).count();
    if !has_more || headers_count == 0 {
        return None;
    }
    let mut parts: Vec<Vec<&str>> = Vec::new();
    for (at, word) in words.iter().enumerate() {
        if parts.is_empty() || is_header(at) || is_detail(at) {
            parts.push(Vec::new());
        }
        if let Some(part) = parts.last_mut() {
            part.push(word);
        }
    }
    Some(parts.into_iter().map(|part| part.join(" ")).collect())
}

/// A message in place of devices.
pub(super) fn is_remark(line: &str) -> bool {
    let line = line.trim();
    line.starts_with("Device \"")
        || line.starts_with("Error:")
        || line.starts_with("RTNETLINK answers:")
        || line == "[]"
}
