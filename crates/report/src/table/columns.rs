//! Columns of tables that can be long: widths come from the first rows, the rest is streamed.

use std::borrow::Cow;
use std::fmt::Display;
use std::io::{self, Write};

use synrecv_model::Severity;
use unicode_width::UnicodeWidthStr;

use crate::Style;
use crate::layout::{Column, wrap};
use crate::text::mark;

/// Rows that decide about widths; later ones are written as they come.
const SAMPLE_ROWS: usize = 2_000;

/// Longer notes go below their row rather than cost a column.
const SHORT_NOTE: usize = 24;

/// Columns aligned to the left give way to this width before a table counts as too wide.
const LEAST_WIDTH: usize = 15;

/// The cells of one line, one behind the other in one piece: a table of a million lines makes no
/// string for each of them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Cells {
    /// UTF-8.
    text: Vec<u8>,
    /// Where each ends.
    ends: Vec<usize>,
}

impl Cells {
    /// Cells of a line have about so many bytes together.
    const LINE_BYTES: usize = 96;

    /// One for each column, already escaped.
    pub(super) fn of(cells: &[&dyn Display]) -> Self {
        let text = Vec::with_capacity(Self::LINE_BYTES);
        let mut all = Self { text, ends: Vec::with_capacity(cells.len()) };
        for cell in cells {
            all.push(cell);
        }
        all
    }

    pub(super) fn push(&mut self, cell: &dyn Display) {
        // A vector takes everything.
        self.write(|text| drop(write!(text, "{cell}")));
    }

    /// Adds a cell of what `write` appends.
    fn write(&mut self, write: impl FnOnce(&mut Vec<u8>)) {
        write(&mut self.text);
        self.ends.push(self.text.len());
    }

    /// The cell of a column; empty where the line is too short.
    fn get(&self, at: usize) -> &[u8] {
        let start = at.checked_sub(1).and_then(|before| self.ends.get(before)).copied();
        let end = self.ends.get(at).copied().unwrap_or_default();
        self.text.get(start.unwrap_or(0)..end).unwrap_or_default()
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &str> {
        (0..self.ends.len()).map(|at| str::from_utf8(self.get(at)).unwrap_or_default())
    }
}

/// One line of a table.
#[derive(Clone, Debug, Default)]
pub(super) struct Row {
    /// One for each column.
    pub(super) cells: Cells,
    /// What is special about it; empty for most rows.
    pub(super) note: String,
    /// How much the note matters.
    pub(super) severity: Option<Severity>,
}

impl Row {
    /// One cell for each column, already escaped.
    pub(super) fn new(cells: &[&dyn Display]) -> Self {
        Self { cells: Cells::of(cells), ..Self::default() }
    }

    /// Takes away what was there.
    fn clear(&mut self) {
        self.cells.text.clear();
        self.cells.ends.clear();
        self.note.clear();
        self.severity = None;
    }

    /// Adds a cell, already escaped.
    pub(super) fn word(&mut self, cell: &str) {
        self.cells.write(|text| text.extend_from_slice(cell.as_bytes()));
    }

    /// Adds a cell of what `write` appends for the value, already escaped; `or` where there is none.
    pub(super) fn value<T>(
        &mut self,
        value: Option<T>,
        or: &str,
        write: impl FnOnce(&mut Vec<u8>, T),
    ) {
        match value {
            Some(value) => self.cells.write(|text| write(text, value)),
            None => self.word(or),
        }
    }

