//! Lines that a terminal, a mail or a form broke.

use super::score;
use crate::format::{FORMATS, Sees, Table};
use crate::record::Record;
use crate::{Command, Line, Taken};

/// Lines that are looked at to find the width at which a text was broken.
const WINDOW_LINES: usize = 300;

/// Parts that a row is put together from at most.
const PARTS_MAX: usize = 8;

/// A text that is narrower was not broken by a terminal.
const WIDTH_MIN: usize = 36;

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
    fn is_full(self, record: &Record, at: usize) -> bool {
        self.hard.is_some_and(|width| record.width(at) == width)
    }

    /// True when the first word of the next line had no room on this one.
    fn is_pushed(self, record: &Record, at: usize) -> bool {
        self.soft.is_some_and(|width| has_no_room(record, at, width))
    }

    /// True when a line goes on on the next one, as far as widths can tell.
    pub(super) fn goes_on(self, record: &Record, at: usize) -> bool {
        self.is_full(record, at) || self.is_pushed(record, at)
    }
}

fn first_word_width(text: &str) -> usize {
    text.split_whitespace().next().unwrap_or_default().chars().count()
}

fn has_no_room(record: &Record, at: usize, width: usize) -> bool {
    let used = record.line(at).chars().count();
    used <= width && used + 1 + first_word_width(record.line(at + 1)) > width
}

fn find(record: &Record, at: usize) -> Breaks {
    let is_blank = |at: usize| record.line(at).trim().is_empty();
    let mut start = at;
    while start > 0 && at - start < 8 && !is_blank(start - 1) {
        start -= 1;
    }
    let mut end = at + 1;
    while end < record.len() && end - start < WINDOW_LINES && !is_blank(end) {
        end += 1;
    }
    let mut breaks = Breaks { start, end, hard: None, soft: None };
    let is_start: Vec<bool> =
        (start..end).map(|at| score::best(record.line(at)) > Sees::Nothing).collect();
    let goes_on = |at: usize| at + 1 < end && !is_start[at + 1 - start];
    let widest = |only_known: bool| {
        (start..end)
            .filter(|at| !only_known || is_start[at - start])
            .map(|at| record.width(at))
            .max()
            .unwrap_or(0)
    };
    let hard = widest(true);
    let full: Vec<usize> =
        (start..end.saturating_sub(1)).filter(|at| record.width(*at) == hard).collect();
    let broken = full.iter().filter(|at| goes_on(**at)).count();
    let is_usual =
        (72..=80).contains(&hard) || matches!(hard, 60 | 66 | 70 | 100 | 120 | 132 | 160 | 200);
    if hard >= WIDTH_MIN && broken * 4 > full.len() * 3 && (broken > 1 || is_usual) {
        breaks.hard = Some(hard);
    }
    let soft = widest(false);
    let pairs: Vec<usize> =
        (start..end).filter(|at| is_start[at - start] && goes_on(*at)).collect();
    let pushed = pairs.iter().filter(|at| has_no_room(record, **at, soft)).count();
    if (WIDTH_MIN..=100).contains(&soft) && pushed > 1 && pushed * 4 > pairs.len() * 3 {
        breaks.soft = Some(soft);
    }
    breaks
}

/// How a format reads a single row, behind the titles of its piece. `None` when it rejects it.
pub(super) fn reads(format: usize, text: &str, titles: &[Line], command: Option<&Command>) -> bool {
    let mut lines = titles.to_vec();
    lines.push(Line { number: 1, text: text.to_owned(), part_count: 1, rebuilt: false });
    let Table { taken, .. } = FORMATS[format].read(&lines, command);
    matches!(taken.last(), Some(Taken::Row(_) | Taken::Repaired(_) | Taken::Title))
}

/// A row that was put together from the lines from one place on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Joined {
    pub(super) text: String,
    /// Lines behind the first one.
    pub(super) more: usize,
}

/// The texts that lines from `last` on can be, longest first. `text` is what ends with the line
/// `last`.
pub(super) fn candidates(record: &Record, text: &str, last: usize, breaks: Breaks) -> Vec<Joined> {
    let mut all: Vec<Joined> = Vec::new();
    let mut joined = text.to_owned();
    for part in 1..PARTS_MAX {
        let (before, at) = (last + part - 1, last + part);
        let is_over = at >= record.len() || record.line(at).trim().is_empty();
        let goes_on = part == 1 || breaks.goes_on(record, before);
        if is_over || !goes_on || score::best(record.line(at)) > Sees::Nothing {
            break;
        }
        let is_cut_word = breaks.is_full(record, before)
            && record.line(before).chars().count() == record.width(before);
        if !is_cut_word {
            joined.push(' ');
        }
        joined.push_str(record.line(at));
        all.push(Joined { text: joined.clone(), more: part });
    }
    all.reverse();
    all
}
