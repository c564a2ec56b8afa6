//! Lines broken at a width, and tables in columns.

use unicode_width::UnicodeWidthStr;

/// Least width that text is laid out for.
pub const WIDTH_MIN: usize = 40;

/// Breaks `words` at blanks so that each line has at most `width` columns. The first line starts
/// with `first`, the others with blanks of the same width. A word longer than a line stays whole:
/// addresses and commands are for copying.
pub fn wrap(first: &str, words: &str, width: usize) -> String {
    let indent = " ".repeat(first.width());
    let mut out = String::from(first);
    let mut column = first.width();
    let mut fresh = true;
    for word in words.split(' ').filter(|word| !word.is_empty()) {
        let needed = word.width() + usize::from(!fresh);
        if !fresh && column + needed > width {
            out.push('\n');
            out.push_str(&indent);
            column = indent.len();
            fresh = true;
        }
        if !fresh {
            out.push(' ');
            column += 1;
        }
        out.push_str(word);
        column += word.width();
        fresh = false;
    }
    out.push('\n');
    out
}

/// A column of a table.
#[derive(Clone, Copy, Debug)]
pub struct Column {
    /// Title, upper case.
    pub title: &'static str,
    /// Numbers are aligned to the right.
    pub right: bool,
    /// Left out, last ones first, when the table is wider than the output.
    pub optional: bool,
}

impl Column {
    /// Aligned to the left, always shown.
    pub const fn left(title: &'static str) -> Self {
        Self { title, right: false, optional: false }
    }

    /// Aligned to the right, always shown.
    pub const fn right(title: &'static str) -> Self {
        Self { title, right: true, optional: false }
    }

    /// The same column, left out when there is no room.
    #[must_use]
    pub const fn optional(self) -> Self {
        Self { optional: true, ..self }
    }
}

/// Lays out rows under their titles, with two blanks between columns and `indent` before each line.
///
/// When the table is wider than `width`, optional columns are left out from the right. What does not
/// fit even then stays whole: a row that is wrapped by the terminal is better than a cut address.
pub fn table(columns: &[Column], rows: &[Vec<String>], indent: &str, width: usize) -> String {
    let widths: Vec<usize> = columns
        .iter()
        .enumerate()
        .map(|(at, column)| {
            let cells = rows.iter().filter_map(|row| row.get(at)).map(|cell| cell.width());
            cells.max().unwrap_or(0).max(column.title.width())
        })
        .collect();
    let mut shown: Vec<usize> = (0..columns.len()).collect();
    let total = |shown: &[usize]| {
        indent.len() + shown.iter().map(|&at| widths[at] + 2).sum::<usize>().saturating_sub(2)
    };
    while total(&shown) > width {
        match shown.iter().rposition(|&at| columns[at].optional) {
            Some(last) => {
                shown.remove(last);
            }
            None => break,
        }
    }
    let mut out = String::new();
    let titles: Vec<&str> = columns.iter().map(|column| column.title).collect();
    line(&mut out, indent, &shown, columns, &widths, |at| titles[at]);
    for row in rows {
        line(&mut out, indent, &shown, columns, &widths, |at| {
            row.get(at).map_or("", String::as_str)
        });
    }
    out
}

fn line<'a>(
    out: &mut String,
    indent: &str,
    shown: &[usize],
    columns: &[Column],
    widths: &[usize],
    cell: impl Fn(usize) -> &'a str,
) {
    let mut text = String::from(indent);
    for (place, &at) in shown.iter().enumerate() {
        let content = cell(at);
        let padding = " ".repeat(widths[at].saturating_sub(content.width()));
        if place > 0 {
            text.push_str("  ");
        }
        if columns[at].right {
            text.push_str(&padding);
            text.push_str(content);
        } else {
            text.push_str(content);
            text.push_str(&padding);
        }
    }
    out.push_str(text.trim_end());
    out.push('\n');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_break_at_the_width_and_hang() {
        let text = wrap(" 1 arp  ", "three clients resolve to one MAC", 24);
        assert_eq!(text, " 1 arp  three clients\n        resolve to one\n        MAC\n");
    }

    #[test]
    fn a_long_word_stays_whole() {
        assert_eq!(wrap("", "a 2001:db8:1:2:3:4:5:6 b", 10), "a\n2001:db8:1:2:3:4:5:6\nb\n");
    }

    #[test]
    fn optional_columns_give_way() {
        let columns = [Column::left("DEV"), Column::right("N"), Column::left("NOTES").optional()];
        let rows = vec![vec!["eth0".to_owned(), "7".to_owned(), "a long note".to_owned()]];
        assert_eq!(table(&columns, &rows, "", 40), "DEV   N  NOTES\neth0  7  a long note\n");
        assert_eq!(table(&columns, &rows, "", 12), "DEV   N\neth0  7\n");
    }
}
