//! The width at which a text was broken, found by putting lines together on trial.

use super::wrap::{PARTS_MAX, join};
use super::{one_line, score, shape};
use crate::format::Sees;
use crate::record::Record;

/// Lines that are looked at.
const WINDOW_LINES: usize = 300;

/// Broken lines of them that are put together and tried.
const SAMPLED: usize = 24;

/// A text that is narrower was not broken by a terminal.
const WIDTH_MIN: usize = 36;

/// The widest text that mail and forms break between words.
const SOFT_WIDTH_MAX: usize = 100;

/// Where the lines around a place were broken.
#[derive(Clone, Debug, Default)]
pub(super) struct Breaks {
    /// The lines that this holds for.
    start: usize,
    end: usize,
    /// In the middle of a word, at this width.
    hard: Option<usize>,
    /// Between words, so that no line is wider.
    soft: Option<usize>,
    /// Shapes that several rows begin with.
    starts: Vec<String>,
}

impl Breaks {
    /// What is known about the breaks around a line; looks again when it is not known.
    pub(super) fn around(&mut self, record: &Record, at: usize) -> &Self {
        if at < self.start || at >= self.end {
            *self = find(record, at);
        }
        self
    }

    /// True when the line was broken behind its last character.
    pub(super) fn is_full(&self, record: &Record, at: usize) -> bool {
        self.hard.is_some_and(|width| record.has_width(at, width))
    }

    /// True when a line goes on on the next one, as far as widths can tell.
    pub(super) fn goes_on(&self, record: &Record, at: usize) -> bool {
        let is_pushed = |width| at + 1 < record.len() && has_no_room(record, at, width);
        self.is_full(record, at) || self.soft.is_some_and(is_pushed)
    }

    /// True when lines were broken in the middle of words, so that even a line that is known can
    /// belong to the one before it.
    pub(super) fn is_hard(&self) -> bool {
        self.hard.is_some()
    }

    /// True when a line begins as the rows around it do.
    pub(super) fn is_start(&self, text: &str) -> bool {
        !self.starts.is_empty() && self.starts.contains(&shape::of(text))
    }
}

/// True when the first word of the next line had no room on this one. Some programs count octets for
/// characters.
fn has_no_room(record: &Record, at: usize, width: usize) -> bool {
    let line = record.line(at);
    let next = record.line(at + 1).split_whitespace().next().unwrap_or_default();
    let (used, needed) = (line.chars().count(), next.chars().count());
    used <= width && (used + 1 + needed > width || line.len() + 1 + next.len() > width)
}

fn find(record: &Record, at: usize) -> Breaks {
    let is_blank = |at: usize| record.line(at).is_empty();
    let mut start = at;
    while start > 0 && at - start < 8 && !is_blank(start - 1) {
        start -= 1;
    }
    let mut end = at + 1;
    while end < record.len() && end - start < WINDOW_LINES && !is_blank(end) {
        end += 1;
    }
    let is_hard = |width: &usize| is_hard(record, start, end, *width);
    let hard = widths(record, start, end).into_iter().find(is_hard);
    let soft = if hard.is_none() { soft(record, start, end) } else { None };
    Breaks { start, end, hard, soft, starts: starts(record, start, end, hard) }
}

/// Shapes that more than one row begins with.
fn starts(record: &Record, start: usize, end: usize, hard: Option<usize>) -> Vec<String> {
    let is_start = |at: &usize| match hard {
        Some(width) => *at == start || !record.has_width(at - 1, width),
        None => score::best(record.line(*at)) == Sees::Row,
    };
    let lines = (start..end.min(start + SAMPLED * 3)).filter(is_start);
    let mut shapes: Vec<String> = lines.map(|at| shape::of(record.line(at))).collect();
    shapes.sort_unstable();
    shapes.chunk_by(|a, b| a == b).filter(|run| run.len() > 1).map(|run| run[0].clone()).collect()
}

/// Widths at which the lines can have been broken: that of the widest, that of most, and 80.
fn widths(record: &Record, start: usize, end: usize) -> Vec<usize> {
    let all = (start..end).map(|at| record.width(at)).filter(|width| *width >= WIDTH_MIN);
    let mut all: Vec<usize> = all.collect();
    all.sort_unstable();
    let widest = all.last().copied();
    let runs = all.chunk_by(|a, b| a == b).filter(|run| run.len() > 2);
    let common = runs.max_by_key(|run| run.len()).map(|run| run[0]);
    let mut widths: Vec<usize> = widest.into_iter().chain(common).chain([80]).collect();
    widths.dedup();
    widths
}

/// True when lines of this width have to be put together with those behind them to be known: a table
/// whose rows happen to be equally wide has a known row in each line.
fn is_hard(record: &Record, start: usize, end: usize, width: usize) -> bool {
    let (mut groups, mut known_groups, mut known_parts) = (0, 0, 0);
    let mut at = start;
    while at + 1 < end && groups < SAMPLED {
        let mut last = at;
        while record.has_width(last, width) && last + 1 < end && last - at < PARTS_MAX {
            last += 1;
        }
        if last > at {
            groups += 1;
            known_groups += usize::from(is_known(&join(record, at, last, |_| true)));
            let is_known_part = |at: &usize| score::best(record.line(*at)) > Sees::Nothing;
            known_parts += (at..=last).filter(is_known_part).count();
        }
        at = last + 1;
    }
    let is_usual =
        (72..=80).contains(&width) || matches!(width, 60 | 66 | 70 | 100 | 120 | 132 | 160 | 200);
    (groups > 1 || (groups == 1 && is_usual))
        && known_groups * 4 >= groups * 3
        && known_parts * 4 <= groups * 5
}

/// True for a row, and for several in one line.
fn is_known(text: &str) -> bool {
    score::best(text) > Sees::Nothing || one_line::parts(text, std::iter::empty()).is_some()
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
