//! Lines of words with a number among them.

use super::words::{TCP, TCP_EXT, Words};
use super::words_ip::{ICMP, ICMP6, IP, UDP};

/// Which histogram of ICMP a line stands below.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Half {
    In,
    Out,
}

/// A line of words, taken apart at its number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Worded<'a> {
    before: &'a str,
    pub(super) value: u64,
    after: &'a str,
    /// `echo replies: 4`
    pub(super) value_is_last: bool,
}

impl Worded<'_> {
    /// True when the words are not of ASCII.
    pub(super) fn is_translated(&self) -> bool {
        !self.before.is_ascii() || !self.after.is_ascii()
    }

    fn is(&self, words: &str) -> bool {
        let Some((before, after)) = words.split_once('#') else { return false };
        same(self.before, before) && same(self.after, after)
    }
}

/// Equal but for case and the number of blanks.
fn same(one: &str, other: &str) -> bool {
    let mut one = one.split_ascii_whitespace();
    let mut other = other.split_ascii_whitespace();
    loop {
        match (one.next(), other.next()) {
            (None, None) => return true,
            (Some(one), Some(other)) if one.eq_ignore_ascii_case(other) => {}
            _ => return false,
        }
    }
}

/// The first number that is not a part of a word, and what is around it; `None` without words.
pub(super) fn worded(line: &str) -> Option<Worded<'_>> {
    let line = line.trim_end_matches(['.', '。']).trim();
    let mut from = 0;
    while let Some(at) = line.get(from..)?.find(|c: char| c.is_ascii_digit()) {
        let start = from + at;
        let rest = line.get(start..)?;
        let len = rest.bytes().take_while(|octet| octet.is_ascii_digit() || *octet == b',').count();
        let digits = rest.get(..len)?.trim_end_matches(',');
        let (before, after) = (line.get(..start)?, rest.get(digits.len()..)?);
        let is_joint =
            |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_' | '/' | '%');
        if !before.ends_with(is_joint) && !after.starts_with(is_joint) {
            let value = super::count(digits)?;
            let has_words = [before, after].iter().any(|text| text.contains(char::is_alphabetic));
            let value_is_last = after.trim().is_empty();
            return has_words.then_some(Worded { before, value, after, value_is_last });
        }
        from = start + len.max(1);
    }
    None
}

fn find(table: Words, words: &Worded<'_>) -> Option<&'static str> {
    table.iter().find(|(_, known)| words.is(known)).map(|(name, _)| *name)
}

/// The name that `nstat` prints for these words in a layer; without a layer, where it is the only one
/// with them.
pub(super) fn name_of(
    section: Option<&str>,
    half: Option<Half>,
    words: &Worded<'_>,
) -> Option<String> {
    let joined = |section: &str, name: &str| format!("{section}{name}");
    match section {
        None => ["Tcp", "TcpExt"].iter().find_map(|section| name_of(Some(section), half, words)),
        Some("Tcp" | "Tcp6") => find(TCP, words).map(|name| joined("Tcp", name)),
        Some("TcpExt") => find(TCP_EXT, words).map(|name| joined("TcpExt", name)),
        Some("Ip") => find(IP, words).map(|name| joined("Ip", name)),
        Some("Ip6") => find(IP, words).map(|name| match name {
            "ForwDatagrams" => "Ip6OutForwDatagrams".to_owned(),
            name => joined("Ip6", name),
        }),
        Some(section @ ("Udp" | "Udp6" | "UdpLite" | "UdpLite6")) => {
            find(UDP, words).map(|name| joined(section, name))
        }
        Some(section @ ("Icmp" | "Icmp6")) => {
            let table = if section == "Icmp" { ICMP } else { ICMP6 };
            let wanted = |name: &str| match half {
                // What is no kind of message can stand below either.
                _ if !words.value_is_last => true,
                Some(Half::In) => name.starts_with("In"),
                Some(Half::Out) => name.starts_with("Out"),
                None => false,
            };
            let fits = |(name, known): &&(&str, &str)| wanted(name) && words.is(known);
            table.iter().find(fits).map(|(name, _)| joined(section, name))
        }
        Some(_) => None,
    }
}
