//! Tables, chains and sets around the rules.

use synrecv_model::{
    BaseChain, ChainKind, FilterChain, FilterFamily, FilterSystem, Foreign, Hook, RuleVerdict,
};

/// What a line opens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Opening {
    Table(FilterFamily, String),
    Chain(String),
    /// A set or map.
    Set(String),
    /// Any other object: a counter, a flow table.
    Other,
}

const FAMILIES: [(&str, FilterFamily); 6] = [
    ("inet", FilterFamily::Inet),
    ("ip", FilterFamily::Ip),
    ("ip6", FilterFamily::Ip6),
    ("arp", FilterFamily::Arp),
    ("bridge", FilterFamily::Bridge),
    ("netdev", FilterFamily::Netdev),
];

pub(super) fn family(word: &str) -> Option<FilterFamily> {
    FAMILIES.iter().find(|(name, _)| *name == word).map(|(_, family)| *family)
}

/// The object that a line opens: it ends in a brace.
pub(super) fn opening(line: &str) -> Option<Opening> {
    let line = line.split(" # handle").next().unwrap_or(line).trim();
    let head = line.strip_suffix('{')?.trim_end();
    let words: Vec<&str> = head.split_ascii_whitespace().collect();
    Some(match words.as_slice() {
        ["table", word, name] => Opening::Table(family(word)?, (*name).to_owned()),
        ["table", name] => Opening::Table(FilterFamily::Ip, (*name).to_owned()),
        ["chain", name] => Opening::Chain((*name).to_owned()),
        ["set" | "map" | "meter", name] => Opening::Set((*name).to_owned()),
        ["counter" | "quota" | "limit" | "flowtable" | "synproxy" | "secmark" | "tunnel", _]
        | ["ct", "helper" | "timeout" | "expectation", _] => Opening::Other,
        _ => return None,
    })
}

/// A chain without a binding.
pub(super) fn chain(family: FilterFamily, table: &str, name: &str) -> FilterChain {
    FilterChain {
        system: FilterSystem::Nftables,
        family,
        table: Foreign(table.to_owned()),
        name: Foreign(name.to_owned()),
        base: None,
        rules: Vec::new(),
    }
}

/// `type filter hook input priority filter + 5; policy drop;`
pub(super) fn base(line: &str, family: FilterFamily) -> Option<BaseChain> {
    let line = line.trim().strip_prefix("type ")?;
    let (kind, rest) = line.split_once(" hook ")?;
    let kind = match kind.trim() {
        "filter" => ChainKind::Filter,
        "nat" => ChainKind::Nat,
        "route" => ChainKind::Route,
        _ => return None,
    };
    let (binding, after) = rest.split_once(';').unwrap_or((rest, ""));
    let (place, priority_text) = binding.split_once(" priority ")?;
    let (hook, devices) = place.split_once(' ').unwrap_or((place, ""));
    let hook = match hook {
        "ingress" => Hook::Ingress,
        "prerouting" => Hook::Prerouting,
        "input" => Hook::Input,
        "forward" => Hook::Forward,
        "output" => Hook::Output,
        "postrouting" => Hook::Postrouting,
        "egress" => Hook::Egress,
        _ => return None,
    };
    // Anything else behind it is another line that was put to this one.
    let policy = match after.trim().trim_end_matches(';') {
        "policy drop" => RuleVerdict::Drop,
        "policy accept" | "" => RuleVerdict::Accept,
        _ => return None,
    };
    Some(BaseChain {
        hook,
        priority: priority(priority_text, family)?,
        kind,
        policy,
        policy_packet_count: None,
        devices: self::devices(devices),
    })
}

/// `device "eth0"`, `devices = { eth0, "lo" }`.
fn devices(text: &str) -> Vec<Foreign> {
    let names = text.trim_start_matches("devices").trim_start_matches("device");
    names
        .split(|c: char| c.is_whitespace() || matches!(c, ',' | '{' | '}' | '=' | '"'))
        .filter(|name| !name.is_empty())
        .map(|name| Foreign(name.to_owned()))
        .collect()
}

/// A number, or a name with an offset: `filter + 5`, `mangle - 1`.
fn priority(text: &str, family: FilterFamily) -> Option<i32> {
    let mut words = text.split_ascii_whitespace();
    let first = words.next()?;
    let base: i32 = match (first, family) {
        ("filter", FilterFamily::Bridge) => -200,
        ("srcnat", FilterFamily::Bridge) => 300,
        ("raw", _) | ("dstnat", FilterFamily::Bridge) => -300,
        ("mangle", _) => -150,
        ("dstnat", _) => -100,
        ("filter", _) => 0,
        ("security", _) => 50,
        ("srcnat" | "out", _) => 100,
        (number, _) => number.parse().ok()?,
    };
    let offset = match (words.next(), words.next()) {
        (Some("+"), Some(number)) => number.parse::<i32>().ok()?,
        (Some("-"), Some(number)) => number.parse::<i32>().ok()?.checked_neg()?,
        (None, _) => 0,
        _ => return None,
    };
    base.checked_add(offset)
}

/// Elements between the braces of a set, split at commas; what follows the key of one stays.
pub(super) fn elements(text: &str) -> Vec<String> {
    let mut all = Vec::new();
    let mut one = String::new();
    let mut within = false;
    for character in text.chars() {
        match character {
            '"' => within = !within,
            ',' if !within => all.push(std::mem::take(&mut one)),
            other => one.push(other),
        }
    }
    all.push(one);
    let trimmed = all.iter().map(|element| element.trim().to_owned());
    trimmed.filter(|element| !element.is_empty()).collect()
}