    /// Adds to the note; the heaviest severity wins.
    pub(super) fn remark(&mut self, severity: Option<Severity>, words: &str) {
        if !self.note.is_empty() {
            self.note.push_str(", ");
        }
        self.note.push_str(words);
        self.severity = self.severity.max(severity);
    }
}

/// Columns that a cell takes. What stands in tables is ASCII but for foreign names.
fn columns_of(text: &[u8]) -> usize {
    if text.is_ascii() { text.len() } else { str::from_utf8(text).unwrap_or_default().width() }
}

#[derive(Debug)]
struct Plan {
    shown: Vec<usize>,
    widths: Vec<usize>,
    /// One paragraph a row, because most rows do not fit.
    records: bool,
}

/// Writes titles and rows. Optional columns are left out, from the right, where there is no room;
/// where most rows do not fit even then, each row is a paragraph.
pub(super) fn write_rows(
    out: &mut dyn Write,
    columns: &[Column],
    rows: impl IntoIterator<Item = Row>,
    style: Style,
) -> io::Result<()> {
    write_filled(out, columns, rows, |row, into| *into = row, style)
}

/// As [`write_rows`], of items of which `fill` makes rows, adding cells to one that is empty.
pub(super) fn write_filled<T>(
    out: &mut dyn Write,
    columns: &[Column],
    items: impl IntoIterator<Item = T>,
    fill: impl Fn(T, &mut Row),
    style: Style,
) -> io::Result<()> {
    let mut items = items.into_iter();
    let filled = |item| {
        let mut row = Row::default();
        fill(item, &mut row);
        row
    };
    let sample: Vec<Row> = items.by_ref().take(SAMPLE_ROWS).map(filled).collect();
    let plan = plan(columns, &sample, style.width);
    let mut line = Vec::with_capacity(Cells::LINE_BYTES + style.width);
    if !plan.records {
        let mut titles = Cells::default();
        for column in columns {
            titles.push(&column.title);
        }
        align(columns, &plan, &titles, &mut line);
        end_line(out, &mut line)?;
    }
    let mut write = |row: &Row| {
        if plan.records {
            record(out, columns, row, style)
        } else {
            align(columns, &plan, &row.cells, &mut line);
            with_note(out, &mut line, row, style)
        }
    };
    sample.iter().try_for_each(&mut write)?;
    drop(sample);
    let mut row = Row::default();
    items.try_for_each(|item| {
        row.clear();
        fill(item, &mut row);
        write(&row)
    })
}

fn plan(columns: &[Column], sample: &[Row], width: usize) -> Plan {
    let cell_width = |row: &Row, at: usize| columns_of(row.cells.get(at));
    let mut widths: Vec<usize> = columns
        .iter()
        .enumerate()
        .map(|(at, column)| {
            let cells = sample.iter().map(|row| cell_width(row, at)).max();
            cells.unwrap_or(0).max(column.title.width())
        })
        .collect();
    let mut shown: Vec<usize> = (0..columns.len()).collect();
    let needed: Vec<usize> = shown.iter().copied().filter(|&at| !columns[at].optional).collect();
    // Optional columns also make room for short notes, where that is enough.
    let notes = sample.iter().map(|row| row.note.width()).filter(|&note| note > 0);
    let notes = notes.filter(|&note| note <= SHORT_NOTE).max().map_or(0, |note| note + 4);
    let fits = total(&needed, &widths) + notes <= width;
    let room = if fits { width - notes } else { width };
    while total(&shown, &widths) > room {
        match shown.iter().rposition(|&at| columns[at].optional) {
            Some(last) => drop(shown.remove(last)),
            None => break,
        }
    }
    // A few long cells stick out of their column rather than make every row too long.
    while total(&shown, &widths) > width {
        let least = |at: usize| columns[at].title.width().max(LEAST_WIDTH);
        let widest = shown
            .iter()
            .copied()
            .filter(|&at| !columns[at].right && widths[at] > least(at))
            .max_by_key(|&at| widths[at]);
        match widest {
            Some(at) => widths[at] -= 1,
            None => break,
        }
    }
    let too_long = sample
        .iter()
        .filter(|row| {
            let needed = |&at: &usize| cell_width(row, at).max(widths[at]) + 2;
            shown.iter().map(needed).sum::<usize>().saturating_sub(2) > width
        })
        .count();
    Plan { shown, widths, records: 2 * too_long > sample.len() }
}

fn total(shown: &[usize], widths: &[usize]) -> usize {
    shown.iter().map(|&at| widths[at] + 2).sum::<usize>().saturating_sub(2)
}

/// Writes the cells that are shown into `line`, in place of what was there.
fn align(columns: &[Column], plan: &Plan, cells: &Cells, line: &mut Vec<u8>) {
    line.clear();
    for (place, &at) in plan.shown.iter().enumerate() {
        if place > 0 {
            line.extend_from_slice(b"  ");
        }
        let cell = cells.get(at);
        let padding = plan.widths[at].saturating_sub(columns_of(cell));
        if columns[at].right {
            pad(line, padding);
            line.extend_from_slice(cell);
        } else {
            line.extend_from_slice(cell);
            pad(line, padding);
        }
    }
}

fn pad(line: &mut Vec<u8>, count: usize) {
    line.resize(line.len() + count, b' ');
}

/// Writes a line without the blanks at its end.
fn end_line(out: &mut dyn Write, line: &mut Vec<u8>) -> io::Result<()> {
    line.truncate(line.trim_ascii_end().len());
    line.push(b'\n');
    out.write_all(line)
}

/// The note goes behind the row where it fits, else below it.
fn with_note(out: &mut dyn Write, line: &mut Vec<u8>, row: &Row, style: Style) -> io::Result<()> {
    if row.note.is_empty() {
        return end_line(out, line);
    }
    let sign = row.severity.map_or("-", mark);
    let note = row.note.as_bytes();
    if columns_of(line) + 2 + sign.len() + 1 + columns_of(note) <= style.width {
        line.extend_from_slice(b"  ");
        line.extend_from_slice(painted(row, style).as_bytes());
        line.push(b' ');
        line.extend_from_slice(note);
        line.push(b'\n');
        return out.write_all(line);
    }
    end_line(out, line)?;
    note_below(out, row, style)
}

fn note_below(out: &mut dyn Write, row: &Row, style: Style) -> io::Result<()> {
    let sign = row.severity.map_or("-", mark);
    let lead = "    ".len() + sign.len() + " ".len();
    if lead + columns_of(row.note.as_bytes()) <= style.width && !row.note.contains("  ") {
        return writeln!(out, "    {} {}", painted(row, style), row.note);
    }
    let words = wrap(&format!("    {sign} "), &row.note, style.width);
    out.write_all(words.replacen(sign, &painted(row, style), 1).as_bytes())
}

fn painted(row: &Row, style: Style) -> Cow<'static, str> {
    let sign = row.severity.map_or("-", mark);
    if !style.paint.colour {
        return sign.into();
    }
    let painted = row.severity.map(|severity| style.paint.severity(severity, sign));
    painted.unwrap_or_else(|| style.paint.dim(sign)).into()
}

