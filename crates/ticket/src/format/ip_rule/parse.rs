//! One line of `ip rule`.

use synrecv_model::{Family, Foreign, PortRange, Rule, RuleAction, Text, text};

use super::empty;
use crate::format::route_names::{TableName, protocol};
use crate::token::{address, number};

/// Stands for a selector that is not known here, in place of the kernel's number of it.
pub(super) const UNKNOWN: u16 = u16::MAX;

/// A rule, and what it takes the whole list to know.
#[derive(Clone, Debug)]
pub(super) struct Parsed {
    pub(super) rule: Rule,
    /// The table as it is printed.
    pub(super) table: TableName,
    /// Family of a prefix among its selectors.
    pub(super) family: Option<Family>,
    /// It has a word that only BusyBox prints.
    pub(super) is_of_busybox: bool,
}

/// A rule; or why it cannot be used. `None` when the line is none.
pub(super) fn line(line: &str) -> Option<Result<Parsed, Text>> {
    let (priority, rest) = line.trim().split_once(':')?;
    let priority = number::decimal(priority)?.try_into().ok()?;
    let words = crate::format::table::words(rest);
    // The next rule.
    if words.iter().any(|word| {
        word.strip_suffix(':')
            .is_some_and(|word| !word.is_empty() && number::decimal(word).is_some())
    }) {
        return None;
    }
    let is_source = |word: &str| word == "all" || address::net(word).is_some();
    let acts =
        words.iter().any(|word| matches!(*word, "lookup" | "goto") || action(word).is_some());
    let is_rule = match words.as_slice() {
        ["from", source, ..] | ["not", "from", source, ..] => acts || is_source(source),
        ["not" | "to" | "fwmark" | "iif" | "oif" | "lookup", ..] => acts && words.len() >= 2,
        _ => false,
    };
    is_rule.then(|| rule(priority, &words))
}

fn rule(priority: u32, words: &[&str]) -> Result<Parsed, Text> {
    let mut rule = empty(priority);
    let mut table = TableName::new("unspec");
    let mut family = None;
    let mut is_of_busybox = false;
    let mut has_action = false;
    let missing = |key: &str| text!["nothing that can be read behind ", Foreign(key.to_owned())];
    let mut rest = words.iter().copied().peekable();
    while let Some(key) = rest.next() {
        match key {
            "not" => rule.invert = true,
            "from" | "to" => {
                let word = rest.next().unwrap_or_default();
                if word != "all" && word != "any" && word != "default" {
                    let prefix = address::prefix(word).ok_or_else(|| missing(key))?;
                    family = Some(Family::of(prefix.addr()));
                    if key == "from" { rule.from = Some(prefix) } else { rule.to = Some(prefix) }
                }
            }
            "iif" | "dev" => rule.iif = Some(device(rest.next()).ok_or_else(|| missing(key))?),
            "oif" => rule.oif = Some(device(rest.next()).ok_or_else(|| missing(key))?),
            "[detached]" | "[unresolved]" => {}
            "fwmark" => rule.fwmark = Some(rest.next().and_then(mark).ok_or_else(|| missing(key))?),
            "tos" | "dsfield" => {
                let tos = rest.next().and_then(tos).ok_or_else(|| missing(key))?;
                rule.tos = tos;
            }
            "dscp" => {
                let dscp =
                    rest.next().and_then(number::any).and_then(|dscp| u8::try_from(dscp).ok());
                rule.dscp = Some(dscp.ok_or_else(|| missing(key))?);
            }
            "uidrange" => {
                rule.uid_range = Some(rest.next().and_then(range).ok_or_else(|| missing(key))?);
            }
            "ipproto" => {
                rule.ip_protocol =
                    Some(rest.next().and_then(ip_protocol).ok_or_else(|| missing(key))?);
            }
            "sport" => rule.sport = Some(rest.next().and_then(range).ok_or_else(|| missing(key))?),
            "dport" => rule.dport = Some(rest.next().and_then(range).ok_or_else(|| missing(key))?),
            "tun_id" => {
                rule.tun_id = Some(rest.next().and_then(number::any).ok_or_else(|| missing(key))?);
            }
            "l3mdev" => rule.l3mdev = true,
            "lookup" | "table" => {
                has_action = true;
                match rest.next().ok_or_else(|| missing(key))? {
                    "[l3mdev-table]" => rule.l3mdev = true,
                    // BusyBox: the action follows as a type of routes, in which 2 is `local`.
                    "unspec" => {
                        is_of_busybox = true;
                        if rest.next_if_eq(&"local").is_some() {
                            rule.action = RuleAction::Goto;
                        }
                    }
                    word => table = TableName::new(word),
                }
            }
            "goto" => {
                has_action = true;
                rule.action = RuleAction::Goto;
                rule.goto = rest.next().and_then(number::any32);
            }
            "suppress_prefixlength" | "suppress_prefixlen" => {
                rule.suppress_prefix_len =
                    Some(rest.next().and_then(number::any32).ok_or_else(|| missing(key))?);
            }
            "suppress_ifgroup" => match rest.next() {
                Some("default") => rule.suppress_if_group = Some(0),
                Some(word) => match number::any32(word) {
                    Some(group) => rule.suppress_if_group = Some(group),
                    None => rule.unknown_selectors.push(UNKNOWN),
                },
                None => return Err(missing(key)),
            },
            "proto" | "protocol" => {
                rule.protocol = rest.next().and_then(protocol).unwrap_or_default();
            }
            "realms" | "realm" => {
                rest.next();
            }
            word => match action(word) {
                Some(action) => {
                    has_action = true;
                    rule.action = action;
                }
                // What it selects is not known, so it must not be taken for a rule without it.
                None => rule.unknown_selectors.push(UNKNOWN),
            },
        }
    }
    if !has_action && !rule.l3mdev {
        return Err(text!["the end of the rule is missing"]);
    }
    rule.table = table.number;
    Ok(Parsed { rule, table, family, is_of_busybox })
}

