//! Blocks of Markdown: tables, collapsible parts, fenced code.

use std::fmt::Write as _;

use super::inline::longest_run;

/// Where a table's column is aligned.
#[derive(Clone, Copy, Debug)]
pub(super) struct Head(pub(super) &'static str, pub(super) Align);

/// Alignment of a column.
#[derive(Clone, Copy, Debug)]
pub(super) enum Align {
    /// Words.
    Left,
    /// Numbers.
    Right,
}

/// A table; every row has as many cells as there are heads, by type. Rows beyond `rows_max` are
/// counted below it.
pub(super) fn table<const N: usize>(
    heads: [Head; N],
    rows: &[[String; N]],
    rows_max: usize,
) -> String {
    let mut out = String::from("|");
    for Head(title, _) in heads {
        let _ = write!(out, " {title} |");
    }
    out.push_str("\n|");
    for Head(_, align) in heads {
        out.push_str(match align {
            Align::Left => "---|",
            Align::Right => "---:|",
        });
    }
    out.push('\n');
    for row in rows.iter().take(rows_max) {
        out.push('|');
        for cell in row {
            let _ = write!(out, " {cell} |");
        }
        out.push('\n');
    }
    if rows.len() > rows_max {
        let _ = writeln!(
            out,
            "\n{} more rows left out; the JSON report has them.",
            rows.len() - rows_max
        );
    }
    out
}

/// A part that is closed until the reader opens it. Without the blank line after the summary the
/// tables in it are not rendered.
pub(super) fn details(summary: &str, content: &str) -> String {
    format!("<details><summary>{summary}</summary>\n\n{}\n\n</details>\n", content.trim_end())
}

/// A block of code whose fence is longer than any run of backticks in it.
pub(super) fn fenced(info: &str, content: &str) -> String {
    let fence = "`".repeat(longest_run(content).max(2) + 1);
    format!("{fence}{info}\n{}\n{fence}\n", content.trim_end())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_left_out_are_counted() {
        let heads = [Head("dev", Align::Left), Head("n", Align::Right)];
        let rows = [["`a`".to_owned(), "1".to_owned()], ["`b`".to_owned(), "2".to_owned()]];
        assert_eq!(table(heads, &rows, 9), "| dev | n |\n|---|---:|\n| `a` | 1 |\n| `b` | 2 |\n");
        assert!(
            table(heads, &rows, 1)
                .ends_with("| `a` | 1 |\n\n1 more rows left out; the JSON report has them.\n")
        );
    }

    #[test]
    fn a_fence_is_longer_than_its_content() {
        assert_eq!(fenced("text", "a\n````\n"), "`````text\na\n````\n`````\n");
    }
}
