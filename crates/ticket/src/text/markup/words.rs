//! Markup inside of a line.

use std::borrow::Cow;

use crate::text::effort::{Effort, Level};
use crate::text::score;

/// Tags that only say how a text looks.
const TAGS: &[&str] = &[
    "br", "p", "div", "span", "code", "pre", "b", "i", "strong", "em", "td", "tr", "tt", "kbd",
    "li", "font", "samp",
];

/// Takes off what stands inside of a line: escapes always, what is rarer only where it helps.
pub(super) fn mend(line: &mut String, effort: &mut Effort) {
    if line.contains('\\') {
        unescape(line);
    }
    let can_help = line.contains(['`', '"'])
        || line.contains("**")
        || line.contains("__")
        || !line.is_ascii()
        || has_tag(line);
    if !can_help || effort.level() != Level::Full || score::is_known(line) {
        return;
    }
    let steps: [fn(&str) -> String; 4] = [without_tags, without_emphasis, narrow, unquoted];
    let mut mended = line.clone();
    for step in steps {
        mended = step(&mended);
        if mended != *line && score::is_known(&mended) {
            *line = mended;
            effort.succeed();
            return;
        }
    }
    effort.fail(3 * line.len());
}

/// `&gt;` as `>`.
pub(super) fn without_entities(line: &str) -> Cow<'_, str> {
    const ENTITIES: [(&str, &str); 10] = [
        ("&gt;", ">"),
        ("&lt;", "<"),
        ("&quot;", "\""),
        ("&nbsp;", " "),
        ("&#39;", "'"),
        ("&#x27;", "'"),
        ("&#124;", "|"),
        ("&#42;", "*"),
        ("&apos;", "'"),
        ("&amp;", "&"),
    ];
    let mut text = Cow::Borrowed(line);
    if line.contains('&') {
        for (entity, character) in ENTITIES {
            if text.contains(entity) {
                text = Cow::Owned(text.replace(entity, character));
            }
        }
    }
    text
}

/// `\*`, `\_`, `\~` of Markdown. A backslash before a letter, a blank or a quote is one: of a path,
/// of `ip -o`, of a name.
fn unescape(line: &mut String) {
    const ESCAPED: &str = "*_~$<>#[]|`!(){}+.-@^=";
    let mut characters = std::mem::take(line).chars().collect::<Vec<_>>().into_iter().peekable();
    while let Some(character) = characters.next() {
        let is_escape =
            character == '\\' && characters.peek().is_some_and(|next| ESCAPED.contains(*next));
        if !is_escape {
            line.push(character);
        }
    }
}

fn without_tags(line: &str) -> String {
    let mut kept = String::with_capacity(line.len());
    let mut rest = line;
    while let Some(at) = rest.find('<') {
        kept.push_str(&rest[..at]);
        rest = &rest[at..];
        let skipped = tag_len(rest).unwrap_or_else(|| {
            kept.push('<');
            1
        });
        rest = &rest[skipped..];
    }
    kept.push_str(rest);
    kept.truncate(kept.trim_end().len());
    kept
}

/// Octets of the tag that a text begins with, when it is one of those that only say how a text looks.
fn tag_len(text: &str) -> Option<usize> {
    const OCTETS_MAX: usize = 120;
    let end = text.bytes().take(OCTETS_MAX).position(|byte| byte == b'>')?;
    let name = text[1..end].trim_start_matches('/').split([' ', '/']).next()?;
    TAGS.iter().any(|known| name.eq_ignore_ascii_case(known)).then_some(end + 1)
}

fn has_tag(line: &str) -> bool {
    line.match_indices('<').any(|(at, _)| tag_len(&line[at..]).is_some())
}

/// Without `**bold**`, `__bold__` and the backticks around it.
fn without_emphasis(line: &str) -> String {
    line.replace("**", "").replace("__", "").replace('`', "").trim_end().to_owned()
}

/// Full-width letters, digits and signs as those of ASCII, dashes as `-`.
fn narrow(line: &str) -> String {
    line.chars()
        .map(|character| match character {
            '！'..='～' => char::from_u32(u32::from(character) - 0xfee0).unwrap_or(character),
            '–' | '—' | '−' | '‐' | '‑' => '-',
            '“' | '”' => '"',
            '‘' | '’' => '\'',
            other => other,
        })
        .collect()
}

/// Without the quotes around it, and the comma behind them.
fn unquoted(line: &str) -> String {
    let text = line.trim().trim_end_matches(',');
    text.strip_prefix('"').and_then(|inner| inner.strip_suffix('"')).unwrap_or(line).to_owned()
}

#[cfg(test)]
mod tests {
    use super::{narrow, unescape, without_emphasis, without_entities, without_tags};

    #[test]
    fn escapes_of_markdown() {
        for (line, expected) in [
            ("david\\@vm:\\~\\$ netstat", "david@vm:~$ netstat"),
            ("tcp 0 0 0.0.0.0:22 0.0.0.0:\\* LISTEN -", "tcp 0 0 0.0.0.0:22 0.0.0.0:* LISTEN -"),
            ("inet 192.0.2.1/24 \\       valid_lft", "inet 192.0.2.1/24 \\       valid_lft"),
            ("C:\\Users\\x>arp \\\"", "C:\\Users\\x>arp \\\""),
        ] {
            let mut line = line.to_owned();
            unescape(&mut line);
            assert_eq!(line, expected);
        }
    }

    #[test]
    fn entities() {
        assert_eq!(without_entities("a &gt; b &lt;c&gt;&nbsp;&amp;"), "a > b <c> &");
        assert_eq!(without_entities("a & b"), "a & b");
    }

    #[test]
    fn tags_emphasis_and_width() {
        assert_eq!(without_tags("<code>a <incomplete> b</code><br/>"), "a <incomplete> b");
        assert_eq!(without_emphasis("`tcp **SYN_RECV**`"), "tcp SYN_RECV");
        assert_eq!(narrow("ｔｃｐ　０ 192．0 –"), "tcp　0 192.0 -");
    }
}
