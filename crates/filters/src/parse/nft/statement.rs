//! What a rule does: verdicts aside.

use std::net::IpAddr;

use synrecv_model::RuleVerdict;

use super::condition;
use super::register::Content;
use super::rule::Reading;
use super::selector::Load;
use super::value::{address, hex, value_text};
use crate::parse::fields::Fields;
use crate::parse::words::{ICMP_CODES, ICMP6_CODES, ICMPX_CODES, LOG_LEVELS, UNITS, Words, word};

/// What a statement does to the rule.
pub(super) enum Effect {
    /// The rule goes on.
    None,
    /// The rule can end here as if it had not matched.
    Condition,
    Verdict(RuleVerdict),
}

/// `NFT_OBJECT_*` as a statement begins with it, and whether it can end the rule.
const OBJECTS: &[(&str, bool)] = &[
    ("...", true),
    ("counter name", false),
    ("quota name", true),
    ("ct helper set", false),
    ("limit name", true),
    ("ct count", true),
    ("tunnel name", false),
    ("ct timeout set", false),
    ("meta secmark set", false),
    ("ct expectation set", false),
    ("synproxy name", true),
];

/// The text of a statement and what it does; `None` when it is not known here.
pub(super) fn statement(
    rule: &Reading<'_>,
    name: &str,
    data: &Fields<'_>,
) -> Option<(String, Effect)> {
    let number = |kind| data.be32(kind);
    let register = |kind| data.be32(kind).and_then(|register| rule.registers.get(register));
    let statement = match name {
        "meta" => (set(&Load::meta(number(2)?)?, register(3)?, rule), Effect::None),
        "ct" => (set(&Load::conntrack(number(2)?, data.u8(3))?, register(4)?, rule), Effect::None),
        "payload" => (format!("payload set {}", operand(register(5)?)), Effect::None),
        "exthdr" => ("tcp option ...".to_owned(), Effect::None),
        "log" => (log(data), Effect::None),
        "notrack" | "last" | "dup" => (name.to_owned(), Effect::None),
        "flow_offload" => (format!("flow add @{}", data.text(1)?), Effect::None),
        "limit" => (limit(data)?, Effect::Condition),
        "quota" => {
            let (bytes, over) = (data.be64(1)?, over(number(2)));
            (format!("quota {over}{bytes} bytes"), Effect::Condition)
        }
        "connlimit" => {
            let (count, over) = (number(1)?, over(number(2)));
            (format!("ct count {over}{count}"), Effect::Condition)
        }
        "dynset" => {
            let operation = ["add", "update", "delete"].get(usize::try_from(number(3)?).ok()?)?;
            let key = number(4).and_then(|register| rule.registers.load(register));
            let key = key.map_or_else(|| "...".to_owned(), |load| condition::key_text(&[load]));
            // A limit or a counter for each element.
            let has_more = data.bytes(7).or(data.bytes(10)).is_some();
            let more = if has_more { " ..." } else { "" };
            (format!("{operation} @{} {{ {key}{more} }}", data.text(1)?), Effect::Condition)
        }
        "objref" => match number(1) {
            Some(kind) => {
                let (words, can_end) = OBJECTS.get(usize::try_from(kind).ok()?)?;
                let effect = if *can_end { Effect::Condition } else { Effect::None };
                (format!("{words} \"{}\"", data.text(2)?), effect)
            }
            None => (format!("... map @{}", data.text(4)?), Effect::Condition),
        },
        "tproxy" => {
            let to = target(register(2), register(3));
            (format!("tproxy to {to}"), Effect::Condition)
        }
        "reject" => {
            let text = reject(number(1)?, data.u8(2).unwrap_or(0), rule.ip_version);
            (text, Effect::Verdict(RuleVerdict::Reject))
        }
        "masq" => ("masquerade".to_owned(), Effect::Verdict(RuleVerdict::Accept)),
        "redir" => {
            let to = match register(1) {
                Some(port) => format!("redirect to {}", target(None, Some(port))),
                None => "redirect".to_owned(),
            };
            (to, Effect::Verdict(RuleVerdict::Accept))
        }
        "nat" => {
            let kind = if number(1)? == 0 { "snat" } else { "dnat" };
            let family = match (number(2), rule.scope.family) {
                (Some(10), 1) => " ip6",
                (_, 1) => " ip",
                _ => "",
            };
            let to = target(register(3), register(5));
            let last = match (number(4), number(3)) {
                (Some(last), Some(first)) if last != first => {
                    register(4).map(|last| format!("-{}", operand(last))).unwrap_or_default()
                }
                _ => String::new(),
            };
            (format!("{kind}{family} to {to}{last}"), Effect::Verdict(RuleVerdict::Accept))
        }
        "queue" => {
            let (first, count) = (data.be16(1).unwrap_or(0), data.be16(2).unwrap_or(1));
            let last = first.saturating_add(count.saturating_sub(1));
            let range = if last > first { format!("{first}-{last}") } else { first.to_string() };
            (format!("queue to {range}"), Effect::Verdict(RuleVerdict::Queue))
        }
        // Both take the packet out of the hands of the hook.
        "fwd" | "synproxy" => (name.to_owned(), Effect::Verdict(RuleVerdict::Unknown)),
        _ => return None,
    };
    Some(statement)
}

