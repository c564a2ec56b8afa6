//! The words of a row: arrows, flags, times, names.

use crate::format::frames::{ACK, FIN, PSH, RST, SYN};

/// Which way an arrow points.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Arrow {
    Right,
    Left,
    /// A line without a head: the other half of one.
    Line,
}

/// A time without its unit, as digits before and after the point.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Time {
    whole: u64,
    /// Billionths.
    fraction: u64,
    /// Nanoseconds of its unit, when it has one.
    pub(super) unit_ns: Option<u64>,
    /// It has a point.
    pub(super) has_point: bool,
}

impl Time {
    /// In nanoseconds, counted in this unit.
    pub(super) fn scaled(self, unit_ns: u64) -> u64 {
        let fraction = u128::from(self.fraction) * u128::from(unit_ns) / 1_000_000_000;
        let whole = u128::from(self.whole) * u128::from(unit_ns);
        u64::try_from(whole + fraction).unwrap_or(u64::MAX)
    }

    /// Whole units.
    pub(super) fn whole(self) -> u64 {
        self.whole
    }
}

/// One word of a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Token<'a> {
    Arrow(Arrow),
    Flags { flags: u8, data: bool },
    Time(Time),
    Word(&'a str),
}

/// A token and the octets that it takes.
pub(super) type Placed<'a> = (Token<'a>, usize, usize);

/// Tokens of a line at most; what is longer is no row.
const TOKENS_MAX: usize = 400;

/// Takes a line apart.
pub(super) fn tokens(line: &str) -> Vec<Placed<'_>> {
    let mut tokens: Vec<Placed<'_>> = Vec::new();
    for (start, word) in words(line) {
        if tokens.len() >= TOKENS_MAX {
            break;
        }
        let end = start + word.len();
        let token = token(word);
        // `SYN ACK`, `SYN, ACK`, `ACK + data` are one.
        if let (
            Some((Token::Flags { flags, data }, _, last_end)),
            Token::Flags { flags: more, data: more_data },
        ) = (tokens.last_mut(), token)
        {
            *flags |= more;
            *data |= more_data;
            *last_end = end;
        } else if !matches!(token, Token::Word("" | "+" | "," | "&" | "|" | "and")) {
            tokens.push((token, start, end));
        }
    }
    tokens
}

/// Words, and arrows that stick to them, with where they begin.
fn words(line: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut rest = 0;
    std::iter::from_fn(move || {
        let text = line.get(rest..)?;
        let start = rest + text.find(|c: char| !c.is_whitespace())?;
        let text = line.get(start..)?;
        let is_drawn = |c: char| "-=─—–<>→←⟶⟵⇒⇐".contains(c);
        let run = text.find(|c: char| !is_drawn(c)).unwrap_or(text.len());
        let end = if run > 0 && arrow(text.get(..run)?).is_some() {
            run
        } else {
            // A hyphen is part of a word, a longer line or a head is none.
            let at = text.char_indices().find(|&(at, c)| {
                c.is_whitespace()
                    || (at > 0
                        && is_drawn(c)
                        && text.get(at..).is_some_and(|rest| {
                            let run = rest.find(|c: char| !is_drawn(c)).unwrap_or(rest.len());
                            rest.get(..run).and_then(arrow).is_some()
                        }))
            });
            at.map_or(text.len(), |(at, _)| at)
        };
        rest = start + end;
        line.get(start..rest).map(|word| (start, word))
    })
}

/// `->`, `<---`, `→`, `--`.
fn arrow(run: &str) -> Option<Arrow> {
    let right = run.contains(['>', '→', '⟶', '⇒']);
    let left = run.contains(['<', '←', '⟵', '⇐']);
    match (right, left) {
        (true, false) => Some(Arrow::Right),
        (false, true) => Some(Arrow::Left),
        (false, false) if run.chars().count() >= 2 => Some(Arrow::Line),
        _ => None,
    }
}

