//! One frame in words.

use super::token::{Arrow, Placed, Time, Token, tokens};
use crate::format::frames::{Stamp, clock};

/// Who stands at one end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Party<'a> {
    /// Named in the row.
    Named(&'a str),
    /// Who stands at the left of all arrows, without a name.
    Left,
    /// Who stands at their right.
    Right,
    /// The other one.
    Other,
}

/// A frame in words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Row<'a> {
    pub(super) src: Party<'a>,
    pub(super) dst: Party<'a>,
    pub(super) flags: u8,
    pub(super) data: bool,
    /// A number before it.
    pub(super) time: Option<Time>,
    /// A time of day before it.
    pub(super) stamp: Option<Stamp>,
    /// Nobody writes it but to say what was sent.
    pub(super) is_strict: bool,
}

/// Tokens before the arrow of a row at most: a number, a time, a name.
const BEFORE_MAX: usize = 4;

/// Tokens behind a row from which on it is prose.
const BEHIND_MAX: usize = 4;

/// Reads the first frame of a line.
pub(super) fn read(line: &str) -> Option<Row<'_>> {
    let tokens = tokens(line);
    let (row, end) = (0..tokens.len().min(BEFORE_MAX + 1)).find_map(|at| at_place(&tokens, at))?;
    let words: Vec<&str> = line.split_whitespace().take(3).collect();
    let stamp = clock::stamp(&words).map(|(stamp, _)| stamp);
    let stamp = stamp.filter(|stamp| !matches!(stamp, Stamp::Elapsed(_)));
    let time = tokens.iter().take(2).find_map(|(token, ..)| match token {
        Token::Time(time) => Some(*time),
        _ => None,
    });
    let has_time = stamp.is_some() || time.is_some();
    let is_short = tokens.len() - end <= BEHIND_MAX;
    let is_strict = row.is_strict || (is_short && has_time) || (is_short && end == tokens.len());
    Some(Row { time: time.filter(|_| stamp.is_none()), stamp, is_strict, ..row })
}

/// The frame that begins with this token, and where it ends.
fn at_place<'a>(tokens: &[Placed<'a>], at: usize) -> Option<(Row<'a>, usize)> {
    let get = |offset: usize| tokens.get(at + offset).map(|(token, ..)| *token);
    let row = |src, dst, (flags, data): (u8, bool), arrow, is_strict| {
        let (src, dst) = if arrow == Arrow::Left { (dst, src) } else { (src, dst) };
        Row { src, dst, flags, data, time: None, stamp: None, is_strict }
    };
    let flagged = |token| match token {
        Some(Token::Flags { flags, data }) => Some((flags, data)),
        _ => None,
    };
    match (get(0)?, get(1), get(2), get(3), get(4)) {
        // `A > SYN > B`, `A --SYN--> B`, `A <-- SYN-ACK -- B`
        (
            Token::Word(a),
            Some(Token::Arrow(one)),
            flags @ Some(Token::Flags { .. }),
            Some(Token::Arrow(two)),
            Some(Token::Word(b)),
        ) if is_name(a)
            && is_name(b)
            && (one == two || one == Arrow::Line || two == Arrow::Line) =>
        {
            let arrow = if one == Arrow::Line { two } else { one };
            (arrow != Arrow::Line).then_some(())?;
            Some((row(Party::Named(a), Party::Named(b), flagged(flags)?, arrow, true), at + 5))
        }
        // `A -> B SYN`
        (
            Token::Word(a),
            Some(Token::Arrow(arrow)),
            Some(Token::Word(b)),
            flags @ Some(Token::Flags { .. }),
            _,
        ) if arrow != Arrow::Line && is_name(a) && is_name(b) => {
            Some((row(Party::Named(a), Party::Named(b), flagged(flags)?, arrow, false), at + 4))
        }
        // `SYN A -> B`
        (
            flags @ Token::Flags { .. },
            Some(Token::Word(a)),
            Some(Token::Arrow(arrow)),
            Some(Token::Word(b)),
            _,
        ) if arrow != Arrow::Line && is_name(a) && is_name(b) => Some((
            row(Party::Named(a), Party::Named(b), flagged(Some(flags))?, arrow, false),
            at + 4,
        )),
        // `client -> SYN`
        (
            Token::Word(a),
            Some(Token::Arrow(Arrow::Right)),
            flags @ Some(Token::Flags { .. }),
            None,
            _,
        ) if is_name(a) => {
            Some((row(Party::Named(a), Party::Other, flagged(flags)?, Arrow::Right, false), at + 3))
        }
        // `→ SYN to`
        (Token::Arrow(arrow), flags @ Some(Token::Flags { .. }), next, ..)
            if arrow != Arrow::Line
                && begins(tokens, at)
                && !matches!(next, Some(Token::Arrow(_))) =>
        {
            // Whom it goes to, or comes from, is the same in every row.
            let named = matches!(next, Some(Token::Word("to" | "from")));
            let used = if named { 3 + usize::from(get(3).is_some()) } else { 2 };
            Some((row(Party::Left, Party::Right, flagged(flags)?, arrow, false), at + used))
        }
        _ => None,
    }
}

