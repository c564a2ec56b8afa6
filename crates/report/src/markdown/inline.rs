//! Text within a line of Markdown. Nothing from outside is ever Markdown: it stands in code spans.

use synrecv_model::{Span, Text};

use crate::escape::{self, printable};

/// Where a piece of text stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// In a paragraph, heading or list.
    Prose,
    /// In a cell of a table, where `|` would start the next one.
    Cell,
}

/// A text of the model: our own words as prose, everything else as code.
///
/// Neighbouring pieces of code become one span; two spans side by side would be read as one fence.
pub(super) fn text(text: &Text, place: Place) -> String {
    let mut pieces: Vec<(bool, String)> = Vec::new();
    let mut push = |is_code: bool, content: &str| match pieces.last_mut() {
        Some((last, whole)) if *last == is_code => whole.push_str(content),
        _ if content.is_empty() => {}
        _ => pieces.push((is_code, content.to_owned())),
    };
    for span in text.spans() {
        match span {
            Span::Literal(words) => own_words(&printable(words), &mut push),
            Span::Foreign(raw) if raw.is_empty() => push(false, "(empty)"),
            Span::Foreign(raw) => push(true, &escape::foreign(raw)),
            Span::Address(raw) => push(true, &printable(raw)),
            Span::Command(raw) => push(true, &escape::command(raw)),
        }
    }
    pieces
        .iter()
        .map(|(is_code, piece)| if *is_code { code(piece, place) } else { words(piece, place) })
        .collect()
}

/// Our own words may hold code spans: `` `via` the gateway ``. An unpaired backtick is a character.
fn own_words(literal: &str, push: &mut impl FnMut(bool, &str)) {
    let parts: Vec<&str> = literal.split('`').collect();
    if parts.len().is_multiple_of(2) {
        push(false, literal);
        return;
    }
    for (at, part) in parts.iter().enumerate() {
        push(at % 2 == 1, part);
    }
}

/// A string from outside, escaped, cut and in a code span.
pub(super) fn foreign(raw: &str, place: Place) -> String {
    if raw.is_empty() { "(empty)".to_owned() } else { code(&escape::foreign(raw), place) }
}

/// A code span whose fence is longer than any run of backticks in it.
///
/// The content must be printable. In a cell `\|` is the only way to write `|`, in code as well.
pub(super) fn code(content: &str, place: Place) -> String {
    let content = printable(content);
    if content.is_empty() {
        return String::new();
    }
    let fence = "`".repeat(longest_run(&content) + 1);
    let sheltered = content.starts_with(['`', ' ']) || content.ends_with(['`', ' ']);
    let padding = if sheltered && content.contains(|c| c != ' ') { " " } else { "" };
    let content = match place {
        Place::Prose => content.into_owned(),
        Place::Cell => content.replace('|', "\\|"),
    };
    format!("{fence}{padding}{content}{padding}{fence}")
}

/// The longest run of backticks.
pub(super) fn longest_run(content: &str) -> usize {
    content.split(|c| c != '`').map(str::len).max().unwrap_or(0)
}

/// Words that are not from outside, with every character escaped that Markdown could take for
/// markup.
pub(super) fn words(plain: &str, place: Place) -> String {
    let mut out = String::with_capacity(plain.len());
    let letters: Vec<char> = plain.chars().collect();
    let is_word = |at: Option<usize>| {
        at.and_then(|at| letters.get(at)).is_some_and(|letter| letter.is_alphanumeric())
    };
    for (at, &letter) in letters.iter().enumerate() {
        let escaped = match letter {
            '\\' | '`' | '*' | '[' | ']' | '<' | '>' | '~' | '&' | '$' => true,
            '|' => place == Place::Cell,
            // Within a word, as in SYN_RECV, it is no emphasis.
            '_' => !(is_word(at.checked_sub(1)) && is_word(Some(at + 1))),
            _ => false,
        };
        if escaped {
            out.push('\\');
        }
        out.push(letter);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use synrecv_model::{Foreign, text as words_of};

    #[test]
    fn fences_are_longer_than_any_run() {
        assert_eq!(code("eth0", Place::Prose), "`eth0`");
        assert_eq!(code("a``b", Place::Prose), "```a``b```");
        assert_eq!(code("`a", Place::Prose), "`` `a ``");
        assert_eq!(code("  ", Place::Prose), "`  `");
    }

    #[test]
    fn a_bar_does_not_end_a_cell() {
        assert_eq!(foreign("a|b", Place::Cell), "`a\\|b`");
        assert_eq!(foreign("a|b", Place::Prose), "`a|b`");
    }

    #[test]
    fn neighbouring_code_is_one_span() {
        let both = words_of![Foreign("a".into()), Foreign("b".into()), " is <up>"];
        assert_eq!(text(&both, Place::Prose), "`ab` is \\<up\\>");
        let own = words_of!["shows `via` the gateway of SYN_RECV, 1 ` 2"];
        assert_eq!(text(&own, Place::Prose), "shows \\`via\\` the gateway of SYN_RECV, 1 \\` 2");
        let own = words_of!["shows `via` the gateway"];
        assert_eq!(text(&own, Place::Prose), "shows `via` the gateway");
    }
}
