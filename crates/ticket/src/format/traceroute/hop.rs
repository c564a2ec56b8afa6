//! One hop: its number, who answered how soon, and what was not answered.

use std::net::IpAddr;

use crate::token::address;

/// The answers of one line.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(in crate::format) struct Probes {
    /// Distance; `None` for a line that goes on with the hop above.
    pub(in crate::format) number: Option<u8>,
    /// Who answered, with microseconds.
    pub(in crate::format) answers: Vec<(IpAddr, Option<u32>)>,
    pub(in crate::format) silent_count: u32,
    pub(in crate::format) codes: Vec<String>,
    /// Times are printed.
    pub(in crate::format) has_time: bool,
    /// There is a name.
    pub(in crate::format) is_named: bool,
    /// It is the target.
    pub(in crate::format) is_target: bool,
    /// Times come first, as Windows prints them.
    pub(in crate::format) is_windows: bool,
}

/// Words of a line at most.
const WORDS_MAX: usize = 64;

/// Names at most; more is prose.
const NAMES_MAX: usize = 4;

/// What Windows and tracepath say where nobody answered.
const SILENCE: [&str; 7] = [
    "Request timed out",
    "请求超时",
    "no reply",
    "Zeitüberschreitung der Anforderung",
    "Délai d'attente de la demande dépassé",
    "Tiempo de espera agotado",
    "Esgotado o tempo limite do pedido",
];

/// Reads one line; `None` when it is no hop.
pub(super) fn read(line: &str) -> Option<Probes> {
    let line = line.trim();
    let (rest, silent) = match SILENCE.iter().find_map(|words| line.split_once(words)) {
        Some((before, _)) => (before, true),
        None => (line, false),
    };
    let mut words = rest.split_whitespace().take(WORDS_MAX).peekable();
    let mut probes =
        Probes { number: words.peek().and_then(|word| number(word)), ..Probes::default() };
    if probes.number.is_some() {
        words.next();
    }
    let mut times: Vec<u32> = Vec::new();
    let mut name_count = 0;
    let mut before: Option<&str> = None;
    while let Some(word) = words.next() {
        let next = words.peek().copied().unwrap_or_default();
        if word == "*" {
            probes.silent_count += 1;
        } else if let Some(ip) = ip(word) {
            // `192.0.2.1 (192.0.2.1)` is one.
            if probes.answers.last().is_none_or(|last| last.0 != ip) {
                probes.answers.push((ip, None));
            }
        } else if let Some(us) = time(word, next) {
            if matches!(next, "ms" | "msec" | "毫秒" | "мс") {
                words.next();
            }
            probes.has_time = true;
            match probes.answers.last_mut() {
                Some(answer) => answer.1 = answer.1.or(Some(us)),
                None => times.push(us),
            }
        } else if let Some(code) = word.strip_prefix('!').filter(|code| code.len() <= 6) {
            probes.codes.push(format!("!{code}"));
        } else if is_note(word, before) {
            // `[AS64500]`, `<MPLS:...>`, `pmtu 1500`, `asymm 2`, `reached`.
            probes.is_target |= word == "reached";
        } else if is_name(word) {
            probes.is_named = true;
            name_count += 1;
        } else {
            return None;
        }
        before = Some(word);
    }
    if let (Some(answer), Some(us)) = (probes.answers.first_mut(), times.first()) {
        answer.1 = answer.1.or(Some(*us));
        probes.is_windows = true;
    }
    probes.is_windows |= silent && probes.silent_count > 0;
    if silent && probes.silent_count == 0 {
        probes.silent_count = 1;
    }
    let is_hop = !probes.answers.is_empty() || probes.silent_count > 0 || probes.has_time;
    // Without a number only what probes print may stand in it.
    (is_hop
        && name_count <= NAMES_MAX
        && (probes.number.is_some() || probes.has_time || name_count == 0))
        .then_some(probes)
}

/// `1`, `1:`, `1?:`.
fn number(word: &str) -> Option<u8> {
    let word = word.strip_suffix(':').unwrap_or(word);
    let word = word.strip_suffix('?').unwrap_or(word);
    word.parse().ok().filter(|number| *number > 0)
}

/// An address, with or without brackets around it.
fn ip(word: &str) -> Option<IpAddr> {
    let bare = word.strip_prefix('(').map_or(word, |rest| rest.strip_suffix(')').unwrap_or(rest));
    address::ip(bare.trim_end_matches(','))
}

/// `0.531` before `ms`, `0.531ms`, `<1` before `ms`; in microseconds.
fn time(word: &str, next: &str) -> Option<u32> {
    let glued = word.strip_suffix("ms");
    let digits = glued.or_else(|| matches!(next, "ms" | "msec" | "毫秒" | "мс").then_some(word))?;
    let digits = digits.strip_prefix('<').unwrap_or(digits);
    let (whole, fraction) = digits.split_once(['.', ',']).unwrap_or((digits, ""));
    let micros = format!("{fraction:0<3}");
    let whole: u32 = whole.parse().ok()?;
    whole.checked_mul(1_000)?.checked_add(micros.get(..3)?.parse().ok()?)
}

/// Words that are printed beside answers.
fn is_note(word: &str, before: Option<&str>) -> bool {
    matches!(word, "pmtu" | "asymm" | "reached" | "[open]" | "[closed]")
        || (matches!(before, Some("pmtu" | "asymm")) && word.parse::<u32>().is_ok())
        || word.starts_with("[AS")
        || word.starts_with("[*")
        || word.starts_with("<MPLS")
        || word.starts_with("[MPLS")
        || word == "[LOCALHOST]"
}

/// A host name, perhaps in brackets.
fn is_name(word: &str) -> bool {
    let bare = word.trim_matches(['(', ')', '[', ']']);
    !bare.is_empty()
        && bare.chars().all(|c| c.is_ascii_alphanumeric() || "._-".contains(c))
        && bare.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '_')
}
