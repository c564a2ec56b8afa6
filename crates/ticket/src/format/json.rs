//! The JSON of `ip -j`, on one line, laid out (`-p`, `jq`), wrapped or cut short.

use serde_json::{Map, Value};
use synrecv_model::{Text, text};

use super::Sees;
use crate::{Cut, Line, Taken};

/// The members of an entry.
pub(super) type Members = Map<String, Value>;

/// Which table the JSON is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Told {
    /// Of `ip addr`, `ip link`.
    Links,
    /// Of `ip rule`.
    Rules,
    /// Of `ip route get`.
    RouteGet,
    /// Of `ip neigh`.
    Neighbours,
    /// Of `ip route`.
    Routes,
}

impl Told {
    /// Names of members, by which a table that is laid out is told from the others.
    fn keys(self) -> &'static [&'static str] {
        match self {
            Self::Links => &[
                "ifindex",
                "link",
                "link_index",
                "ifname",
                "flags",
                "mtu",
                "qdisc",
                "operstate",
                "group",
                "txqlen",
                "link_type",
                "address",
                "broadcast",
                "addr_info",
                "family",
                "local",
                "prefixlen",
                "scope",
                "label",
                "valid_life_time",
                "preferred_life_time",
                "linkmode",
                "linkinfo",
                "info_kind",
                "master",
                "stats64",
            ],
            Self::Rules => &[
                "priority",
                "src",
                "srclen",
                "dst",
                "dstlen",
                "fwmark",
                "fwmask",
                "iif",
                "oif",
                "ipproto",
                "sport",
                "dport",
                "table",
                "not",
                "action",
                "goto",
                "tos",
                "l3mdev",
                "uid_start",
                "uid_end",
                "suppress_prefixlen",
                "protocol",
            ],
            Self::RouteGet => {
                &["dst", "gateway", "via", "dev", "prefsrc", "uid", "cache", "from", "mark", "iif"]
            }
            Self::Neighbours => &[
                "dst",
                "dev",
                "lladdr",
                "state",
                "router",
                "proxy",
                "extern_learn",
                "refcnt",
                "used",
                "confirmed",
                "updated",
                "probes",
                "managed",
            ],
            Self::Routes => &[
                "type", "dst", "gateway", "via", "dev", "protocol", "scope", "prefsrc", "metric",
                "flags", "pref", "table", "nexthops", "weight", "nhid", "metrics", "expires",
            ],
        }
    }
}

/// What a line of JSON is to the format of one table.
pub(super) fn sees(line: &str, inside: bool, mine: Told) -> Sees {
    let line = line.trim();
    if is_start(line) {
        return if told(line) == Some(mine) { Sees::Row } else { Sees::Nothing };
    }
    if matches!(line, "[ {" | "[{") || (inside && line.starts_with("{\"")) {
        return Sees::Row;
    }
    if let Some(key) = key(line) {
        let is_mine = mine.keys().contains(&key);
        return match inside {
            true if is_mine => Sees::More,
            true => Sees::Aside,
            // Entries of `jq` begin with a brace on a line of its own.
            false if is_first(key, mine) => Sees::Row,
            false => Sees::Nothing,
        };
    }
    let is_punctuation = !line.is_empty() && line.chars().all(|c| "[]{}, ".contains(c));
    if inside && (is_punctuation || line.contains("\":") || line.contains("\",")) {
        return Sees::Aside;
    }
    Sees::Nothing
}

/// The first member of an entry.
fn is_first(key: &str, told: Told) -> bool {
    match told {
        Told::Links => key == "ifindex",
        Told::Rules => key == "priority",
        Told::RouteGet | Told::Neighbours | Told::Routes => key == "dst",
    }
}

/// An array of entries begins here, with names of members.
fn is_start(line: &str) -> bool {
    let start: String = line.chars().filter(|c| !c.is_whitespace()).take(3).collect();
    matches!(start.as_str(), "[{\"" | "[{}")
}

/// The name of the member that a line begins with.
fn key(line: &str) -> Option<&str> {
    let (key, rest) = line.strip_prefix('"')?.split_once('"')?;
    rest.trim_start().starts_with(':').then_some(key)
}

/// Which table a line is that holds whole entries.
fn told(line: &str) -> Option<Told> {
    let has = |key: &str| {
        line.match_indices(key).any(|(at, _)| {
            line[..at].ends_with('"')
                && line[at + key.len()..].trim_start_matches('"').trim_start().starts_with(':')
        })
    };
    match () {
        () if has("ifname") || has("ifindex") => Some(Told::Links),
        () if has("priority") && has("src") => Some(Told::Rules),
        () if !has("dst") => None,
        () if has("cache") || has("uid") => Some(Told::RouteGet),
        () if has("lladdr") || has("state") || has("proxy") => Some(Told::Neighbours),
        () if has("flags") => Some(Told::Routes),
        () => None,
    }
}

