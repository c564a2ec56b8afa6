//! Lines that a terminal, a mail or a form broke.

use super::breaks::Breaks;
use super::{heading, score};
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

/// The texts that a line can have been before it was broken, as far as quotes or the width tell: longer
/// ones first.
pub(super) fn unbroken(record: &Record, at: usize, breaks: &Breaks) -> Vec<Joined> {
    if is_quoted(record.line(at)) {
        return quoted(record, at, breaks).into_iter().collect();
    }
    let last = breaks.last_of(record, at);
    let joined = |last| Joined { text: breaks.join(record, at, last), more: last - at };
    let first = if breaks.is_hard() { last.max(at + 1) } else { at + 1 };
    (first..=last).rev().map(joined).collect()
}

/// A row of quoted fields, `"1","0.000000"`.
fn is_quoted(line: &str) -> bool {
    line.trim_start().starts_with('"') && line.contains("\",\"")
}

/// A row of quoted fields, up to the line that ends its last one. `None` when it is whole.
fn quoted(record: &Record, at: usize, breaks: &Breaks) -> Option<Joined> {
    let count = |at: usize| record.line(at).bytes().filter(|octet| *octet == b'"').count();
    let mut quotes = count(at);
    let mut last = at;
    while !quotes.is_multiple_of(2) {
        last += 1;
        let is_more = last < record.len() && last - at <= MORE_MAX;
        if !is_more || record.line(last).is_empty() || is_quoted(record.line(last)) {
            return None;
        }
        quotes += count(last);
    }
    let text = breaks.join_within(record, at, last);
    (last > at).then_some(Joined { text, more: last - at })
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

/// True when a row begins with this line, or it names the command of those behind it. What only looks
/// like the start of a row can be the second half of one, whose state and numbers look like its first
/// words.
pub(super) fn begins(record: &Record, at: usize, breaks: &Breaks) -> bool {
    let line = record.line(at);
    if line.ends_with(':') && heading::commands(line).is_some() {
        return true;
    }
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
