//! Lines that a terminal, a mail or a form broke.

use super::score;
use crate::format::{FORMATS, Sees, Table};
use crate::record::Record;
use crate::{Command, Line, Taken};

/// Lines that are looked at to find the width at which a text was broken.
const WINDOW_LINES: usize = 300;

/// Broken lines of them that are put together and tried.
const SAMPLED: usize = 24;

/// Parts that a row is put together from at most.
const PARTS_MAX: usize = 8;

/// A text that is narrower was not broken by a terminal.
const WIDTH_MIN: usize = 36;

/// The widest text that mail and forms break between words.
const SOFT_WIDTH_MAX: usize = 100;

/// Where the lines around a place were broken.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Breaks {
    /// The lines that this holds for.
    start: usize,
    end: usize,
    /// In the middle of a word, at this width.
    hard: Option<usize>,
    /// Between words, so that no line is wider.
    soft: Option<usize>,
}

impl Breaks {
    /// What is known about the breaks around a line; looks again when it is not known.
    pub(super) fn around(&mut self, record: &Record, at: usize) -> Self {
        if at < self.start || at >= self.end {
            *self = find(record, at);
        }
        *self
    }

    /// True when the line was broken behind its last character.
    pub(super) fn is_full(self, record: &Record, at: usize) -> bool {
        self.hard.is_some_and(|width| record.width(at) == width)
    }

    /// True when a line goes on on the next one, as far as widths can tell.
    pub(super) fn goes_on(self, record: &Record, at: usize) -> bool {
        let is_pushed = |width| at + 1 < record.len() && has_no_room(record, at, width);
        self.is_full(record, at) || self.soft.is_some_and(is_pushed)
    }
}

/// True when the first word of the next line had no room on this one.
fn has_no_room(record: &Record, at: usize, width: usize) -> bool {
    let used = record.line(at).chars().count();
    let next = record.line(at + 1).split_whitespace().next().unwrap_or_default();
    used <= width && used + 1 + next.chars().count() > width
}

fn is_blank(record: &Record, at: usize) -> bool {
    record.line(at).is_empty()
}

fn find(record: &Record, at: usize) -> Breaks {
    let mut start = at;
    while start > 0 && at - start < 8 && !is_blank(record, start - 1) {
        start -= 1;
    }
    let mut end = at + 1;
    while end < record.len() && end - start < WINDOW_LINES && !is_blank(record, end) {
        end += 1;
    }
    let hard =
        widths(record, start, end).into_iter().find(|width| is_hard(record, start, end, *width));
    let soft = if hard.is_none() { soft(record, start, end) } else { None };
    Breaks { start, end, hard, soft }
}

/// Widths at which the lines can have been broken: that of the widest, that of most, and 80.
fn widths(record: &Record, start: usize, end: usize) -> Vec<usize> {
    let mut all: Vec<usize> =
        (start..end).map(|at| record.width(at)).filter(|width| *width >= WIDTH_MIN).collect();
    all.sort_unstable();
    let widest = all.last().copied();
    let common =
        all.chunk_by(|a, b| a == b).filter(|run| run.len() > 2).max_by_key(|run| run.len());
    let mut widths: Vec<usize> =
        widest.into_iter().chain(common.and_then(|run| run.first().copied())).chain([80]).collect();
    widths.dedup();
    widths
}

/// True when lines of this width have to be put together with those behind them to be known: a table
/// whose rows happen to be equally wide has a known row in each line.
fn is_hard(record: &Record, start: usize, end: usize, width: usize) -> bool {
    let is_full = |at: usize| record.width(at) == width;
    let (mut groups, mut known_groups, mut known_parts) = (0, 0, 0);
    let mut at = start;
    while at + 1 < end && groups < SAMPLED {
        let mut last = at;
        while is_full(last) && last + 1 < end && last - at < PARTS_MAX {
            last += 1;
        }
        if last > at {
            groups += 1;
            let joined = join(record, at, last, |_| true);
            known_groups += usize::from(score::best(&joined) > Sees::Nothing);
            known_parts +=
                (at..=last).filter(|at| score::best(record.line(*at)) > Sees::Nothing).count();
        }
        at = last + 1;
    }
    let is_usual =
        (72..=80).contains(&width) || matches!(width, 60 | 66 | 70 | 100 | 120 | 132 | 160 | 200);
    (groups > 1 || (groups == 1 && is_usual))
        && known_groups * 4 >= groups * 3
        && known_parts * 4 <= groups * 5
}

