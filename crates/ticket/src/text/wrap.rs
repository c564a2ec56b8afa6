//! Lines that a terminal, a mail or a form broke.

use super::breaks::Breaks;
use super::score;
use crate::format::{FORMATS, Sees, Table};
use crate::record::Record;
use crate::{Command, Line, Taken};

/// Parts that a row is put together from at most.
pub(super) const PARTS_MAX: usize = 8;

/// A line that was put together from those from one place on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Joined {
    pub(super) text: String,
    /// Lines behind the first one.
    pub(super) more: usize,
}

/// The lines as one. Where a line is not cut in a word, a blank goes between.
pub(super) fn join(
    record: &Record,
    first: usize,
    last: usize,
    is_full: impl Fn(usize) -> bool,
) -> String {
    let mut joined = record.line(first).to_owned();
    for at in first + 1..=last {
        if !(is_full(at - 1) && record.ends_in_word(at - 1)) {
            joined.push(' ');
        }
        joined.push_str(record.line(at));
    }
    joined
}

/// The line as it was before a terminal broke it.
pub(super) fn unbroken(record: &Record, at: usize, breaks: &Breaks) -> Option<Joined> {
    let whole = |last: usize| join(record, at, last, |_| true);
    let is_known = |text: &str| score::best(text) > Sees::Nothing;
    let mut last = at;
    while last - at < PARTS_MAX && breaks.is_full(record, last) && !is_over(record, last + 1) {
        let next = record.line(last + 1);
        // A line that happens to be as wide as the terminal, and the next row.
        let is_next_row = breaks.is_start(next)
            && is_known(&whole(last))
            && (is_known(next) || breaks.is_full(record, last + 1));
        if is_next_row {
            break;
        }
        last += 1;
    }
    (last > at).then(|| Joined { text: whole(last), more: last - at })
}

/// The texts that lines from `last` on can be. `text` is what ends with the line `last`. First those
/// behind which another row begins, longer ones before shorter ones.
pub(super) fn candidates(record: &Record, text: &str, last: usize, breaks: &Breaks) -> Vec<Joined> {
    let mut all: Vec<(bool, Joined)> = Vec::new();
    let is_cut_word = breaks.is_full(record, last) && record.ends_in_word(last);
    let glue = if is_cut_word { "" } else { " " };
    for part in 1..PARTS_MAX {
        let at = last + part;
        let goes_on = part == 1 || breaks.goes_on(record, at - 1);
        if is_over(record, at) || !goes_on || begins(record, at, breaks) {
            break;
        }
        let behind = join(record, last + 1, at, |at| breaks.is_full(record, at));
        let is_followed = is_over(record, at + 1) || begins(record, at + 1, breaks);
        all.push((is_followed, Joined { text: format!("{text}{glue}{behind}"), more: part }));
    }
    all.reverse();
    all.sort_by_key(|(is_followed, _)| !is_followed);
    all.into_iter().map(|(_, joined)| joined).collect()
}

fn is_over(record: &Record, at: usize) -> bool {
    at >= record.len() || record.line(at).is_empty()
}

/// True when a row begins with this line, alone or together with the next one.
fn begins(record: &Record, at: usize, breaks: &Breaks) -> bool {
    let line = record.line(at);
    if score::best(line) > Sees::Nothing {
        return true;
    }
    breaks.is_start(line)
        && !is_over(record, at + 1)
        && score::best(&format!("{line} {}", record.line(at + 1))) > Sees::Nothing
}

/// Whether a format reads a single line, behind the titles of its piece, as a row or a title.
pub(super) fn reads(format: usize, text: &str, titles: &[Line], command: Option<&Command>) -> bool {
    let mut lines = titles.to_vec();
    lines.push(Line { number: 1, text: text.to_owned(), part_count: 1, rebuilt: false });
    let Table { taken, .. } = FORMATS[format].read(&lines, command);
    matches!(taken.last(), Some(Taken::Row(_) | Taken::Repaired(_) | Taken::Title))
}
