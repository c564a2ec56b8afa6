//! What a terminal leaves in a text: colours, titles of windows, overwriting, blanks of other widths.

use std::borrow::Cow;

/// The line as a reader of the terminal saw it. Tabs stay, and trailing blanks, which tell how wide
/// the terminal was.
pub(super) fn clean(line: &str) -> Cow<'_, str> {
    let line = line.strip_suffix('\r').unwrap_or(line);
    let is_plain = |octet: u8| matches!(octet, b'\t' | b' '..=b'~');
    if line.bytes().all(is_plain) && !line.contains("^[") && !has_lost_escape(line) {
        return Cow::Borrowed(line);
    }
    let mut clean = String::with_capacity(line.len());
    let without_escapes = strip_escapes(line);
    let kept = last_overwritten(&without_escapes);
    for character in kept.chars() {
        match character {
            '\t'
            | '\u{a0}'
            | '\u{1680}'
            | '\u{2000}'..='\u{200a}'
            | '\u{202f}'
            | '\u{205f}'
            | '\u{3000}'
            | '\u{b}'
            | '\u{c}' => {
                clean.push(if character == '\t' { '\t' } else { ' ' });
            }
            // Overstrike of pagers, and what was typed and taken back.
            '\u{8}' => drop(clean.pop()),
            // Nothing that is seen: marks of direction, joiners, places to break a line.
            '\u{ad}'
            | '\u{200b}'..='\u{200f}'
            | '\u{202a}'..='\u{202e}'
            | '\u{2060}'..='\u{2064}'
            | '\u{feff}' => {}
            control if control.is_control() => {}
            other => clean.push(other),
        }
    }
    Cow::Owned(clean)
}

/// A colour whose escape character got lost: `[01;31mSYN_RECV[0m`.
fn has_lost_escape(line: &str) -> bool {
    line.match_indices('[').any(|(at, _)| lost_escape(&line[at..]).is_some())
}

/// Length of a colour without escape character at the start of `text`. It has a number: `[m` is how
/// `[mss 1460]` begins.
fn lost_escape(text: &str) -> Option<usize> {
    let inner = text.strip_prefix('[')?;
    let digits = inner.bytes().take_while(|octet| matches!(octet, b'0'..=b'9' | b';')).count();
    let is_colour = (1..=12).contains(&digits) && inner.as_bytes().get(digits) == Some(&b'm');
    is_colour.then_some(digits + 2)
}

/// The end of a colour in a line that has one.
fn lost_end(text: &str) -> usize {
    let is_end =
        text.starts_with("[m") && !text[2..].starts_with(|next: char| next.is_ascii_lowercase());
    if is_end || text.starts_with("[K") { 2 } else { 0 }
}

/// Takes out escape sequences: of colours and cursor (CSI), of window titles (OSC), others.
fn strip_escapes(line: &str) -> String {
    let had_lost = has_lost_escape(line);
    let mut kept = String::with_capacity(line.len());
    let mut rest = line;
    while let Some(at) = rest.find(['\u{1b}', '^', '[']) {
        kept.push_str(&rest[..at]);
        rest = &rest[at..];
        let escaped = rest
            .strip_prefix('\u{1b}')
            .or_else(|| rest.strip_prefix("^[").filter(|after| after.starts_with(['[', ']'])));
        let taken = match escaped {
            Some(after) => rest.len() - after.len() + escape_length(after),
            None if had_lost => lost_escape(rest).unwrap_or_else(|| lost_end(rest)),
            None => 0,
        };
        if taken == 0 {
            // Both are ASCII.
            kept.push_str(&rest[..1]);
            rest = &rest[1..];
        } else {
            rest = &rest[taken..];
        }
    }
    kept.push_str(rest);
    kept
}

/// Octets of the sequence behind an escape character.
fn escape_length(after: &str) -> usize {
    let octets = after.as_bytes();
    match octets.first() {
        Some(b'[') => {
            let parameters =
                octets[1..].iter().take_while(|octet| matches!(octet, 0x20..=0x3f)).count();
            let is_ended =
                octets.get(1 + parameters).is_some_and(|octet| matches!(octet, 0x40..=0x7e));
            1 + parameters + usize::from(is_ended)
        }
        // A title ends with BEL or ST; one that does not end is as long as its printable part.
        Some(b']' | b'P' | b'_' | b'^' | b'X') => match after.find(['\u{7}', '\u{1b}']) {
            Some(at) if octets[at] == 7 => at + 1,
            Some(at) if octets.get(at + 1) == Some(&b'\\') => at + 2,
            Some(at) => at,
            None => 1,
        },
        Some(b'(' | b')' | b'#' | b'%') if octets.len() > 1 && octets[1].is_ascii() => 2,
        Some(octet) if octet.is_ascii() => 1,
        _ => 0,
    }
}

/// What stands behind the last carriage return that was followed by text.
fn last_overwritten(line: &str) -> &str {
    line.rsplit('\r').find(|part| !part.trim().is_empty()).unwrap_or("")
}

#[cfg(test)]
mod tests {
    use super::clean;

    #[test]
    fn escapes_are_taken_out() {
        assert_eq!(clean("1: \u{1b}[36mlo: \u{1b}[0m<UP>"), "1: lo: <UP>");
        assert_eq!(
            clean("\u{1b}[?2004l\rActive Internet connections"),
            "Active Internet connections"
        );
        assert_eq!(clean("\u{1b}]0;root@host: ~\u{7}[root@host ~]# arp"), "[root@host ~]# arp");
        assert_eq!(clean("\u{1b}]0;t\u{1b}\\$ arp"), "$ arp");
        assert_eq!(clean("^[[36mlo^[[0m a"), "lo a");
        assert_eq!(clean("0 [01;31m[KSYN_RECV[m[K -"), "0 SYN_RECV -");
        assert_eq!(clean("options [mss 1460,sackOK]"), "options [mss 1460,sackOK]");
        assert_eq!(clean("\u{1b}(Ba\u{1b}=b"), "ab");
    }

    #[test]
    fn the_last_of_what_was_overwritten_is_left() {
        assert_eq!(clean("10%\r50%\rdone\r"), "done");
        assert_eq!(clean("--More--\r        \rtcp 0 0"), "tcp 0 0");
        assert_eq!(clean("--More--\u{8}\u{8}\u{8}\u{8}\u{8}\u{8}\u{8}\u{8}tcp"), "tcp");
    }

    #[test]
    fn blanks_of_every_width_are_blanks_and_tabs_stay() {
        assert_eq!(clean("a\u{a0}b\u{3000}c\u{2003}d\te \u{a0}"), "a b c d\te  ");
        assert_eq!(clean("\u{feff}192.0.\u{200b}2.1"), "192.0.2.1");
        assert_eq!(clean("fe80::1%[eth0] [::1]:80 [K]"), "fe80::1%[eth0] [::1]:80 [K]");
    }
}