/// The width of the text when lines end where the next word had no room.
fn soft(record: &Record, start: usize, end: usize) -> Option<usize> {
    let width = (start..end).map(|at| record.line(at).chars().count()).max()?;
    if !(WIDTH_MIN..=SOFT_WIDTH_MAX).contains(&width) {
        return None;
    }
    let is_known = |at: usize| score::best(record.line(at)) > Sees::Nothing;
    let (mut pairs, mut pushed) = (0, 0);
    let mut is_start = is_known(start);
    for at in start..end.saturating_sub(1).min(start + SAMPLED * 3) {
        let is_next_start = is_known(at + 1);
        if is_start && !is_next_start {
            pairs += 1;
            pushed += usize::from(has_no_room(record, at, width));
        }
        is_start = is_next_start;
    }
    (pushed > 1 && pushed * 4 > pairs * 3).then_some(width)
}

/// The lines as one. Where a line is not cut in a word, a blank goes between.
fn join(record: &Record, first: usize, last: usize, is_full: impl Fn(usize) -> bool) -> String {
    let mut joined = record.line(first).to_owned();
    for at in first + 1..=last {
        let before = record.line(at - 1);
        let had_blank = before.chars().count() < record.width(at - 1);
        if had_blank || !is_full(at - 1) {
            joined.push(' ');
        }
        joined.push_str(record.line(at));
    }
    joined
}

/// Whether a format reads a single line, behind the titles of its piece, as a row or a title.
pub(super) fn reads(format: usize, text: &str, titles: &[Line], command: Option<&Command>) -> bool {
    let mut lines = titles.to_vec();
    lines.push(Line { number: 1, text: text.to_owned(), part_count: 1, rebuilt: false });
    let Table { taken, .. } = FORMATS[format].read(&lines, command);
    matches!(taken.last(), Some(Taken::Row(_) | Taken::Repaired(_) | Taken::Title))
}

/// A line that was put together from those from one place on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Joined {
    pub(super) text: String,
    /// Lines behind the first one.
    pub(super) more: usize,
}

/// The line as it was before a terminal broke it.
pub(super) fn unbroken(record: &Record, at: usize, breaks: Breaks) -> Option<Joined> {
    let mut last = at;
    while last - at < PARTS_MAX
        && breaks.is_full(record, last)
        && last + 1 < record.len()
        && !is_blank(record, last + 1)
    {
        last += 1;
    }
    (last > at).then(|| Joined { text: join(record, at, last, |_| true), more: last - at })
}

/// The texts that lines from `last` on can be, longest first. `text` is what ends with the line
/// `last`.
pub(super) fn candidates(record: &Record, text: &str, last: usize, breaks: Breaks) -> Vec<Joined> {
    let mut all: Vec<Joined> = Vec::new();
    for part in 1..PARTS_MAX {
        let at = last + part;
        let goes_on = part == 1 || breaks.goes_on(record, at - 1);
        let is_over = at >= record.len() || is_blank(record, at);
        if is_over || !goes_on || score::best(record.line(at)) > Sees::Nothing {
            break;
        }
        let behind = join(record, last + 1, at, |at| breaks.is_full(record, at));
        let is_cut_word =
            breaks.is_full(record, last) && record.line(last).chars().count() == record.width(last);
        let glue = if is_cut_word { "" } else { " " };
        all.push(Joined { text: format!("{text}{glue}{behind}"), more: part });
    }
    all.reverse();
    all
}
