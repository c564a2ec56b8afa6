//! Words of rules that `iptables` and `nft` share.

use std::net::{IpAddr, Ipv4Addr};
use std::ops::RangeInclusive;

use ipnet::IpNet;
use synrecv_model::{ConntrackStates, Term, Test};

use crate::token;

/// A condition whose meaning is not known here.
pub(super) const UNKNOWN: Term = Term { negated: false, test: Test::Other };

const PROTOCOLS: &[(u8, &str)] = &[
    (1, "icmp"),
    (2, "igmp"),
    (6, "tcp"),
    (17, "udp"),
    (33, "dccp"),
    (41, "ipv6"),
    (47, "gre"),
    (50, "esp"),
    (51, "ah"),
    (58, "ipv6-icmp"),
    (58, "icmpv6"),
    (89, "ospf"),
    (108, "comp"),
    (112, "vrrp"),
    (132, "sctp"),
    (135, "mobility-header"),
    (135, "mh"),
    (136, "udplite"),
];

const FLAGS: [(u8, &str); 8] = [
    (0x01, "fin"),
    (0x02, "syn"),
    (0x04, "rst"),
    (0x08, "psh"),
    (0x10, "ack"),
    (0x20, "urg"),
    (0x40, "ecn"),
    (0x80, "cwr"),
];

/// A transport protocol by name or number.
pub(super) fn protocol(word: &str) -> Option<u8> {
    let named = PROTOCOLS.iter().find(|(_, name)| name.eq_ignore_ascii_case(word));
    named.map(|(number, _)| *number).or_else(|| word.parse().ok())
}

/// A port by number or name.
pub(super) fn port(word: &str) -> Option<u16> {
    word.parse().ok().or_else(|| token::service::port(word))
}

/// A port, or the first and last one with `separator` between them, either of which may be missing.
pub(super) fn ports(word: &str, separator: char) -> Option<RangeInclusive<u16>> {
    if let Some(one) = port(word) {
        return Some(one..=one);
    }
    let (low, high) = word.split_once(separator)?;
    let low = if low.is_empty() { 0 } else { port(low)? };
    let high = if high.is_empty() { u16::MAX } else { port(high)? };
    (low <= high).then_some(low..=high)
}

/// First and last address of an address, a prefix, an address with a mask, or a range with `-`.
pub(super) fn addresses(word: &str) -> Option<(IpAddr, IpAddr)> {
    if let Some((low, high)) = word.split_once('-') {
        let (low, high): (IpAddr, IpAddr) = (low.parse().ok()?, high.parse().ok()?);
        return (low.is_ipv4() == high.is_ipv4() && low <= high).then_some((low, high));
    }
    if let Ok(one) = word.parse::<IpAddr>() {
        return Some((one, one));
    }
    let net: IpNet = match word.parse() {
        Ok(net) => net,
        Err(_) => {
            let (address, mask) = word.split_once('/')?;
            let len = token::mask::len(mask.parse::<Ipv4Addr>().ok()?)?;
            IpNet::new(address.parse().ok()?, len).ok()?
        }
    };
    Some((net.network(), net.broadcast()))
}

/// True for a prefix that holds every address.
pub(super) fn is_everything((low, high): (IpAddr, IpAddr)) -> bool {
    match (low, high) {
        (IpAddr::V4(low), IpAddr::V4(high)) => low.to_bits() == 0 && high.to_bits() == u32::MAX,
        (IpAddr::V6(low), IpAddr::V6(high)) => low.to_bits() == 0 && high.to_bits() == u128::MAX,
        _ => false,
    }
}

/// Flags of TCP by name, with `,` or `|` between them; also `NONE`, `ALL`, and numbers.
pub(super) fn flags(list: &str) -> Option<u8> {
    if let Some(digits) = list.strip_prefix("0x") {
        return u8::from_str_radix(digits, 16).ok();
    }
    let mut all = 0;
    for word in list.split([',', '|']).map(str::trim) {
        let known = FLAGS.iter().find(|(_, name)| name.eq_ignore_ascii_case(word));
        all |= match (known, word) {
            (Some((bit, _)), _) => *bit,
            (None, "NONE") => 0,
            (None, "ALL") => 0x3f,
            (None, _) => return None,
        };
    }
    Some(all)
}

