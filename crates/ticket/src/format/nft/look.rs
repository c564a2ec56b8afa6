//! Which lines look like rules.

use super::super::rule_words::quoted_words;
use super::rule::{HANDLE, Reading};
use super::value::Sets;

/// Words with which statements and conditions begin; a rule begins with one of them.
pub(super) const STARTS: &[&str] = &[
    "accept",
    "add",
    "ah",
    "arp",
    "comp",
    "continue",
    "counter",
    "ct",
    "dccp",
    "delete",
    "dnat",
    "drop",
    "dst",
    "dup",
    "esp",
    "ether",
    "exthdr",
    "fib",
    "flow",
    "frag",
    "fwd",
    "goto",
    "hbh",
    "icmp",
    "icmpv6",
    "igmp",
    "iif",
    "iifgroup",
    "iifname",
    "iiftype",
    "ip",
    "ip6",
    "ipsec",
    "jhash",
    "jump",
    "last",
    "limit",
    "log",
    "masquerade",
    "meta",
    "mh",
    "notrack",
    "numgen",
    "oif",
    "oifgroup",
    "oifname",
    "oiftype",
    "osf",
    "queue",
    "quota",
    "redirect",
    "reject",
    "reset",
    "return",
    "rt",
    "sctp",
    "skuid",
    "snat",
    "socket",
    "symhash",
    "synproxy",
    "tcp",
    "th",
    "tproxy",
    "udp",
    "udplite",
    "update",
    "vlan",
    "xt",
    "@ll,",
    "@nh,",
    "@th,",
    "mark",
];

/// Statements that end a rule which would have no verdict else, and words that only follow others.
const DECIDING: &[&str] =
    &["accept", "drop", "reject", "return", "continue", "queue", "notrack", "masquerade"];

/// True when a line looks like a rule and not like a sentence.
pub(super) fn is_rule(line: &str) -> bool {
    let line = line.trim();
    let first = line.split_ascii_whitespace().next().unwrap_or_default();
    if !STARTS
        .iter()
        .any(|start| first == *start || (start.starts_with('@') && first.starts_with(start)))
    {
        return false;
    }
    let words = quoted_words(line.split(HANDLE).next().unwrap_or(line));
    let count = words.len();
    let has = |wanted: &str| words.iter().any(|(word, quoted)| !quoted && word == wanted);
    let Some((last, _)) = words.last() else { return false };
    let mut tail = words.iter().rev();
    let before_last = tail.nth(1).map_or("", |(word, _)| word.as_str());
    let ends = DECIDING.contains(&last.as_str())
        || matches!(
            before_last,
            "jump" | "goto" | "comment" | "bytes" | "to" | "prefix" | "set" | "vmap"
        )
        || (last == "}" && has("vmap"));
    let has_statement = has("counter")
        || has("log")
        || has("reject")
        || has("limit")
        || has("queue")
        || has("dnat")
        || has("snat")
        || has("set")
        || has("masquerade")
        || has("comment");
    // A sentence has other words between these.
    (count == 1 && ends)
        || line.contains(HANDLE)
        || (count > 1 && (ends || has_statement) && reads_whole(&words))
}

fn reads_whole(words: &[(String, bool)]) -> bool {
    let sets = Sets::new();
    let mut reading = Reading::new(words, &sets);
    reading.run();
    reading.unknown_words == 0
}
