//! Lines that a terminal, a mail or a form broke.

use super::breaks::Breaks;
use super::score;
use crate::format::{FORMATS, Table};
use crate::record::Record;
use crate::{Command, Line, Taken};

/// Lines that a row takes at most where no width tells that it was broken.
const MORE_MAX: usize = 3;

/// A line that was put together from those from one place on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Joined {
    pub(super) text: String,
    /// Lines behind the first one.
    pub(super) more: usize,
}

/// The texts that a line can have been before it was broken, as far as the width tells: longer ones
/// first.
pub(super) fn unbroken(record: &Record, at: usize, breaks: &Breaks) -> Vec<Joined> {
    let last = breaks.last_of(record, at);
    let joined = |last| Joined { text: breaks.join(record, at, last), more: last - at };
    let first = if breaks.is_hard() { last.max(at + 1) } else { at + 1 };
    (first..=last).rev().map(joined).collect()
}

/// The texts that the lines from `last` on can be, where no width tells. `text` is what ends with the
/// line `last`. No line is taken with which another row begins.
pub(super) fn guesses(record: &Record, text: &str, last: usize, breaks: &Breaks) -> Vec<Joined> {
    let mut all: Vec<Joined> = Vec::new();
    let mut joined = text.to_owned();
    for more in 1..=MORE_MAX {
        let at = last + more;
        if at >= record.len() || record.line(at).is_empty() || begins(record, at, breaks) {
            break;
        }
        joined.push(' ');
        joined.push_str(record.line(at).trim_start());
        all.push(Joined { text: joined.clone(), more });
    }
    all
}

/// True when a row begins with this line. What only looks like the start of one can be the second half
/// of a row, whose state and numbers look like its first words.
fn begins(record: &Record, at: usize, breaks: &Breaks) -> bool {
    let line = record.line(at);
    let goes_on = || {
        at + 1 < record.len() && score::is_known(&format!("{line} {}", record.line(at + 1).trim()))
    };
    score::is_known(line) || (breaks.is_start(line) && (line.starts_with([' ', '\t']) || goes_on()))
}

/// Whether a format reads a single line, behind the titles of its piece, as a row or a title.
pub(super) fn reads(format: usize, text: &str, titles: &[Line], command: Option<&Command>) -> bool {
    let mut lines = titles.to_vec();
    lines.push(Line { number: 1, text: text.to_owned(), part_count: 1, rebuilt: false });
    let Table { taken, .. } = FORMATS[format].read(&lines, command);
    matches!(taken.last(), Some(Taken::Row(_) | Taken::Repaired(_) | Taken::Title))
}
