//! What the tests of formats share.

use super::{Format, Table};
use crate::{Command, Line, Taken};

/// Lines as the text hands them over.
pub(super) fn lines(text: &str) -> Vec<Line> {
    (1..)
        .zip(text.lines())
        .map(|(number, text)| Line {
            number,
            text: text.trim_end().to_owned(),
            part_count: 1,
            rebuilt: false,
        })
        .collect()
}

/// A command line without quotes.
pub(super) fn command(line: &str) -> Command {
    let mut words = line.split(' ').map(str::to_owned);
    Command { program: words.next().unwrap(), args: words.collect(), ..Command::default() }
}

/// Reads an output; each line has a reading.
pub(super) fn read(format: &dyn Format, line: Option<&str>, text: &str) -> Table {
    let lines = lines(text);
    let table = format.read(&lines, line.map(command).as_ref());
    assert_eq!(table.taken.len(), lines.len());
    table
}

/// Why a line was not used.
pub(super) fn reason(table: &Table, at: usize) -> String {
    match &table.taken[at] {
        Taken::Rejected(reason) => reason.spans().iter().map(synrecv_model::Span::raw).collect(),
        other => panic!("not rejected: {other:?}"),
    }
}
