//! Rules as rows: `iptables -L`.
//!
//! `[num] [pkts bytes] [target] prot opt [in out] source destination [what matches]`. A column can
//! be empty, so that rows are read from the column `opt`, which is there but in old listings of IPv6.

use synrecv_model::{Term, Test};

use super::super::rule_words::{UNKNOWN, protocol, rounded_count};
use super::described;
use super::options::{address, device};
use super::table::Draft;

/// A row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Row {
    pub(super) draft: Draft,
    /// There are counters, and with them the columns of devices.
    pub(super) is_verbose: bool,
    /// The counter was rounded.
    pub(super) is_rounded: bool,
    /// An address of IPv6 stands in it, or one of IPv4; `None` without addresses.
    pub(super) is_v6: Option<bool>,
}

/// What the first line of a chain says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Head<'a> {
    pub(super) name: &'a str,
    pub(super) policy: Option<&'a str>,
    pub(super) packets: Option<(u64, bool)>,
}

/// `Chain INPUT (policy DROP 12 packets, 720 bytes)`, `Chain WEB (1 references)`.
pub(super) fn head(line: &str) -> Option<Head<'_>> {
    let rest = line.trim().strip_prefix("Chain ")?;
    let (name, inner) = rest.split_once('(')?;
    let name = name.trim();
    let inner = inner.strip_suffix(')')?.trim();
    if name.is_empty() || name.contains(char::is_whitespace) {
        return None;
    }
    let mut words = inner.split_ascii_whitespace();
    match (words.next()?, words.next()?) {
        ("policy", policy) => {
            let packets = words.next().and_then(rounded_count);
            Some(Head { name, policy: Some(policy), packets })
        }
        (count, "references" | "reference") if count.parse::<u32>().is_ok() => {
            Some(Head { name, policy: None, packets: None })
        }
        _ => None,
    }
}

/// The titles of the columns.
pub(super) fn is_titles(line: &str) -> bool {
    let mut words = line.split_ascii_whitespace();
    let all = ["target", "prot", "opt", "source", "destination"];
    all.iter().all(|title| words.any(|word| word == *title))
}

/// Words with the place where they end.
fn words(line: &str) -> Vec<(&str, usize)> {
    let start = line.as_ptr() as usize;
    line.split_ascii_whitespace()
        .take(WORDS_MAX)
        .map(|word| (word, word.as_ptr() as usize - start + word.len()))
        .collect()
}

/// Number, packets, bytes, target, protocol, options, two devices, two addresses.
const WORDS_MAX: usize = 10;

/// A row; `None` for any other line.
pub(super) fn row(line: &str) -> Option<Row> {
    let words = words(line);
    let texts: Vec<&str> = words.iter().map(|(word, _)| *word).collect();
    let columns = columns(&texts)?;
    let (_, end) = words.get(columns.end - 1)?;
    Some(read(&columns, line.get(*end..).unwrap_or_default().trim()))
}

struct Columns<'a> {
    packets: Option<(u64, bool)>,
    target: Option<&'a str>,
    protocol: &'a str,
    fragment: &'a str,
    devices: Option<(&'a str, &'a str)>,
    source: &'a str,
    destination: &'a str,
    /// Words in all.
    end: usize,
}

fn columns<'a>(words: &[&'a str]) -> Option<Columns<'a>> {
    let is_option = |word: &&str| matches!(*word, "--" | "-f" | "!f");
    if let Some(at) = words.iter().position(is_option) {
        let place = at.checked_sub(1)?;
        return around(words, place, at + 1).filter(|columns| is_protocol(columns.protocol));
    }
    // An old listing of IPv6 has nothing there; addresses have to tell it.
    (0..words.len().min(5)).find_map(|place| {
        let is_name =
            words.get(place).is_some_and(|word| is_protocol(word) && word.parse::<u8>().is_err());
        let found = is_name.then(|| around(words, place, place + 1))??;
        let all = [found.source, found.destination].iter().all(|word| is_address(word));
        all.then_some(found)
    })
}

