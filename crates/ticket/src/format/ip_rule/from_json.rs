//! The entries of `ip -j rule`.

use ipnet::IpNet;
use synrecv_model::{Family, Foreign, PortRange, RuleAction, Text, text};

use super::empty;
use super::parse::{Parsed, UNKNOWN, action, ip_protocol, tos};
use crate::format::json::{self, Members};
use crate::format::route_names::{TableName, protocol};
use crate::token::address;

/// Members that are read.
const KNOWN: [&str; 30] = [
    "priority",
    "src",
    "srclen",
    "dst",
    "dstlen",
    "not",
    "fwmark",
    "fwmask",
    "iif",
    "oif",
    "iif_detached",
    "oif_detached",
    "tos",
    "dscp",
    "uid_start",
    "uid_end",
    "ipproto",
    "sport",
    "sport_start",
    "sport_end",
    "dport",
    "dport_start",
    "dport_end",
    "tun_id",
    "l3mdev",
    "table",
    "suppress_prefixlen",
    "goto",
    "unresolved",
    "action",
];

/// Members without a say in which packets a rule is for.
const IDLE: [&str; 4] = ["protocol", "flow_from", "flow_to", "none"];

/// What an entry says.
pub(super) fn rule(members: &Members) -> Result<Parsed, Text> {
    let priority = json::number32(members, "priority").ok_or_else(|| text!["not a rule"])?;
    let mut rule = empty(priority);
    rule.invert = json::has(members, "not");
    rule.from = prefix(members, "src", "srclen")?;
    rule.to = prefix(members, "dst", "dstlen")?;
    rule.iif = json::string(members, "iif").map(|name| Foreign(name.to_owned()));
    rule.oif = json::string(members, "oif").map(|name| Foreign(name.to_owned()));
    rule.fwmark = json::number32(members, "fwmark")
        .map(|mark| (mark, json::number32(members, "fwmask").unwrap_or(u32::MAX)));
    rule.tos = json::string(members, "tos").and_then(tos).unwrap_or(0);
    rule.dscp = json::number(members, "dscp").and_then(|dscp| u8::try_from(dscp).ok());
    rule.uid_range = range(members, "uid", "uid_start", "uid_end");
    rule.sport = range(members, "sport", "sport_start", "sport_end");
    rule.dport = range(members, "dport", "dport_start", "dport_end");
    rule.ip_protocol = json::string(members, "ipproto").and_then(ip_protocol);
    rule.tun_id = json::number(members, "tun_id");
    rule.l3mdev = json::has(members, "l3mdev");
    rule.suppress_prefix_len = json::number32(members, "suppress_prefixlen");
    rule.protocol = json::string(members, "protocol").and_then(protocol).unwrap_or_default();
    rule.goto = json::number32(members, "goto");
    rule.action = match json::string(members, "action") {
        Some(word) => action(word).unwrap_or(RuleAction::Other(0)),
        None if members.contains_key("goto") => RuleAction::Goto,
        None if json::has(members, "nop") => RuleAction::Nop,
        None => RuleAction::ToTable,
    };
    let table = TableName::new(json::string(members, "table").unwrap_or("unspec"));
    rule.table = table.number;
    let unknown = members.keys().filter(|key| {
        !KNOWN.contains(&key.as_str()) && !IDLE.contains(&key.as_str()) && key.as_str() != "nop"
    });
    rule.unknown_selectors = unknown.map(|_| UNKNOWN).collect();
    let family = rule.from.or(rule.to).map(|net| Family::of(net.addr()));
    Ok(Parsed { rule, table, family, is_of_busybox: false })
}

fn prefix(members: &Members, address: &str, len: &str) -> Result<Option<IpNet>, Text> {
    let Some(word) = json::string(members, address).filter(|word| !matches!(*word, "all" | "any"))
    else {
        return Ok(None);
    };
    let no_prefix = || text!["no prefix but ", Foreign(word.to_owned())];
    let net = address::prefix(word).ok_or_else(no_prefix)?;
    let len = json::number(members, len).and_then(|len| u8::try_from(len).ok());
    let net = IpNet::new(net.addr(), len.unwrap_or(net.prefix_len())).map_err(|_| no_prefix())?;
    Ok(Some(net.trunc()))
}

fn range(members: &Members, one: &str, start: &str, end: &str) -> Option<PortRange> {
    let number = |key| json::number32(members, key);
    match (number(start), number(end), number(one)) {
        (Some(start), Some(end), _) => Some(PortRange { start, end }),
        (_, _, Some(only)) => Some(PortRange { start: only, end: only }),
        _ => None,
    }
}
