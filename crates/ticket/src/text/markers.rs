//! Lines that are about the text: where it was cut, where an asked-for output begins and ends.

/// How the lines begin that our own script prints around each output.
const ASK: &str = "### synrecv-doctor ";

/// More dots than this are octets of a packet.
const DOTS_MAX: usize = 8;

/// A line of our own script.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ask<'a> {
    /// The output of this command follows.
    Start(&'a str),
    /// No more output follows.
    End,
}

/// A line that the script of `ask` prints: `### synrecv-doctor ask 1: ip -4 addr`.
pub(super) fn ask(line: &str) -> Option<Ask<'_>> {
    let rest = line.trim_start().strip_prefix(ASK)?;
    if rest.trim() == "end" {
        return Some(Ask::End);
    }
    let (number, typed) = rest.strip_prefix("ask ")?.split_once(':')?;
    number.trim().bytes().all(|octet| octet.is_ascii_digit()).then(|| Ask::Start(typed.trim()))
}

/// A line that says that lines were left out: `...`, `-- More --`, `[snip]`, `(12 more lines)`.
pub(super) fn is_cut(line: &str) -> bool {
    let text = line.trim();
    if text.is_empty() || text.len() > 60 {
        return false;
    }
    let dots = text.chars().filter(|character| *character != ' ');
    let is_dots = dots.clone().all(|dot| matches!(dot, '.' | '…' | '⋮' | '·' | '。'))
        && (if text.contains(['…', '⋮']) { 1 } else { 2 }..=DOTS_MAX).contains(&dots.count());
    if is_dots {
        return true;
    }
    let bare = text.trim_matches(|character: char| {
        matches!(
            character,
            '-' | '['
                | ']'
                | '<'
                | '>'
                | '('
                | ')'
                | '{'
                | '}'
                | '.'
                | '…'
                | '='
                | '*'
                | '_'
                | '#'
                | '/'
                | '（'
                | '）'
                | '【'
                | '】'
        ) || character.is_whitespace()
    });
    let is_wrapped = bare.len() < text.len();
    let bare = bare.to_lowercase();
    let words: Vec<&str> =
        bare.split([' ', ',', '(', ')', '-']).filter(|word| !word.is_empty()).collect();
    let is_number = |word: &str| word.bytes().any(|octet| octet.is_ascii_digit());
    match words.as_slice() {
        ["more"] => is_wrapped,
        ["more", percent] => percent.contains('%'),
        [word] => *word == "etc" || (is_wrapped && LEFT_OUT.contains(word)),
        ["output" | "lines" | "rest" | "list", left_out] => LEFT_OUT.contains(left_out),
        ["many" | "several" | "some" | "further", "more" | "lines", ..] => {
            is_wrapped && words.len() <= 4
        }
        ["and", "so", "on"] => true,
        ["and", count, "more", ..] => is_number(count) && words.len() <= 7,
        [count, "more" | "further" | "other", what, ..] => {
            is_number(count) && words.len() <= 7 && (LINES.contains(what) || *what == "of")
        }
        [count, what, left_out, ..] => {
            is_number(count)
                && words.len() <= 7
                && LINES.contains(what)
                && (LEFT_OUT.contains(left_out) || *left_out == "more")
        }
        _ => false,
    }
}

/// What is said of lines that are not there.
const LEFT_OUT: &[&str] = &[
    "snip",
    "snipped",
    "snap",
    "schnipp",
    "schnapp",
    "cut",
    "truncated",
    "omitted",
    "elided",
    "skipped",
    "redacted",
    "trimmed",
    "removed",
    "deleted",
    "省略",
    "略",
    "以下省略",
    "后面省略",
    "下略",
    "中略",
];

/// What lines are called.
const LINES: &[&str] = &["lines", "rows", "entries", "connections"];

/// A line that opens or closes a block of code; what stands behind it does not belong to what stands
/// before it.
pub(super) fn is_fence(line: &str) -> bool {
    let text = line.trim();
    let word = |rest: &str| {
        rest.len() < 24
            && rest.chars().all(|character| {
                character.is_alphanumeric()
                    || matches!(character, '-' | '_' | '+' | '{' | '}' | '.' | '=' | ' ')
            })
    };
    if let Some(rest) = text.strip_prefix("```").or_else(|| text.strip_prefix("~~~")) {
        return word(rest.trim_start_matches(['`', '~']));
    }
    let tag = text.trim_matches(['{', '}', '[', ']', '<', '>', '/']).to_lowercase();
    let name = tag.split([':', ' ', '=']).next().unwrap_or_default();
    text.len() < 40
        && tag.len() < text.len()
        && matches!(name, "code" | "noformat" | "pre" | "quote" | "panel")
}

#[cfg(test)]
mod tests {
    use super::{Ask, ask, is_cut, is_fence};

    #[test]
    fn marks_of_cut_text() {
        for line in [
            "...",
            "……",
            "…",
            " . . . ",
            "-- More --",
            "--More--",
            "--More--(45%)",
            "[snip]",
            "<snip>",
            "*** snip ***",
            "<truncated>",
            "(12 more lines)",
            "[... 40 lines omitted ...]",
            "and 300 more",
            "... 20 more rows",
            "（省略）",
            "etc.",
        ] {
            assert!(is_cut(line), "{line}");
        }
        for line in [
            " 3  * * *",
            "more",
            "?",
            ".",
            "-",
            "tcp 0 0 0.0.0.0:80 0.0.0.0:* LISTEN",
            "--",
            "====",
            "32 packets captured",
            "4 packets dropped by kernel",
            "cut",
            "12 other TCP packets",
            "............. .............",
        ] {
            assert!(!is_cut(line), "{line}");
        }
    }

    #[test]
    fn fences() {
        for line in [
            "```",
            "```console",
            "~~~ sh",
            "{code}",
            "{code:bash}",
            "{noformat}",
            "[code]",
            "[/code]",
            "<pre>",
            "</pre>",
            "<code>",
        ] {
            assert!(is_fence(line), "{line}");
        }
        for line in ["code", "``` tcp 0 0 0.0.0.0:80", "`arp`", "<incomplete>"] {
            assert!(!is_fence(line), "{line}");
        }
    }

    #[test]
    fn lines_of_our_own_script() {
        assert_eq!(ask("### synrecv-doctor ask 1: ip -4 addr"), Some(Ask::Start("ip -4 addr")));
        assert_eq!(ask("### synrecv-doctor end"), Some(Ask::End));
        assert_eq!(ask("### synrecv-doctor: 7 connections stuck"), None);
    }
}
