//! Rules and routes in the words of `ip`.

use std::net::IpAddr;

use ipnet::IpNet;

use crate::{
    Family, Foreign, NextHop, NextHopFlags, PortRange, Route, RouteInfo, RouteKind, RouteScope,
    Rule, RuleAction,
};

/// The ifindex of a device.
pub(super) fn device(name: &str) -> u32 {
    match name.strip_prefix("eth") {
        Some(number) => number.parse::<u32>().unwrap() + 2,
        None => 1,
    }
}

/// A prefix; `default` needs the family.
fn prefix(word: &str, family: Family) -> IpNet {
    match (word, family) {
        ("default" | "all", Family::V4) => "0.0.0.0/0".parse().unwrap(),
        ("default" | "all", Family::V6) => "::/0".parse().unwrap(),
        (word, _) if word.contains('/') => word.parse().unwrap(),
        (word, _) => IpNet::from(word.parse::<IpAddr>().unwrap()),
    }
}

pub(super) fn number(word: &str) -> u32 {
    match word.strip_prefix("0x") {
        Some(hex) => u32::from_str_radix(hex, 16).unwrap(),
        None => word.parse().unwrap(),
    }
}

fn range(word: &str) -> PortRange {
    let (start, end) = word.split_once('-').unwrap_or((word, word));
    PortRange { start: number(start), end: number(end) }
}

fn table(word: &str) -> u32 {
    match word {
        "default" => 253,
        "main" => 254,
        "local" => 255,
        word => number(word),
    }
}

fn kind(word: &str) -> Option<RouteKind> {
    (1..10).map(RouteKind::from_number).find(|kind| kind.name() == word)
}

pub(super) const HOP: NextHop = NextHop {
    ifindex: 0,
    gateway: None,
    weight: 1,
    flags: NextHopFlags { dead: false, linkdown: false, onlink: false },
};

pub(super) fn rule(family: Family, line: &str) -> Rule {
    let mut words = line.split_whitespace();
    let mut rule = Rule {
        family,
        priority: number(words.next().unwrap()),
        invert: false,
        from: None,
        to: None,
        iif: None,
        oif: None,
        fwmark: None,
        tos: 0,
        dscp: None,
        uid_range: None,
        ip_protocol: None,
        sport: None,
        dport: None,
        tun_id: None,
        l3mdev: false,
        action: RuleAction::ToTable,
        table: 0,
        goto: None,
        suppress_prefix_len: None,
        suppress_if_group: None,
        protocol: 3,
        unknown_selectors: Vec::new(),
    };
    while let Some(word) = words.next() {
        let mut value = || words.next().unwrap();
        match word {
            "not" => rule.invert = true,
            "from" => rule.from = Some(prefix(value(), family)),
            "to" => rule.to = Some(prefix(value(), family)),
            "iif" => rule.iif = Some(Foreign(value().to_owned())),
            "oif" => rule.oif = Some(Foreign(value().to_owned())),
            "fwmark" => {
                let word = value();
                let (mark, under) = word.split_once('/').unwrap_or((word, "0xffffffff"));
                rule.fwmark = Some((number(mark), number(under)));
            }
            "tos" => rule.tos = u8::try_from(number(value())).unwrap(),
            "dscp" => rule.dscp = Some(u8::try_from(number(value())).unwrap()),
            "uidrange" => rule.uid_range = Some(range(value())),
            "ipproto" => rule.ip_protocol = Some(u8::try_from(number(value())).unwrap()),
            "sport" => rule.sport = Some(range(value())),
            "dport" => rule.dport = Some(range(value())),
            "lookup" => rule.table = table(value()),
            "suppress_prefixlength" => rule.suppress_prefix_len = Some(number(value())),
            "suppress_ifgroup" => rule.suppress_if_group = Some(number(value())),
            "unknown" => rule.unknown_selectors.push(u16::try_from(number(value())).unwrap()),
            "l3mdev" => rule.l3mdev = true,
            "goto" => {
                rule.action = RuleAction::Goto;
                rule.goto = Some(number(value()));
            }
            "nop" => rule.action = RuleAction::Nop,
            "blackhole" => rule.action = RuleAction::Blackhole,
            "unreachable" => rule.action = RuleAction::Unreachable,
            "prohibit" => rule.action = RuleAction::Prohibit,
            "mystery" => rule.action = RuleAction::Other(99),
            word => panic!("{word} in `{line}`"),
        }
    }
    rule
}

pub(super) fn route(family: Family, line: &str) -> Route {
    let mut words = line.split_whitespace().peekable();
    let kind = words.peek().and_then(|word| kind(word));
    if kind.is_some() {
        words.next();
    }
    let mut route = Route::new(
        prefix(words.next().unwrap(), family),
        RouteInfo {
            family,
            table: 254,
            kind: kind.unwrap_or(RouteKind::Unicast),
            source: None,
            tos: 0,
            protocol: 4,
            scope: RouteScope(0),
            metric: if family == Family::V6 { 1024 } else { 0 },
            prefsrc: None,
            next_hops: Vec::new(),
            nexthop_id: None,
            metrics: Vec::new(),
            expires_s: None,
            preference: None,
        },
    );
    while let Some(word) = words.next() {
        match word {
            "onlink" => last(&mut route).flags.onlink = true,
            "dead" => last(&mut route).flags.dead = true,
            "|" => route.next_hops.push(HOP),
            word => {
                let value = words.next().unwrap();
                match word {
                    "from" => route.source = Some(prefix(value, family)),
                    "table" => route.table = table(value),
                    "metric" => route.metric = number(value),
                    "tos" => route.tos = u8::try_from(number(value)).unwrap(),
                    "proto" => route.protocol = u8::try_from(number(value)).unwrap(),
                    "pref" => route.preference = Some(if value == "high" { 1 } else { 3 }),
                    "expires" => route.expires_s = Some(number(value)),
                    "nhid" => route.nexthop_id = Some(number(value)),
                    "via" => last(&mut route).gateway = Some(value.parse().unwrap()),
                    "dev" => last(&mut route).ifindex = device(value),
                    word => panic!("{word} in `{line}`"),
                }
            }
        }
    }
    route
}

fn last(route: &mut Route) -> &mut NextHop {
    if route.next_hops.is_empty() {
        route.next_hops.push(HOP);
    }
    route.next_hops.last_mut().unwrap()
}