fn set(what: &Load, value: &Content, rule: &Reading<'_>) -> String {
    let text = match (value, what.pieces.as_slice()) {
        (Content::Data(bytes), [piece]) => {
            value_text(piece, bytes, what.big_endian, rule.scope.devices)
        }
        _ => operand(value),
    };
    format!("{} set {text}", condition::key_text(&[what]))
}

/// A value that a statement takes, as far as its type does not matter.
fn operand(value: &Content) -> String {
    match value {
        Content::Load(load) => condition::key_text(&[load]),
        Content::Data(bytes) => match (address(bytes), bytes.as_slice()) {
            (Some(address), _) => address.to_string(),
            (None, [high, low]) => u16::from_be_bytes([*high, *low]).to_string(),
            _ => hex(bytes),
        },
    }
}

/// `address:port`, either of which may be missing.
fn target(to: Option<&Content>, port: Option<&Content>) -> String {
    let address = match to {
        Some(Content::Data(bytes)) => match address(bytes) {
            Some(IpAddr::V6(v6)) if port.is_some() => format!("[{v6}]"),
            Some(address) => address.to_string(),
            None => hex(bytes),
        },
        Some(load) => operand(load),
        None => String::new(),
    };
    let port = match port {
        // A port fills two bytes of a register.
        Some(Content::Data(bytes)) => {
            format!(":{}", operand(&Content::Data(bytes.get(..2).unwrap_or(bytes).to_vec())))
        }
        Some(load) => format!(":{}", operand(load)),
        None => String::new(),
    };
    address + &port
}

fn over(flags: Option<u32>) -> &'static str {
    if flags.unwrap_or(0) & 1 != 0 { "over " } else { "" }
}

fn log(data: &Fields<'_>) -> String {
    let mut text = "log".to_owned();
    if let Some(prefix) = data.text(2) {
        text = format!("{text} prefix \"{prefix}\"");
    }
    if let Some(group) = data.be16(1) {
        text = format!("{text} group {group}");
    }
    // Warnings are what `nft` does not mention.
    if let Some(level) = data.be32(5).filter(|level| *level != 4) {
        text = format!("{text} level {}", word(LOG_LEVELS, level));
    }
    text
}

fn limit(data: &Fields<'_>) -> Option<String> {
    let (rate, unit) = (data.be64(1)?, u32::try_from(data.be64(2)?).ok()?);
    let (burst, of_bytes) = (data.be32(3).unwrap_or(0), data.be32(4) == Some(1));
    let (over, unit) = (over(data.be32(5)), word(UNITS, unit));
    let kind = if of_bytes { " bytes" } else { "" };
    // The default of `nft`, which it does not mention.
    let default = if of_bytes { 0 } else { 5 };
    let burst = if burst == default {
        String::new()
    } else {
        format!(" burst {burst} {}", if of_bytes { "bytes" } else { "packets" })
    };
    Some(format!("limit rate {over}{rate}{kind}/{unit}{burst}"))
}

fn reject(kind: u32, code: u8, ip_version: Option<u8>) -> String {
    let (name, codes): (&str, Words) = match (kind, ip_version) {
        (1, _) => return "reject with tcp reset".to_owned(),
        (0, Some(6)) => ("icmpv6", ICMP6_CODES),
        (0, _) => ("icmp", ICMP_CODES),
        // The default of `nft`.
        (_, _) if code == 1 => return "reject".to_owned(),
        _ => ("icmpx", ICMPX_CODES),
    };
    format!("reject with {name} {}", word(codes, code.into()))
}
