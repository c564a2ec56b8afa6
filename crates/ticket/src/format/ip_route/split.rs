//! Routes that lost their line ends.

use super::parse;
use crate::token::address;

/// Takes a line apart that holds several routes: each begins with a destination where a key would
/// stand.
pub(super) fn split(line: &str) -> Option<Vec<String>> {
    let words: Vec<&str> = line.split_whitespace().collect();
    if words.iter().filter(|word| **word == "dev").count() < 2 || words.contains(&"\\") {
        return None;
    }
    let starts: Vec<usize> = (0..words.len()).filter(|at| is_start(&words, *at)).collect();
    let first = *starts.first()?;
    let mut parts = Vec::new();
    if first > 0 {
        parts.push(words[..first].join(" "));
    }
    for (place, start) in starts.iter().enumerate() {
        let end = starts.get(place + 1).copied().unwrap_or(words.len());
        let row = &words[*start..end];
        // Without doubt, or not at all.
        let is_route = match row {
            ["nexthop", ..] => parse::nexthop(row).is_some(),
            _ => parse::line(row).is_some_and(|parsed| parsed.unknown_count == 0),
        };
        if !is_route && place + 1 < starts.len() {
            return None;
        }
        parts.push(row.join(" "));
    }
    (starts.len() >= 2).then_some(parts)
}

/// True when a route or a way out begins at a word: a destination that no key or type stands before.
fn is_start(words: &[&str], at: usize) -> bool {
    let before = at.checked_sub(1).and_then(|at| words.get(at)).copied().unwrap_or_default();
    let next = words.get(at + 1).copied().unwrap_or_default();
    let takes_value = matches!(
        before,
        "via" | "src" | "from" | "table" | "dst" | "inet" | "inet6" | "lookup" | "to" | "get"
    );
    let is_type = |word: &str| {
        crate::format::route_names::kind(word).is_some()
            && word.bytes().all(|octet| octet.is_ascii_alphabetic())
    };
    let is_destination = |word: &str| word == "default" || address::net(word).is_some();
    match words[at] {
        "nexthop" => true,
        word if is_type(word) => is_destination(next) && !takes_value,
        word => {
            is_destination(word)
                && !takes_value
                && !is_type(before)
                && matches!(next, "via" | "dev" | "proto" | "nhid" | "metric" | "nexthop" | "scope")
        }
    }
}
