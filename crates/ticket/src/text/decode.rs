//! Bytes to lines of text.
//!
//! The columns that matter are ASCII in every language, so a wrong guess only hurts titles: what is
//! not UTF-8 or UTF-16 is read byte by byte, as Windows-1252.

/// How the bytes stand for characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Encoding {
    /// ASCII and UTF-8; a line that is not valid is Windows-1252.
    Bytes,
    /// UTF-16, the low octet first: `>` of PowerShell.
    Utf16Le,
    /// UTF-16, the high octet first.
    Utf16Be,
}

/// Octets that are looked at to tell UTF-16 without a mark from text with stray NULs.
const SNIFFED_OCTETS: usize = 4096;

/// Octets of a line that are looked at to tell what is no text.
const BINARY_SNIFFED_OCTETS: usize = 512;

/// Octets that are kept of a line that is no text.
const BINARY_KEPT_OCTETS: usize = 32;

/// What Windows-1252 has at 0x80 to 0x9f; the five holes are left as they are.
const WINDOWS_1252: [char; 32] = [
    '€', '\u{81}', '‚', 'ƒ', '„', '…', '†', '‡', 'ˆ', '‰', 'Š', '‹', 'Œ', '\u{8d}', 'Ž', '\u{8f}',
    '\u{90}', '‘', '’', '“', '”', '•', '–', '—', '˜', '™', 'š', '›', 'œ', '\u{9d}', 'ž', 'Ÿ',
];

/// Hands over each line without its line feed, in order, and whether it was cut at `line_octets`.
/// Stops when `each` says so.
pub(super) fn lines(bytes: &[u8], line_octets: usize, mut each: impl FnMut(&str, bool) -> bool) {
    let (encoding, bytes) = detect(bytes);
    let mut text = String::new();
    match encoding {
        Encoding::Bytes => {
            let ends_line = if bytes.contains(&b'\n') { b'\n' } else { b'\r' };
            // Behind the last line feed no line begins.
            let bytes = bytes.strip_suffix(&[ends_line]).unwrap_or(bytes);
            for line in bytes.split(|&octet| octet == ends_line) {
                text.clear();
                let limit = if is_binary(line) { BINARY_KEPT_OCTETS } else { line_octets };
                let is_cut = push_octets(line, limit, &mut text) && line.len() > line_octets;
                if !each(&text, is_cut) {
                    return;
                }
            }
        }
        Encoding::Utf16Le => utf16(bytes, u16::from_le_bytes, line_octets, &mut each),
        Encoding::Utf16Be => utf16(bytes, u16::from_be_bytes, line_octets, &mut each),
    }
}

/// The encoding, and the bytes without the mark in front of them.
fn detect(bytes: &[u8]) -> (Encoding, &[u8]) {
    match bytes {
        [0xef, 0xbb, 0xbf, rest @ ..] => (Encoding::Bytes, rest),
        [0xff, 0xfe, rest @ ..] => (Encoding::Utf16Le, rest),
        [0xfe, 0xff, rest @ ..] => (Encoding::Utf16Be, rest),
        _ => {
            let sniffed = &bytes[..bytes.len().min(SNIFFED_OCTETS) & !1];
            let nuls = |odd: usize| {
                sniffed.iter().skip(odd).step_by(2).filter(|&&octet| octet == 0).count()
            };
            let (even, odd) = (nuls(0), nuls(1));
            // Digits, blanks and dots have a NUL beside them; other scripts thin them out.
            let many = sniffed.len() / 2 / 4 + 1;
            let encoding = if odd >= many && even * 8 < odd {
                Encoding::Utf16Le
            } else if even >= many && odd * 8 < even {
                Encoding::Utf16Be
            } else {
                Encoding::Bytes
            };
            (encoding, bytes)
        }
    }
}

/// Programs and packed files hold octets that neither text nor a terminal does; a few of them are dirt.
fn is_binary(line: &[u8]) -> bool {
    let sniffed = &line[..line.len().min(BINARY_SNIFFED_OCTETS)];
    let strange = sniffed.iter().filter(|octet| matches!(octet, 1..=6 | 0x10..=0x1a | 0x1c..=0x1f));
    let count = strange.count();
    count >= 4 && count * 24 > sniffed.len()
}