/// What a rule does other than to name a table, in words or by number (`-N`).
pub(super) fn action(word: &str) -> Option<RuleAction> {
    Some(match word {
        "nop" | "3" => RuleAction::Nop,
        "blackhole" | "6" => RuleAction::Blackhole,
        "unreachable" | "7" => RuleAction::Unreachable,
        "prohibit" | "8" => RuleAction::Prohibit,
        _ => return None,
    })
}

fn device(word: Option<&str>) -> Option<Foreign> {
    word.map(|word| Foreign(word.to_owned()))
}

/// `0x1` or `0x80000/0xff0000`; without a mask, all bits count.
fn mark(word: &str) -> Option<(u32, u32)> {
    match word.split_once('/') {
        Some((value, mask)) => Some((number::any32(value)?, number::any32(mask)?)),
        None => Some((number::any32(word)?, u32::MAX)),
    }
}

/// `0x10`, `16`, or a name of `/etc/iproute2/rt_dsfield`.
pub(super) fn tos(word: &str) -> Option<u8> {
    let named = match word {
        "default" => 0,
        "lowdelay" => 0x10,
        "throughput" => 0x08,
        "reliability" => 0x04,
        other => return u8::try_from(number::any(other)?).ok(),
    };
    Some(named)
}

/// `1024-2000`, or one number.
pub(super) fn range(word: &str) -> Option<PortRange> {
    let (start, end) = word.split_once('-').unwrap_or((word, word));
    Some(PortRange { start: number::any32(start)?, end: number::any32(end)? })
}

/// `tcp`, `6`, or `ipproto-6` where names are off.
pub(super) fn ip_protocol(word: &str) -> Option<u8> {
    Some(match word {
        "icmp" => 1,
        "igmp" => 2,
        "ipip" | "ipencap" => 4,
        "tcp" => 6,
        "udp" => 17,
        "dccp" => 33,
        "gre" => 47,
        "esp" => 50,
        "ah" => 51,
        "icmpv6" | "ipv6-icmp" => 58,
        "sctp" => 132,
        other => {
            let digits = other.strip_prefix("ipproto-").unwrap_or(other);
            u8::try_from(number::decimal(digits)?).ok()?
        }
    })
}

/// Rules that lost their line ends: each begins with its priority.
pub(super) fn split(text: &str) -> Option<Vec<String>> {
    let words: Vec<&str> = text.split_whitespace().collect();
    let is_priority = |word: &str| {
        word.strip_suffix(':')
            .is_some_and(|digits| !digits.is_empty() && number::decimal(digits).is_some())
    };
    let starts: Vec<usize> = (0..words.len())
        .filter(|at| {
            is_priority(words[*at]) && matches!(words.get(at + 1), Some(&("from" | "not")))
        })
        .collect();
    if starts.len() < 2 {
        return None;
    }
    let mut parts = Vec::new();
    if starts[0] > 0 {
        parts.push(words[..starts[0]].join(" "));
    }
    for (place, start) in starts.iter().enumerate() {
        let end = starts.get(place + 1).copied().unwrap_or(words.len());
        parts.push(words[*start..end].join(" "));
    }
    Some(parts)
}
