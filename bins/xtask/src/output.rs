//! Results on standard output, complaints on standard error, and plain tables.

use std::io::{self, Write};

/// Writes one line to standard output.
pub(crate) fn say(line: &str) {
    // With standard output gone nobody wants the rest; the exit status still tells.
    let _ = writeln!(io::stdout().lock(), "{line}");
}

/// A heading between the outputs of other programs.
pub(crate) fn heading(words: &str) {
    say(&format!("\n== {words} =="));
}

/// Writes one line to standard error.
pub(crate) fn complain(line: &str) {
    let _ = writeln!(io::stderr().lock(), "{line}");
}

/// Lines of a table with columns as wide as their widest cell.
pub(crate) fn table(rows: &[Vec<String>]) -> Vec<String> {
    let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
    let width = |column: usize| {
        rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.chars().count()).max()
    };
    let widths: Vec<usize> = (0..columns).map(|column| width(column).unwrap_or(0)).collect();
    let line = |row: &Vec<String>| {
        let cells: Vec<String> =
            row.iter().zip(&widths).map(|(cell, width)| format!("{cell:width$}")).collect();
        cells.join("  ").trim_end().to_owned()
    };
    rows.iter().map(line).collect()
}