/// Appends a line of octets; true when it was cut.
fn push_octets(line: &[u8], limit: usize, text: &mut String) -> bool {
    let kept = if line.len() > limit { &line[..limit] } else { line };
    match std::str::from_utf8(kept) {
        Ok(valid) => text.push_str(valid),
        // The limit can fall into a character.
        Err(error) if kept.len() < line.len() && error.valid_up_to() + 4 > kept.len() => {
            text.push_str(&String::from_utf8_lossy(&kept[..error.valid_up_to()]));
        }
        Err(_) => text.extend(kept.iter().map(|&octet| match octet {
            0x80..=0x9f => WINDOWS_1252[usize::from(octet - 0x80)],
            other => char::from(other),
        })),
    }
    kept.len() < line.len()
}

fn utf16(
    bytes: &[u8],
    unit: fn([u8; 2]) -> u16,
    limit: usize,
    each: &mut impl FnMut(&str, bool) -> bool,
) {
    let mut units = bytes.chunks_exact(2).map(|pair| unit([pair[0], pair[1]])).peekable();
    let mut text = String::new();
    while units.peek().is_some() {
        text.clear();
        let mut is_cut = false;
        let line = units.by_ref().take_while(|&unit| unit != u16::from(b'\n'));
        for decoded in char::decode_utf16(line) {
            if text.len() < limit {
                text.push(decoded.unwrap_or(char::REPLACEMENT_CHARACTER));
            } else {
                is_cut = true;
            }
        }
        if !each(&text, is_cut) {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::lines;

    fn read(bytes: &[u8]) -> Vec<String> {
        let mut all = Vec::new();
        lines(bytes, 64, |line, _| {
            all.push(line.to_owned());
            true
        });
        all
    }

    #[test]
    fn utf16_is_known_by_its_mark_and_by_its_nuls() {
        let little: Vec<u8> = "tcp 0\nü".encode_utf16().flat_map(u16::to_le_bytes).collect();
        let big: Vec<u8> = "tcp 0\nü".encode_utf16().flat_map(u16::to_be_bytes).collect();
        assert_eq!(read(&little), ["tcp 0", "ü"]);
        assert_eq!(read(&big), ["tcp 0", "ü"]);
        assert_eq!(read(&[&[0xff, 0xfe], &little[..]].concat()), ["tcp 0", "ü"]);
        assert_eq!(read(&[&[0xfe, 0xff], &big[..]].concat()), ["tcp 0", "ü"]);
    }

    #[test]
    fn a_line_that_is_not_utf8_is_read_octet_by_octet() {
        assert_eq!(
            read(b"\xef\xbb\xbfa\nactives (\xe9tablies) \x85\n\xc3\xa9"),
            ["a", "actives (établies) …", "é"]
        );
    }

    #[test]
    fn of_what_is_no_text_little_is_kept() {
        let noise: Vec<u8> = (0..60).map(|at| if at % 8 == 0 { 0x11 } else { 0xe9 }).collect();
        assert_eq!(read(&[&noise[..], b"\ntcp"].concat())[1], "tcp");
        assert_eq!(read(&noise)[0].chars().count(), 32);
        let coloured = "\u{1b}[31m\u{7}tcp\u{1b}[0m 0 0 192.0.2.1:80".to_owned();
        assert_eq!(read(coloured.as_bytes()), [coloured]);
    }

    #[test]
    fn a_long_line_is_cut_at_a_character() {
        let long = "é".repeat(40);
        let mut seen = Vec::new();
        lines(format!("x{long}\nb").as_bytes(), 64, |line, is_cut| {
            seen.push((line.len(), is_cut));
            true
        });
        assert_eq!(seen, [(63, true), (1, false)]);
    }

    #[test]
    fn carriage_returns_alone_end_lines() {
        assert_eq!(read(b"a\rb"), ["a", "b"]);
    }
}
