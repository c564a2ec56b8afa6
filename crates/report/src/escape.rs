//! Makes strings from outside harmless.

use std::borrow::Cow;
use std::fmt::Write as _;

use synrecv_model::{Span, Text};
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// Columns after which a foreign string is cut with `…`.
const FOREIGN_MAX_COLUMNS: usize = 64;

/// Characters after which it is cut even if they take no columns, as combining marks do.
const FOREIGN_MAX_CHARACTERS: usize = 256;

/// True for characters that can move the cursor, hide text or reorder it: C0, DEL, C1, bidi
/// controls, zero-width characters, line and paragraph separators, and tags.
fn is_harmful(c: char) -> bool {
    c.is_control()
        || matches!(
            c,
            '\u{00ad}'
                | '\u{061c}'
                | '\u{180e}'
                | '\u{200b}'..='\u{200f}'
                | '\u{2028}'..='\u{202e}'
                | '\u{2060}'..='\u{206f}'
                | '\u{feff}'
                | '\u{fff9}'..='\u{fffb}'
                | '\u{e0000}'..='\u{e007f}'
        )
}

/// True for what nearly every cell and every key is: ASCII without controls, in which nothing is harmful.
///
/// Eight bytes at a time: a table of a million rows has some hundred million of them.
fn is_plain(raw: &str) -> bool {
    const ONES: u64 = u64::MAX / 255;
    const HIGH: u64 = ONES << 7;
    let (words, rest) = raw.as_bytes().as_chunks::<8>();
    let plain_word = |bytes: &[u8; 8]| {
        let word = u64::from_ne_bytes(*bytes);
        // A byte below 0x20 borrows from its upper bit; 0x7f plus one and all above have it.
        (word.wrapping_sub(ONES * 0x20) | word.wrapping_add(ONES) | word) & HIGH == 0
    };
    words.iter().all(plain_word) && rest.iter().all(|byte| matches!(byte, 0x20..=0x7e))
}

/// The string with every harmful character written as `\x1b` or `\u{202e}`; a backslash is doubled
/// when anything was escaped, so that the result is unambiguous.
pub fn printable(raw: &str) -> Cow<'_, str> {
    if is_plain(raw) || !raw.chars().any(is_harmful) {
        return Cow::Borrowed(raw);
    }
    let mut escaped = String::with_capacity(raw.len() + 8);
    for c in raw.chars() {
        if c == '\\' {
            escaped.push_str("\\\\");
        } else if !is_harmful(c) {
            escaped.push(c);
        } else if u32::from(c) < 0x100 {
            let _ = write!(escaped, "\\x{:02x}", u32::from(c));
        } else {
            let _ = write!(escaped, "\\u{{{:x}}}", u32::from(c));
        }
    }
    Cow::Owned(escaped)
}

/// [`printable`], cut at 64 columns or 256 characters.
pub fn foreign(raw: &str) -> String {
    shown(raw).into_owned()
}

/// As [`foreign`], without a copy of what is harmless and short.
pub(crate) fn shown(raw: &str) -> Cow<'_, str> {
    if raw.len() <= FOREIGN_MAX_COLUMNS && is_plain(raw) {
        return Cow::Borrowed(raw);
    }
    Cow::Owned(cleaned(raw))
}

fn cleaned(raw: &str) -> String {
    let clean = printable(raw);
    if clean.width() <= FOREIGN_MAX_COLUMNS && clean.chars().count() <= FOREIGN_MAX_CHARACTERS {
        return clean.into_owned();
    }
    let mut cut = String::new();
    let mut columns = 0;
    for c in clean.chars().take(FOREIGN_MAX_CHARACTERS) {
        columns += c.width().unwrap_or(0);
        if columns >= FOREIGN_MAX_COLUMNS {
            break;
        }
        cut.push(c);
    }
    cut.push('…');
    cut
}

/// JSON with every harmful character but the newline written as `\u001b`.
///
/// JSON itself escapes only C0; DEL, C1, bidi and zero-width characters can only stand in strings,
/// where the escape means the same.
pub fn json(document: &str) -> Cow<'_, str> {
    let raw = |c: char| is_harmful(c) && c != '\n';
    if is_plain(document) || !document.contains(raw) {
        return Cow::Borrowed(document);
    }
    let mut escaped = String::with_capacity(document.len() + 64);
    for c in document.chars() {
        if raw(c) {
            for unit in c.encode_utf16(&mut [0; 2]) {
                let _ = write!(escaped, "\\u{unit:04x}");
            }
        } else {
            escaped.push(c);
        }
    }
    Cow::Owned(escaped)
}

/// A text for a terminal or a plain file.
pub fn plain(text: &Text) -> String {
    text.spans()
        .iter()
        .map(|span| match span {
            Span::Literal(words) => printable(words).into_owned(),
            Span::Foreign(raw) => foreign(raw),
            Span::Address(raw) => printable(raw).into_owned(),
            Span::Command(raw) => command(raw),
        })
        .collect()
}

/// A command line that can be pasted: words with unusual characters are quoted for the shell.
///
/// Commands are built with spaces between words; a device name cannot hold a space, so quoting
/// word by word is exact.
pub fn command(raw: &str) -> String {
    let mut line = String::new();
    for (at, word) in raw.split(' ').enumerate() {
        if at > 0 {
            line.push(' ');
        }
        if word.chars().any(is_harmful) {
            let _ = write!(line, "$'{}'", printable(word).replace('\'', "\\'"));
        } else {
            line.push_str(word);
        }
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;
    use synrecv_model::{Foreign, text};

    #[test]
    fn plain_is_ascii_without_controls_wherever_it_stands() {
        for length in [1, 7, 8, 9, 17] {
            for byte in 0..=0x7f_u8 {
                for at in 0..length {
                    let mut bytes = vec![b' '; length];
                    bytes[at] = byte;
                    let text = String::from_utf8(bytes).unwrap();
                    let expected = (0x20..0x7f).contains(&byte);
                    assert_eq!(is_plain(&text), expected, "{byte:#x} at {at} of {length}");
                }
            }
        }
        assert!(is_plain("") && !is_plain("a 16 byte s\u{fc}ring") && !is_plain("\u{202e}"));
    }

    #[test]
    fn nothing_from_outside_moves_the_cursor() {
        let evil = "ng\u{1b}[31mi\rX\n\u{202e}\u{9b}2J\u{7f}\u{200b}";
        let shown = plain(&text!["process ", Foreign(evil.into())]);
        assert!(!shown.chars().any(is_harmful), "{shown:?}");
        assert_eq!(shown, "process ng\\x1b[31mi\\x0dX\\x0a\\u{202e}\\x9b2J\\x7f\\u{200b}");
    }

    #[test]
    fn long_names_are_cut_by_columns() {
        let wide = "字".repeat(50);
        let shown = foreign(&wide);
        assert!(shown.width() <= FOREIGN_MAX_COLUMNS && shown.ends_with('…'));
    }

    #[test]
    fn a_strange_device_name_is_quoted_in_commands() {
        assert_eq!(command("ip addr show dev e\u{1b}0"), "ip addr show dev $'e\\x1b0'");
        assert_eq!(command("ip route get 10.0.0.1"), "ip route get 10.0.0.1");
    }
}