fn token(word: &str) -> Token<'_> {
    if let Some(arrow) =
        word.chars().all(|c| "-=─—–<>→←⟶⟵⇒⇐".contains(c)).then(|| arrow(word)).flatten()
    {
        return Token::Arrow(arrow);
    }
    let bare = word.trim_matches(['[', ']', '(', ')', ',', ':', ';', '"', '`', '|', '*', '.', '…']);
    if let Some((flags, data)) = flags(bare) {
        return Token::Flags { flags, data };
    }
    match time(bare) {
        Some(time) => Token::Time(time),
        None => Token::Word(bare),
    }
}

/// `SYN`, `SYN-ACK`, `syn/ack`, `PSH,ACK`, `data`.
fn flags(word: &str) -> Option<(u8, bool)> {
    if word.is_empty() || word.len() > 24 {
        return None;
    }
    let parts = word.split(['-', '+', '/', ',', '|', '&', '_']).filter(|part| !part.is_empty());
    let mut all = None;
    for part in parts {
        let (flag, data) = match part {
            "SYN" | "syn" | "Syn" => (SYN, false),
            "ACK" | "ack" | "Ack" => (ACK, false),
            "SYNACK" | "synack" | "SynAck" => (SYN | ACK, false),
            "RST" | "rst" | "RESET" => (RST, false),
            "FIN" | "fin" => (FIN, false),
            "PSH" | "PUSH" => (PSH, false),
            "data" | "DATA" => (PSH | ACK, true),
            _ => return None,
        };
        let (flags, has_data) = all.unwrap_or((0, false));
        all = Some((flags | flag, has_data | data));
    }
    all
}

/// `0.000`, `296`, `+3200ms`, `t=3.2s`.
fn time(word: &str) -> Option<Time> {
    let word = word.strip_prefix("t=").or_else(|| word.strip_prefix("T+")).unwrap_or(word);
    let word = word.trim_start_matches(['+', '@']);
    let unit_at = word.find(|c: char| c.is_alphabetic() || c == 'µ').unwrap_or(word.len());
    let (number, unit) = word.split_at_checked(unit_at)?;
    let unit_ns = match unit {
        "" => None,
        "s" | "sec" | "secs" | "seconds" => Some(1_000_000_000),
        "ms" | "msec" => Some(1_000_000),
        "us" | "µs" | "usec" => Some(1_000),
        _ => return None,
    };
    let (whole, fraction, has_point) = match number.split_once(['.', ',']) {
        Some((whole, fraction)) => (whole, fraction, true),
        None => (number, "", false),
    };
    let digits = |part: &str| part.bytes().all(|octet| octet.is_ascii_digit());
    if whole.is_empty()
        || whole.len() > 12
        || fraction.len() > 9
        || !digits(whole)
        || !digits(fraction)
    {
        return None;
    }
    let scale = 10_u64.pow(9 - u32::try_from(fraction.len()).ok()?);
    let fraction = fraction.parse::<u64>().unwrap_or(0) * scale;
    Some(Time { whole: whole.parse().ok()?, fraction, unit_ns, has_point })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arrows_stick_to_words() {
        let kinds = |line| tokens(line).into_iter().map(|(token, ..)| token).collect::<Vec<_>>();
        let syn = Token::Flags { flags: SYN, data: false };
        let (line, right) = (Token::Arrow(Arrow::Line), Token::Arrow(Arrow::Right));
        assert_eq!(
            kinds("web-1 --[SYN]--> lb"),
            [Token::Word("web-1"), line, syn, right, Token::Word("lb")]
        );
        assert_eq!(kinds("A->B"), [Token::Word("A"), right, Token::Word("B")]);
        let synack = Token::Flags { flags: SYN | ACK, data: false };
        assert_eq!(kinds("DX < SYN ACK < s")[2], synack);
        assert_eq!(kinds("SYN-ACK"), [synack]);
        assert_eq!(
            kinds("+3200ms")[0],
            Token::Time(Time {
                whole: 3200,
                fraction: 0,
                unit_ns: Some(1_000_000),
                has_point: false
            })
        );
        assert_eq!(kinds("ACK + data"), [Token::Flags { flags: ACK | PSH, data: true }]);
    }
}
