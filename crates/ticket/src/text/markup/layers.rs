//! The layers, each of which knows one kind of markup at the start of a line.

/// A line without a layer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Stripped {
    pub(super) text: String,
    pub(super) mark: Mark,
}

/// What of a layer has to fit that of the line before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Mark {
    /// Nothing.
    Any,
    /// A number that counts up.
    Number(u64),
    /// A number that counts up, before a tab.
    Column(u64),
    /// A word that stays the same.
    Word(String),
}

impl Mark {
    /// True for a number in a column of its own.
    pub(super) fn is_column(&self) -> bool {
        matches!(self, Self::Column(_))
    }
}

/// Takes a layer off a line, `None` when the line does not have it. The mark is that of the line
/// before in the same run.
pub(super) type Layer = fn(&str, Option<&Mark>) -> Option<Stripped>;

/// Outermost first.
pub(super) const LAYERS: [Layer; 6] = [quoting, numbers, repeated_word, bars, bullets, clock];

fn any(text: impl Into<String>) -> Stripped {
    Stripped { text: text.into(), mark: Mark::Any }
}

/// `> `, `>> `, `> > ` of mail and Markdown.
fn quoting(line: &str, _: Option<&Mark>) -> Option<Stripped> {
    let mut text = line.trim_start();
    if !text.starts_with(['>', '》', '›']) {
        return None;
    }
    loop {
        let inner = text.trim_start_matches(['>', '》', '›']);
        // One blank belongs to the mark, those behind it to the line.
        let deeper = inner.trim_start();
        if !deeper.starts_with(['>', '》', '›']) {
            return Some(any(inner.strip_prefix(' ').unwrap_or(inner)));
        }
        text = deeper;
    }
}

/// Numbers of lines, as viewers of code show them: `12  text`, `12: text`, `12| text`.
fn numbers(line: &str, before: Option<&Mark>) -> Option<Stripped> {
    let text = line.trim_start();
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let number: u64 = text[..digits].parse().ok()?;
    let rest = &text[digits..];
    let inner = match rest.chars().next() {
        None => "",
        Some(':' | '|' | '→' | '│' | ')' | '\t') => {
            let inner = &rest[rest.chars().next().map_or(0, char::len_utf8)..];
            inner.strip_prefix(' ').unwrap_or(inner)
        }
        Some(' ') => rest.trim_start_matches(' ').trim_start_matches(['|', '│', '→']),
        _ => return None,
    };
    let follows = match before {
        Some(Mark::Number(last)) if rest.starts_with([':', '-']) => number > *last,
        Some(Mark::Number(last) | Mark::Column(last)) => last.checked_add(1) == Some(number),
        _ => true,
    };
    let mark = if rest.starts_with('\t') { Mark::Column(number) } else { Mark::Number(number) };
    follows.then(|| Stripped { text: inner.to_owned(), mark })
}

/// The same word and a colon or bar in front of every line: `host1: `, `netstat.txt:`, `web-1  | `.
fn repeated_word(line: &str, before: Option<&Mark>) -> Option<Stripped> {
    let text = line.trim_start();
    let end = text.find([':', '|'])?;
    let (word, inner) = (text[..end].trim_end(), &text[end + 1..]);
    let is_word = !word.is_empty()
        && word.len() <= 80
        && !word.contains(char::is_whitespace)
        && word.bytes().any(|octet| octet.is_ascii_alphabetic());
    let is_spaced =
        inner.starts_with([' ', '\t']) || word.contains(['.', '/', '-']) || inner.is_empty();
    if !is_word || !is_spaced {
        return None;
    }
    let is_same = match before {
        Some(Mark::Word(known)) => known == word,
        _ => true,
    };
    let inner = inner.strip_prefix(' ').unwrap_or(inner);
    is_same.then(|| Stripped { text: inner.to_owned(), mark: Mark::Word(word.to_owned()) })
}

/// Tables of Markdown and of databases: `| a | b |`, `+---+---+`.
fn bars(line: &str, _: Option<&Mark>) -> Option<Stripped> {
    let text = line.trim();
    let is_bar = |character: char| matches!(character, '|' | '│' | '┃' | '║');
    let is_rule = text.len() >= 3
        && text.contains(['-', '─', '━', '═'])
        && text.chars().all(|character| {
            is_bar(character)
                || matches!(
                    character,
                    '-' | ':'
                        | '+'
                        | '='
                        | ' '
                        | '─'
                        | '━'
                        | '═'
                        | '┼'
                        | '├'
                        | '┤'
                        | '┌'
                        | '┐'
                        | '└'
                        | '┘'
                        | '┬'
                        | '┴'
                        | '╬'
                )
        });
    if is_rule && text.contains(|character: char| !matches!(character, '-' | '=' | ' ')) {
        return Some(any(""));
    }
    let is_framed = text.starts_with(is_bar) && text.len() > 1;
    let bar_count = text.chars().filter(|character| is_bar(*character)).count();
    if !(is_framed
        || (text.ends_with(is_bar) && bar_count > 1)
        || (bar_count > 2 && text.contains(" | ")))
    {
        return None;
    }
    let cells: Vec<&str> = text
        .trim_matches(is_bar)
        .split(is_bar)
        .map(str::trim)
        .filter(|cell| !cell.is_empty())
        .collect();
    Some(any(cells.join(" ")))
}