/// Conntrack states by name; `None` when one is of another kind, such as `SNAT`.
pub(super) fn states<'a>(words: impl IntoIterator<Item = &'a str>) -> Option<ConntrackStates> {
    let mut states = ConntrackStates::default();
    for word in words {
        match word.trim().to_ascii_lowercase().as_str() {
            "invalid" => states.invalid = true,
            "established" => states.established = true,
            "related" => states.related = true,
            "new" => states.new = true,
            "untracked" => states.untracked = true,
            _ => return None,
        }
    }
    Some(states)
}

/// A test of the state: a packet has exactly one, so that not this one is one of the others.
pub(super) fn state_term(states: ConntrackStates, negated: bool) -> Term {
    let states = if negated {
        ConntrackStates {
            invalid: !states.invalid,
            established: !states.established,
            related: !states.related,
            new: !states.new,
            untracked: !states.untracked,
        }
    } else {
        states
    };
    Term { negated: false, test: Test::ConntrackState(states) }
}

/// A count that `iptables` may have rounded: `12K`, `3M`. The second is true when it was.
pub(super) fn rounded_count(word: &str) -> Option<(u64, bool)> {
    let digits = word.trim_end_matches(['K', 'M', 'G', 'T', 'P']);
    let unit: u64 = match word.get(digits.len()..)? {
        "" => 1,
        "K" => 1_000,
        "M" => 1_000_000,
        "G" => 1_000_000_000,
        "T" => 1_000_000_000_000,
        "P" => 1_000_000_000_000_000,
        _ => return None,
    };
    if digits.is_empty() || !digits.bytes().all(|octet| octet.is_ascii_digit()) {
        return None;
    }
    Some((digits.parse::<u64>().ok()?.checked_mul(unit)?, unit > 1))
}

/// Words with quotes around some of them: quotes and what escapes them are taken off, and the second
/// is true for a word that had quotes.
pub(super) fn quoted_words(text: &str) -> Vec<(String, bool)> {
    let mut words = Vec::new();
    let mut chars = text.chars().peekable();
    while let Some(&first) = chars.peek() {
        if first.is_whitespace() {
            chars.next();
            continue;
        }
        let mut word = String::new();
        let mut had_quotes = false;
        let mut within = false;
        while let Some(&next) = chars.peek() {
            if next.is_whitespace() && !within {
                break;
            }
            chars.next();
            match next {
                '"' => {
                    had_quotes = true;
                    within = !within;
                }
                '\\' if within => word.extend(chars.next()),
                other => word.push(other),
            }
        }
        words.push((word, had_quotes));
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges() {
        assert_eq!(ports("80", ':'), Some(80..=80));
        assert_eq!(ports("1024:", ':'), Some(1024..=u16::MAX));
        assert_eq!(ports("http", ':'), Some(80..=80));
        assert_eq!(ports("9:5", ':'), None);
        let range = |low: &str, high: &str| Some((low.parse().unwrap(), high.parse().unwrap()));
        assert_eq!(addresses("10.0.0.0/8"), range("10.0.0.0", "10.255.255.255"));
        assert_eq!(addresses("10.0.0.0/255.255.0.0"), range("10.0.0.0", "10.0.255.255"));
        assert_eq!(addresses("10.0.0.1-10.0.0.9"), range("10.0.0.1", "10.0.0.9"));
        assert_eq!(addresses("10.0.0.0/255.0.255.0"), None);
        assert!(addresses("::/0").is_some_and(is_everything));
    }

    #[test]
    fn sets() {
        assert_eq!(flags("FIN,SYN,RST,ACK"), Some(0x17));
        assert_eq!(flags("0x17"), Some(0x17));
        assert_eq!(flags("fin | syn"), Some(3));
        assert_eq!(flags("foo"), None);
        assert!(
            states(["RELATED", "ESTABLISHED"])
                .is_some_and(|s| s.related && s.established && !s.new)
        );
        assert_eq!(states(["SNAT"]), None);
        assert_eq!(rounded_count("12K"), Some((12_000, true)));
        assert_eq!(rounded_count("12k"), None);
    }

    #[test]
    fn quotes() {
        let word = |text: &str, quoted| (text.to_owned(), quoted);
        let expected = [word("a", false), word("b \"c\" d", true), word("e", false)];
        assert_eq!(quoted_words("a \"b \\\"c\\\" d\"  e"), expected);
        assert_eq!(quoted_words("\"open"), [word("open", true)]);
    }
}