/// Nothing but times stands before it.
fn begins(tokens: &[Placed<'_>], at: usize) -> bool {
    tokens.iter().take(at).all(|(token, ..)| matches!(token, Token::Time(_)))
}

/// A name of a host, an address, a role.
fn is_name(word: &str) -> bool {
    (1..=64).contains(&word.len())
        && word.chars().all(|c| c.is_alphanumeric() || "._-:%@[]".contains(c))
        && word.chars().any(char::is_alphanumeric)
}

/// Takes a line apart that holds several frames with arrows on both sides of the flags.
pub(super) fn split(line: &str) -> Option<Vec<String>> {
    if !line.contains("SYN") && !line.contains("syn") {
        return None;
    }
    let tokens = tokens(line);
    let mut starts = Vec::new();
    let mut at = 0;
    while at < tokens.len() {
        match at_place(&tokens, at).filter(|(row, _)| row.is_strict) {
            Some((_, end)) => {
                starts.push(tokens.get(at)?.1);
                at = end;
            }
            None => at += 1,
        }
    }
    if starts.len() < 2 {
        return None;
    }
    let mut parts = Vec::new();
    let before = line.get(..*starts.first()?)?.trim();
    if !before.is_empty() {
        parts.push(before.to_owned());
    }
    let ends = starts.iter().skip(1).copied().chain([line.len()]);
    for (start, end) in starts.iter().zip(ends) {
        parts.push(line.get(*start..end)?.trim().to_owned());
    }
    Some(parts)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::frames::{ACK, SYN};

    fn shown(line: &str) -> Option<(Party<'_>, Party<'_>, u8, bool)> {
        read(line).map(|row| (row.src, row.dst, row.flags, row.is_strict))
    }

    #[test]
    fn ways_to_say_who_sends_what() {
        let (client, server) = (Party::Named("client"), Party::Named("server"));
        let syn = Some((client, server, SYN, true));
        assert_eq!(shown("0.000 client -> server SYN"), syn);
        assert_eq!(shown("client --SYN--> server"), syn);
        assert_eq!(shown("client > SYN > server"), syn);
        assert_eq!(shown("server <-- SYN -- client"), syn);
        assert_eq!(shown("1. SYN client → server"), syn);
        assert_eq!(shown("+12ms client → server: [SYN]"), syn);
        assert_eq!(shown("296 ← SYN+ACK from"), Some((Party::Right, Party::Left, SYN | ACK, true)));
        assert_eq!(shown("→ SYN to"), Some((Party::Left, Party::Right, SYN, true)));
        assert_eq!(shown("3.0s server -> SYN-ACK"), Some((server, Party::Other, SYN | ACK, true)));
    }

    #[test]
    fn prose_is_no_frame() {
        for line in [
            "the SYN -> SYN-ACK -> ACK handshake never ends",
            "a client that sends a SYN gets no SYN-ACK",
            "SYN_RECV -> ESTABLISHED",
            "-> ACK",
            "",
        ] {
            let row = read(line).filter(|row| row.is_strict);
            assert!(row.is_none() || line == "-> ACK", "{line}: {row:?}");
        }
    }

    #[test]
    fn several_in_a_line() {
        let parts =
            split("DX > SYN > web DX < SYN ACK < web (a timer starts) DX > ACK > web... and so on")
                .unwrap();
        assert_eq!(parts.len(), 3);
        assert!(parts[1].starts_with("DX < SYN ACK < web (a timer"));
        assert_eq!(shown(&parts[1]).unwrap().0, Party::Named("web"));
        assert!(split("client > SYN > server").is_none());
    }
}