fn record(out: &mut dyn Write, columns: &[Column], row: &Row, style: Style) -> io::Result<()> {
    let lead = if columns.get(1).is_some_and(|column| !column.right) { 2 } else { 1 };
    let first: Vec<&str> = row.cells.iter().take(lead).collect();
    writeln!(out, "{}", first.join("  "))?;
    let titled = columns.iter().zip(row.cells.iter()).skip(lead);
    let words: Vec<String> = titled
        .filter(|&(_, cell)| !matches!(cell, "" | "-"))
        .map(|(column, cell)| format!("{} {cell}", column.title.to_lowercase()))
        .collect();
    if !words.is_empty() {
        out.write_all(wrap("  ", &words.join(", "), style.width).as_bytes())?;
    }
    if row.note.is_empty() { Ok(()) } else { note_below(out, row, style) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Paint;

    const COLUMNS: &[Column] =
        &[Column::left("NAME"), Column::right("N"), Column::left("MORE").optional()];

    fn written(rows: Vec<Row>, width: usize) -> String {
        let mut out = Vec::new();
        let style = Style { width, paint: Paint::default(), verbosity: 0 };
        write_rows(&mut out, COLUMNS, rows, style).unwrap();
        String::from_utf8(out).unwrap()
    }

    fn row(name: &str, n: &str, note: &str) -> Row {
        let mut row = Row::new(&[&name, &n, &"some more"]);
        if !note.is_empty() {
            row.remark(Some(Severity::Warning), note);
        }
        row
    }

    #[test]
    fn notes_follow_or_hang() {
        let rows = vec![row("a", "1", "short"), row("bb", "22", "a long note about the row")];
        assert_eq!(
            written(rows, 30),
            "NAME   N  MORE\na      1  some more  ! short\nbb    22  some more\n    ! a long note about the\n      row\n"
        );
    }

    #[test]
    fn rows_that_do_not_fit_are_paragraphs() {
        let rows = vec![row("a-name-of-thirty-columns-or-so", "1", "")];
        assert_eq!(written(rows, 24), "a-name-of-thirty-columns-or-so\n  n 1, more some more\n");
    }

    #[test]
    fn rows_beyond_the_sample_are_written_too() {
        let rows = vec![row("a", "1", ""); SAMPLE_ROWS + 3];
        assert_eq!(written(rows, 80).lines().count(), SAMPLE_ROWS + 4);
    }
}
