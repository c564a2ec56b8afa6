//! What the two sides of a comparison mean.

use std::collections::HashMap;
use std::ops::RangeInclusive;

use synrecv_model::{ConntrackStates, Foreign, Term, Test};

use super::super::rule_words::{UNKNOWN, addresses, flags, ports, protocol, state_term, states};

/// The left side of a comparison, as far as its meaning is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Key {
    IpVersion,
    EtherType,
    Protocol,
    Source,
    Destination,
    SourcePort,
    DestinationPort,
    InDevice,
    OutDevice,
    TcpFlags,
    State,
    /// A device by which the source is reached.
    ReversePath,
    Other,
}

/// How the sides are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Operator {
    /// Nothing is written: equal, but for sets of bits, of which one has to be set.
    Implicit,
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    /// `!`: none of these bits.
    NoneOf,
}

impl Operator {
    pub(super) fn from_word(word: &str) -> Option<Self> {
        Some(match word {
            "==" | "eq" => Self::Equal,
            "!=" | "ne" => Self::NotEqual,
            "<" | "lt" => Self::Less,
            "<=" | "le" => Self::LessOrEqual,
            ">" | "gt" => Self::Greater,
            ">=" | "ge" => Self::GreaterOrEqual,
            "!" => Self::NoneOf,
            _ => return None,
        })
    }
}

/// The right side of a comparison.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Value {
    One(String),
    /// `{ 80, 443 }`: elements without what they are mapped to.
    Set(Vec<String>),
    /// `@name`
    Named(String),
}

/// Elements of named sets and maps of a table; `None` for those that are not printed or change.
pub(super) type Sets = HashMap<String, Option<Vec<String>>>;

impl Value {
    /// The elements; `None` when they are not known.
    pub(super) fn elements(&self, sets: &Sets) -> Option<Vec<String>> {
        match self {
            Self::One(one) => Some(vec![one.clone()]),
            Self::Set(all) => Some(all.clone()),
            Self::Named(name) => sets.get(name).cloned().flatten(),
        }
    }
}

/// What a comparison says; several keys are the fields of a concatenation.
pub(super) fn compare(
    keys: &[Key],
    mask: Option<&str>,
    operator: Operator,
    value: &Value,
    sets: &Sets,
) -> Vec<Term> {
    let Some(elements) = value.elements(sets) else { return vec![UNKNOWN] };
    match keys {
        [Key::TcpFlags] => vec![tcp_flags(mask, operator, value, &elements).unwrap_or(UNKNOWN)],
        [_] if mask.is_some() => vec![UNKNOWN],
        [key] => vec![one(*key, operator, &elements).unwrap_or(UNKNOWN)],
        keys if matches!(operator, Operator::Implicit | Operator::Equal) => fields(keys, &elements),
        _ => vec![UNKNOWN],
    }
}

/// What each field can be; together they are more than that, but for a single element.
fn fields(keys: &[Key], elements: &[String]) -> Vec<Term> {
    let mut terms: Vec<Term> = Vec::new();
    for (place, key) in keys.iter().enumerate() {
        let parts: Option<Vec<String>> = elements
            .iter()
            .map(|element| element.split(" . ").nth(place).map(|part| part.trim().to_owned()))
            .collect();
        let term = parts.and_then(|parts| one(*key, Operator::Implicit, &parts));
        terms.push(term.unwrap_or(UNKNOWN));
    }
    if elements.len() != 1 {
        terms.push(UNKNOWN);
    }
    terms
}

fn one(key: Key, operator: Operator, elements: &[String]) -> Option<Term> {
    let negated = match operator {
        Operator::Implicit | Operator::Equal => false,
        Operator::NotEqual => true,
        Operator::NoneOf => return None,
        _ => return half_open(key, operator, elements),
    };
    let test = match key {
        Key::State => return Some(state_term(state_set(elements)?, negated)),
        Key::ReversePath => {
            let exists = match elements {
                [word] if word == "missing" || word == "0" => false,
                [word] if word == "exists" || word == "1" => true,
                _ => return None,
            };
            return Some(Term { negated: exists == negated, test: Test::ReversePath });
        }
        Key::IpVersion => Test::IpVersion(match elements {
            [word] if word == "ipv4" || word == "2" => 4,
            [word] if word == "ipv6" || word == "10" => 6,
            _ => return None,
        }),
        Key::EtherType => Test::IpVersion(match elements {
            [word] if word == "ip" || word == "0x0800" => 4,
            [word] if word == "ip6" || word == "0x86dd" => 6,
            [word] if word == "arp" => 0,
            _ => return None,
        }),
        Key::Protocol => Test::Protocol(all(elements, protocol)?),
        Key::Source => Test::Source(all(elements, addresses)?),
        Key::Destination => Test::Destination(all(elements, addresses)?),
        Key::SourcePort => Test::SourcePort(all(elements, |word| ports(word, '-'))?),
        Key::DestinationPort => Test::DestinationPort(all(elements, |word| ports(word, '-'))?),
        Key::InDevice => Test::InDevice(all(elements, device)?),
        Key::OutDevice => Test::OutDevice(all(elements, device)?),
        Key::TcpFlags | Key::Other => return None,
    };
    Some(Term { negated, test })
}