/// The columns around the one of the protocol; `next` is the first one behind its options.
fn around<'a>(words: &[&'a str], place: usize, next: usize) -> Option<Columns<'a>> {
    let head = words.get(..place)?;
    let counts = head.iter().take_while(|word| rounded_count(word).is_some()).count();
    let target = match head.get(counts..)? {
        [] => None,
        [target] => Some(*target),
        _ => return None,
    };
    let packets = match counts {
        0 | 1 => None,
        2 | 3 => head.get(counts - 2).and_then(|word| rounded_count(word)),
        _ => return None,
    };
    let fragment = if next > place + 1 { *words.get(place + 1)? } else { "--" };
    let (devices, at) = match packets {
        Some(_) => (Some((*words.get(next)?, *words.get(next + 1)?)), next + 2),
        None => (None, next),
    };
    let (source, destination) = (*words.get(at)?, *words.get(at + 1)?);
    let protocol = *words.get(place)?;
    let is_host = |word: &str| !word.is_empty() && word.chars().all(is_host_char);
    let fits = is_host(source) && is_host(destination);
    fits.then_some(Columns {
        packets,
        target,
        protocol,
        fragment,
        devices,
        source,
        destination,
        end: at + 2,
    })
}

fn is_host_char(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '.' | ':' | '/' | '!' | '-' | '_')
}

fn is_protocol(word: &str) -> bool {
    let word = word.trim_start_matches('!');
    word == "all" || protocol(word).is_some()
}

fn is_address(word: &str) -> bool {
    let word = word.trim_start_matches('!');
    word == "anywhere" || super::super::rule_words::addresses(word).is_some()
}

fn read(columns: &Columns<'_>, rest: &str) -> Row {
    let mut terms = Vec::new();
    let plain = |word: &str| -> (bool, String) {
        let inner = word.trim_start_matches('!');
        (inner.len() < word.len(), inner.to_owned())
    };
    let (not, name) = plain(columns.protocol);
    if !matches!(name.as_str(), "all" | "0") {
        let test = protocol(&name).map_or(Test::Other, |number| Test::Protocol(vec![number]));
        terms.push(Term { negated: not, test });
    }
    if columns.fragment != "--" {
        terms.push(UNKNOWN);
    }
    match columns.devices {
        Some((by, to)) => {
            for (word, test) in [(by, Test::InDevice as fn(_) -> Test), (to, Test::OutDevice)] {
                let (negated, name) = plain(word);
                if !matches!(name.as_str(), "*" | "any") {
                    terms.push(Term { negated, test: test(vec![device(&name)]) });
                }
            }
        }
        // It may be one for a certain device only.
        None => terms.push(UNKNOWN),
    }
    let mut is_v6 = None;
    for (word, test) in
        [(columns.source, Test::Source as fn(_) -> Test), (columns.destination, Test::Destination)]
    {
        let (negated, name) = plain(word);
        if name.starts_with(|c: char| c.is_ascii_hexdigit() || c == ':') && is_address(&name) {
            is_v6 = Some(name.contains(':'));
        }
        if name != "anywhere" {
            terms.extend(address(Some(&name), negated, test));
        }
    }
    let described = described::read(rest, columns.target);
    terms.extend(described.terms);
    let devices = columns.devices.map(|(by, to)| [by, to]);
    let shown = [columns.target.unwrap_or_default(), columns.protocol, columns.fragment]
        .into_iter()
        .chain(devices.into_iter().flatten())
        .chain([columns.source, columns.destination])
        .chain(rest.split_ascii_whitespace())
        .filter(|word| !word.is_empty());
    Row {
        draft: Draft {
            target: columns.target.map(str::to_owned),
            goto: described.goto,
            terms,
            text: shown.collect::<Vec<_>>().join(" "),
            packets: columns.packets.map(|(count, _)| count),
        },
        is_verbose: columns.devices.is_some(),
        is_rounded: columns.packets.is_some_and(|(_, rounded)| rounded),
        is_v6,
    }
}