/// True when lines are JSON, not the table in words.
pub(super) fn is_json(lines: &[Line]) -> bool {
    let first = lines.first().map(|line| line.text.trim()).unwrap_or_default();
    is_start(first)
        || matches!(first, "[ {" | "[{" | "[" | "{" | "[]" | "[ ]")
        || key(first).is_some()
}

/// An entry as text, and the line that it begins on, as a place among the lines.
struct Entry {
    at: usize,
    text: String,
    is_whole: bool,
}

/// Cuts lines into entries. The array around them, and the brace before the first, may be lost.
fn entries(lines: &[Line]) -> Vec<Entry> {
    let mut entries: Vec<Entry> = Vec::new();
    let mut depth = 0_usize;
    let mut is_string = false;
    let mut is_escaped = false;
    if lines.first().is_some_and(|line| key(line.text.trim()).is_some()) {
        depth = 1;
        entries.push(Entry { at: 0, text: "{".to_owned(), is_whole: false });
    }
    for (at, line) in lines.iter().enumerate() {
        for character in line.text.chars() {
            if depth == 0 {
                if character == '{' {
                    depth = 1;
                    entries.push(Entry { at, text: "{".to_owned(), is_whole: false });
                }
                continue;
            }
            let Some(entry) = entries.last_mut() else { continue };
            entry.text.push(character);
            match character {
                _ if is_escaped => is_escaped = false,
                '\\' if is_string => is_escaped = true,
                '"' => is_string = !is_string,
                '{' if !is_string => depth += 1,
                '}' if !is_string => {
                    depth -= 1;
                    entry.is_whole = depth == 0;
                }
                _ => {}
            }
        }
    }
    entries
}

/// Reads the entries of lines one by one. `take` says what was read, or why nothing was; it is told
/// the number of the line that an entry begins on.
pub(super) fn read(
    lines: &[Line],
    mut take: impl FnMut(u32, &Members) -> Result<Text, Text>,
) -> (Vec<Taken>, Option<Cut>) {
    let mut readings: Vec<Vec<Result<Text, Text>>> = lines.iter().map(|_| Vec::new()).collect();
    let mut cut = None;
    for entry in entries(lines) {
        let number = lines[entry.at].number;
        let reading = match serde_json::from_str::<Members>(&entry.text) {
            // Old versions of `ip` print empty entries for what a filter leaves out.
            Ok(members) if members.is_empty() => continue,
            Ok(members) => take(number, &members),
            Err(_) if entry.is_whole => Err(text!["not valid JSON"]),
            Err(_) => {
                cut = Some(Cut::LastRow);
                Err(text!["the entry is cut short"])
            }
        };
        readings[entry.at].push(reading);
    }
    let taken = readings.into_iter().map(|readings| {
        if readings.is_empty() {
            return Taken::More(None);
        }
        let first_reason = readings.iter().find_map(|reading| reading.as_ref().err()).cloned();
        let read = readings.into_iter().filter_map(Result::ok).collect::<Vec<_>>();
        match (read.is_empty(), first_reason) {
            (true, Some(reason)) => Taken::Rejected(reason),
            (false, Some(reason)) => {
                Taken::Row(text![Text::join(read, "; "), "; not read: ", reason])
            }
            (_, None) => Taken::Row(Text::join(read, "; ")),
        }
    });
    (taken.collect(), cut)
}

/// A string among the members.
pub(super) fn string<'a>(members: &'a Members, key: &str) -> Option<&'a str> {
    members.get(key)?.as_str()
}

/// A number among the members, plain or as a string: `7`, `"7"`, `"0x7"`.
pub(super) fn number(members: &Members, key: &str) -> Option<u64> {
    match members.get(key)? {
        Value::String(text) => crate::token::number::any(text),
        value => value.as_u64(),
    }
}

/// A number among the members that fits 32 bits.
pub(super) fn number32(members: &Members, key: &str) -> Option<u32> {
    number(members, key)?.try_into().ok()
}

/// The strings of a list among the members.
pub(super) fn strings<'a>(members: &'a Members, key: &str) -> impl Iterator<Item = &'a str> {
    members.get(key).and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str)
}

/// The entries of a list among the members.
pub(super) fn lists<'a>(members: &'a Members, key: &str) -> impl Iterator<Item = &'a Members> {
    members.get(key).and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_object)
}

/// True when a member is there and not `false`: flags are printed as `null` or `true`.
pub(super) fn has(members: &Members, key: &str) -> bool {
    members.get(key).is_some_and(|value| value != &Value::Bool(false))
}