/// `- `, `* `, `1. ` of lists.
fn bullets(line: &str, _: Option<&Mark>) -> Option<Stripped> {
    let text = line.trim_start();
    let indent = &line[..line.len() - text.len()];
    let rest = text.strip_prefix(['-', '*', '+', '•', '·', '–', '—', '◦', '▪', '●', '○']).or_else(
        || {
            let text = text.strip_prefix('(').unwrap_or(text);
            let digits = text.bytes().take_while(u8::is_ascii_digit).count();
            let is_short = (1..=4).contains(&digits);
            text[digits..].strip_prefix(['.', ')', '、']).filter(|_| is_short)
        },
    )?;
    let inner = rest.strip_prefix([' ', '\t'])?;
    Some(any(format!("{indent}{}", inner.trim_start())))
}

/// When the line was logged: `2026-11-23 03:48:39 `, `[10:00:00] `, `Nov 23 03:48:39 `.
fn clock(line: &str, _: Option<&Mark>) -> Option<Stripped> {
    let mut rest = line.trim_start();
    let mut has_time = false;
    for _ in 0..4 {
        let word = rest.split([' ', '\t']).next().unwrap_or_default();
        let bare = word.trim_start_matches('[').trim_end_matches([']', ',', ':', '|']);
        let is_time = bare.bytes().filter(|octet| *octet == b':').count() == 2
            && bare.bytes().all(|octet| {
                octet.is_ascii_digit()
                    || matches!(octet, b':' | b'.' | b',' | b'T' | b'Z' | b'-' | b'+')
            });
        let is_date = bare.len() >= 8
            && bare.bytes().filter(|octet| matches!(octet, b'-' | b'/')).count() == 2
            && bare.bytes().all(|octet| octet.is_ascii_digit() || matches!(octet, b'-' | b'/'));
        let is_day = !has_time
            && matches!(
                bare,
                "Jan"
                    | "Feb"
                    | "Mar"
                    | "Apr"
                    | "May"
                    | "Jun"
                    | "Jul"
                    | "Aug"
                    | "Sep"
                    | "Oct"
                    | "Nov"
                    | "Dec"
                    | "Mon"
                    | "Tue"
                    | "Wed"
                    | "Thu"
                    | "Fri"
                    | "Sat"
                    | "Sun"
            );
        let is_number = !has_time
            && rest.len() < line.trim_start().len()
            && bare.len() <= 2
            && !bare.is_empty()
            && bare.bytes().all(|octet| octet.is_ascii_digit());
        has_time |= is_time;
        if !(is_time || is_date || is_day || is_number) {
            break;
        }
        rest = rest[word.len()..].strip_prefix([' ', '\t']).unwrap_or("");
        if has_time {
            break;
        }
        rest = rest.trim_start();
    }
    (has_time && !rest.is_empty()).then(|| any(rest))
}

#[cfg(test)]
mod tests {
    use super::{Layer, Mark, bars, bullets, clock, numbers, quoting, repeated_word};

    fn inner(layer: Layer, line: &str) -> Option<String> {
        layer(line, None).map(|stripped| stripped.text)
    }

    #[test]
    fn what_a_layer_leaves() {
        for (layer, line, expected) in [
            (quoting as Layer, "> tcp", "tcp"),
            (quoting, ">>   tcp", "  tcp"),
            (quoting, " > > tcp", "tcp"),
            (quoting, ">", ""),
            (numbers, "  12  tcp 0", "tcp 0"),
            (numbers, "12: tcp", "tcp"),
            (numbers, "12\ttcp", "tcp"),
            (numbers, "12 | tcp", " tcp"),
            (repeated_word, "host1: tcp 0", "tcp 0"),
            (repeated_word, "out/netstat.txt:tcp 0", "tcp 0"),
            (repeated_word, "web-1  | tcp 0", "tcp 0"),
            (bars, "| tcp | 0 |", "tcp 0"),
            (bars, "|---|:-:|", ""),
            (bars, "+-----+---+", ""),
            (bars, "tcp | 0 | 0 | a", "tcp 0 0 a"),
            (bullets, "- tcp", "tcp"),
            (bullets, "  * tcp", "  tcp"),
            (bullets, "12. tcp", "tcp"),
            (clock, "2026-11-23 03:48:39 tcp 0", "tcp 0"),
            (clock, "Nov  3 03:48:39   tcp", "  tcp"),
            (clock, "[03:48:39] tcp", "tcp"),
        ] {
            assert_eq!(inner(layer, line).as_deref(), Some(expected), "{line}");
        }
        for (layer, line) in [
            (quoting as Layer, "a > b"),
            (numbers, "12.5 ms"),
            (numbers, "10.0.0.0/8 dev a"),
            (repeated_word, "tcp 0 0 0.0.0.0:80"),
            (bars, "-----"),
            (bars, "  1.|-- 192.0.2.1"),
            (bullets, "-n tcp"),
            (bullets, "192.0.2.1 a"),
            (clock, "tcp 0"),
            (clock, "12 tcp"),
        ] {
            assert_eq!(inner(layer, line), None, "{line}");
        }
    }

    #[test]
    fn numbers_of_lines_count_up() {
        assert!(numbers("13  tcp", Some(&Mark::Number(12))).is_some());
        assert!(numbers("15  tcp", Some(&Mark::Number(12))).is_none());
        assert!(numbers("15:tcp", Some(&Mark::Number(12))).is_some());
        assert!(repeated_word("b: tcp", Some(&Mark::Word("a".into()))).is_none());
    }
}