fn all<T>(elements: &[String], read: impl Fn(&str) -> Option<T>) -> Option<Vec<T>> {
    elements.iter().map(|element| read(element)).collect()
}

fn device(word: &str) -> Option<Foreign> {
    // A number is a device that is gone.
    let is_name = !word.is_empty() && word.parse::<u32>().is_err();
    is_name.then(|| Foreign(word.to_owned()))
}

/// `< 1024` and its like, of ports.
fn half_open(key: Key, operator: Operator, elements: &[String]) -> Option<Term> {
    let [limit] = elements else { return None };
    let limit: u16 = limit.parse().ok()?;
    let range: RangeInclusive<u16> = match operator {
        Operator::Less => 0..=limit.checked_sub(1)?,
        Operator::LessOrEqual => 0..=limit,
        Operator::Greater => limit.checked_add(1)?..=u16::MAX,
        Operator::GreaterOrEqual => limit..=u16::MAX,
        _ => return None,
    };
    let test = match key {
        Key::SourcePort => Test::SourcePort(vec![range]),
        Key::DestinationPort => Test::DestinationPort(vec![range]),
        _ => return None,
    };
    Some(Term { negated: false, test })
}

/// States by name, or by bit as `-nn` prints them.
fn state_set(elements: &[String]) -> Option<ConntrackStates> {
    let words = elements.iter().flat_map(|element| element.split([',', '|'])).map(str::trim);
    let named = words.map(|word| match word {
        "0x1" | "0x00000001" => "invalid",
        "0x2" | "0x00000002" => "established",
        "0x4" | "0x00000004" => "related",
        "0x8" | "0x00000008" => "new",
        "0x40" | "0x00000040" => "untracked",
        other => other,
    });
    states(named)
}

/// `syn / fin,syn,rst,ack`, `& (fin | syn) == syn`, `syn`, `! fin,rst`, `{ syn, ack }`.
fn tcp_flags(
    mask: Option<&str>,
    operator: Operator,
    value: &Value,
    elements: &[String],
) -> Option<Term> {
    let term =
        |negated, mask, values| Some(Term { negated, test: Test::TcpFlags { mask, values } });
    let negated = operator == Operator::NotEqual;
    if let Value::Set(_) | Value::Named(_) = value {
        let values: Vec<u8> =
            elements.iter().map(|element| flag_bits(element)).collect::<Option<_>>()?;
        let mask = mask.map_or(Some(0xff), flag_bits)?;
        return matches!(operator, Operator::Implicit | Operator::Equal | Operator::NotEqual)
            .then(|| term(negated, mask, values))?;
    }
    let [word] = elements else { return None };
    let (word, slash_mask) = match word.split_once(" / ") {
        Some((word, mask)) => (word, Some(mask)),
        None => (word.as_str(), None),
    };
    let bits = flag_bits(word)?;
    if let Some(mask) = mask.or(slash_mask) {
        return matches!(operator, Operator::Implicit | Operator::Equal | Operator::NotEqual)
            .then(|| term(negated, flag_bits(mask)?, vec![bits]))?;
    }
    match operator {
        // One of them is set.
        Operator::Implicit => term(true, bits, vec![0]),
        Operator::NoneOf => term(false, bits, vec![0]),
        Operator::Equal | Operator::NotEqual => term(negated, 0xff, vec![bits]),
        _ => None,
    }
}

/// Flags by name, by the bits that `-nn` prints, or as one number.
fn flag_bits(list: &str) -> Option<u8> {
    let list = list.trim_matches(['(', ')', ' ']);
    let mut all = 0;
    for word in list.split([',', '|']).map(str::trim) {
        all |= match word {
            "0" => 0,
            word => flags(word)?,
        };
    }
    Some(all)
}
