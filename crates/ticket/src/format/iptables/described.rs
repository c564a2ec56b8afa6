//! What a listing says behind the addresses: `tcp dpt:80 ctstate NEW /* comment */ reject-with tcp-reset`.

use synrecv_model::{Term, Test};

use super::super::rule_words::{UNKNOWN, addresses, flags, ports, protocol, state_term, states};

/// Conditions, and whether it says that the target does not come back.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Described {
    pub(super) terms: Vec<Term>,
    pub(super) goto: bool,
}

/// Words with which the settings of a target begin; its own name does so too.
const OF_TARGETS: &[&str] = &[
    "reject-with",
    "redir",
    "nflog-prefix",
    "nflog-group",
    "nflog-threshold",
    "add-set",
    "del-set",
    "random",
    "save",
    "restore",
    "set",
    "clamp",
    "tproxy",
];

/// Reads the text behind the addresses.
pub(super) fn read(text: &str, target: Option<&str>) -> Described {
    let mut found = Described::default();
    let text = without_comments(text);
    let mut words = text.split_ascii_whitespace().peekable();
    let mut negated = false;
    let mut has_unknown = false;
    while let Some(word) = words.next() {
        let mut unknown = || has_unknown = true;
        let is_of_target = target.is_some_and(|target| word == target || word.starts_with("to:"));
        match word {
            "!" => {
                negated = true;
                continue;
            }
            "[goto]" => found.goto = true,
            _ if is_of_target || OF_TARGETS.contains(&word) => break,
            "multiport" => {
                negated |= words.next_if_eq(&"!").is_some();
                let side = words.next();
                negated |= words.next_if_eq(&"!").is_some();
                let list = words.next().unwrap_or_default();
                let list: Option<Vec<_>> =
                    list.trim_start_matches('!').split(',').map(|word| ports(word, ':')).collect();
                match (side, list) {
                    (Some("dports"), Some(list)) => {
                        found.terms.push(Term { negated, test: Test::DestinationPort(list) });
                    }
                    (Some("sports"), Some(list)) => {
                        found.terms.push(Term { negated, test: Test::SourcePort(list) });
                    }
                    _ => unknown(),
                }
            }
            "ctstate" | "state" => match words.next().and_then(|list| states(list.split(','))) {
                Some(set) => found.terms.push(state_term(set, negated)),
                None => unknown(),
            },
            "source" | "destination" if words.peek() == Some(&"IP") => {
                words.by_ref().take(2).for_each(drop);
                negated |= words.next_if_eq(&"!").is_some();
                let range = words.next().and_then(addresses);
                let side = if word == "source" { Test::Source } else { Test::Destination };
                match range {
                    Some(range) => found.terms.push(Term { negated, test: side(vec![range]) }),
                    None => unknown(),
                }
            }
            "rpfilter" => {
                let mut inverted = false;
                while let Some(option) = words.next_if(|word| {
                    matches!(*word, "invert" | "loose" | "validmark" | "accept-local")
                }) {
                    inverted |= option == "invert";
                }
                found.terms.push(Term { negated: inverted, test: Test::ReversePath });
            }
            // Older listings put the number behind a blank.
            "tcpflags:" => match words.next().and_then(flag_term) {
                Some(term) => found.terms.push(term),
                None => unknown(),
            },
            _ => match attached(word) {
                Some(term) => found.terms.push(term),
                // The name of a match, which says nothing by itself.
                None if protocol(word).is_some() && word.parse::<u8>().is_err() => {}
                None => unknown(),
            },
        }
        negated = false;
    }
    if has_unknown {
        found.terms.push(UNKNOWN);
    }
    found
}

/// `dpt:80`, `spts:1024:65535`, `flags:0x17/0x02`.
fn attached(word: &str) -> Option<Term> {
    let (key, value) = word.split_once(':')?;
    if key == "flags" {
        return flag_term(value);
    }
    let negated = value.starts_with('!');
    let range = ports(value.trim_start_matches('!'), ':')?;
    let test = match key {
        "dpt" | "dpts" => Test::DestinationPort(vec![range]),
        "spt" | "spts" => Test::SourcePort(vec![range]),
        _ => return None,
    };
    Some(Term { negated, test })
}

fn flag_term(word: &str) -> Option<Term> {
    let negated = word.starts_with('!');
    let (mask, value) = word.trim_start_matches('!').split_once('/')?;
    let test = Test::TcpFlags { mask: flags(mask)?, values: vec![flags(value)?] };
    Some(Term { negated, test })
}

fn without_comments(text: &str) -> String {
    let mut rest = text;
    let mut kept = String::new();
    while let Some((before, inner)) = rest.split_once("/*") {
        kept.push_str(before);
        kept.push(' ');
        rest = inner.split_once("*/").map_or("", |(_, after)| after);
    }
    kept + rest
}
