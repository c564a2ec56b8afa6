//! The width at which a text was broken, found by putting lines together on trial.

use super::score::{self, is_known};
use super::{one_line, shape};
use crate::format::{FORMATS, Sees};
use crate::record::Record;

/// Lines that are looked at.
const WINDOW_LINES: usize = 300;

/// Lines before the one that is asked about.
const LINES_BEFORE: usize = 8;

/// Lines for which widths are tried without any result, before no more are.
const IN_VAIN_MAX: usize = 20_000;

/// A block of fewer lines is judged together with those around it.
const FEW_LINES: usize = 24;

/// Lines of them that are put together on trial, for each width.
const SAMPLED: usize = 72;

/// Lines that a line takes at most: as many as a long one has.
const PARTS_MAX: usize = 256;

/// Octets of a line that is put together.
const OCTETS_MAX: usize = 16 << 10;

/// A text that is narrower was not broken by a terminal.
const WIDTH_MIN: usize = 36;

/// The widest text that mail and forms break between words.
const SOFT_WIDTH_MAX: usize = 132;

/// How lines were broken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// In the middle of a word: every line but the last of a row has the same width.
    Hard,
    /// Between words, where the next one had no room.
    Soft,
}

/// Where the lines around a place were broken.
#[derive(Clone, Debug, Default)]
pub(super) struct Breaks {
    /// The lines that this holds for.
    start: usize,
    end: usize,
    width: Option<(Kind, usize)>,
    /// Shapes that rows begin with.
    starts: Vec<String>,
    /// Lines since the last width that was found, for which none was.
    in_vain: usize,
}

impl Breaks {
    /// What is known about the breaks around a line; looks again when it is not known. The format of
    /// the open piece is asked first.
    pub(super) fn around(&mut self, record: &Record, at: usize, open: Option<usize>) -> &Self {
        if at < self.start || at >= self.end {
            let before = self.in_vain;
            *self = if before < IN_VAIN_MAX {
                find(record, at, open)
            } else {
                // So much that was not broken has hardly anything behind it that was.
                let end = record.len().min(at + WINDOW_LINES);
                Self { start: at, end, in_vain: 0, ..Self::default() }
            };
            self.in_vain = if self.width.is_some() { 0 } else { before + self.in_vain };
        }
        self
    }

    /// The last of the lines that this line was broken into; itself when it is whole.
    pub(super) fn last_of(&self, record: &Record, at: usize) -> usize {
        match self.width {
            Some((kind, width)) => last_of(record, at, record.len(), kind, width, &self.starts),
            None => at,
        }
    }

    /// True when it is known where lines were broken.
    pub(super) fn has_width(&self) -> bool {
        self.width.is_some()
    }

    /// True when lines were broken in the middle of words.
    pub(super) fn is_hard(&self) -> bool {
        matches!(self.width, Some((Kind::Hard, _)))
    }

    /// True when a line begins as the rows around it do.
    pub(super) fn is_start(&self, text: &str) -> bool {
        !self.starts.is_empty() && self.starts.contains(&shape::of(text))
    }
}

/// The lines as one. Where a line does not end in a word that was cut, a blank goes between.
pub(super) fn join(record: &Record, first: usize, last: usize, is_hard: bool) -> String {
    let mut joined = record.line(first).to_owned();
    for at in first + 1..=last {
        let line = record.line(at);
        if is_hard && record.ends_in_word(at - 1) {
            joined.push_str(line);
        } else {
            joined.push(' ');
            joined.push_str(line.trim_start());
        }
    }
    joined
}

impl Breaks {
    /// The lines as one.
    pub(super) fn join(&self, record: &Record, first: usize, last: usize) -> String {
        join(record, first, last, self.is_hard())
    }

    /// The lines as one, when it is known that they are: broken within words where all of them have
    /// the width for it.
    pub(super) fn join_within(&self, record: &Record, first: usize, last: usize) -> String {
        let is_hard = match self.width {
            Some((Kind::Hard, width)) => (first..last).all(|at| record.has_width(at, width)),
            _ => false,
        };
        join(record, first, last, is_hard)
    }
}

fn last_of(
    record: &Record,
    at: usize,
    end: usize,
    kind: Kind,
    width: usize,
    starts: &[String],
) -> usize {
    let mut last = at;
    let mut octets = record.line(at).len();
    while last - at + 1 < PARTS_MAX && last + 1 < end && !record.line(last + 1).is_empty() {
        octets += record.line(last + 1).len();
        if octets > OCTETS_MAX {
            break;
        }
        let goes_on = match kind {
            Kind::Hard => record.has_width(last, width),
            Kind::Soft => has_no_room(record, last, width),
        };
        let begins = || {
            let next = record.line(last + 1);
            let is_start = starts.contains(&shape::of(next));
            match kind {
                Kind::Soft => {
                    // Rows that are set in by a tab do not begin without.
                    let lost_tab = record.line(at).starts_with('\t') && !next.starts_with('\t');
                    // What only a first line can be, has gone on with nothing.
                    (is_start && !lost_tab)
                        || shape::begins_with_clock(next)
                        || score::best(next) == Sees::Title
                }
                // A part can look like a start; a whole row before it makes it one.
                Kind::Hard => {
                    is_start
                        && is_known(&join(record, at, last, true))
                        && (is_known(next) || goes_on_to_known(record, last + 1, end, width))
                }
            }
        };
        if !goes_on || begins() {
            break;
        }
        last += 1;
    }
    last
}

/// True when a line was broken at this width and is known together with the next one.
fn goes_on_to_known(record: &Record, at: usize, end: usize, width: usize) -> bool {
    record.has_width(at, width) && at + 1 < end && is_known(&join(record, at, at + 1, true))
}

/// True when the first word of the next line had no room on this one. Some programs count octets for
/// characters.
fn has_no_room(record: &Record, at: usize, width: usize) -> bool {
    let line = record.line(at);
    let next = record.line(at + 1).split_whitespace().next().unwrap_or_default();
    let (used, needed) = (line.chars().count(), next.chars().count());
    used <= width && (used + 1 + needed > width || line.len() + 1 + next.len() > width)
}

fn find(record: &Record, at: usize, open: Option<usize>) -> Breaks {
    let is_blank = |at: usize| record.line(at).is_empty();
    let mut start = at;
    while start > 0 && at - start < LINES_BEFORE && !is_blank(start - 1) {
        start -= 1;
    }
    let mut end = at + 1;
    while end < record.len() && end - start < WINDOW_LINES && !is_blank(end) {
        end += 1;
    }
    if end - start < FEW_LINES {
        // A few lines tell little; those around them were broken alike.
        let wide_end = (start + FEW_LINES).min(record.len());
        let wide = try_widths(record, start.saturating_sub(FEW_LINES), wide_end, open);
        if wide.width.is_some() {
            return Breaks { start, end, ..wide };
        }
    }
    try_widths(record, start, end, open)
}

/// Looks for the width at which the lines in a window were broken.
fn try_widths(record: &Record, start: usize, end: usize, open: Option<usize>) -> Breaks {
    let mut breaks = Breaks { start, end, ..Breaks::default() };
    let mut trial = Trial::new(record, start, end, open);
    let known_starts = trial.known_starts();
    if trial.known.iter().all(|known| *known) {
        // Nothing has to be put together.
        breaks.starts = known_starts;
        return breaks;
    }
    let mut tried = Vec::new();
    let (mut most, mut breaks_words) = (0, false);
    for (kind, width) in trial.widths() {
        if tried.contains(&(kind, width)) {
            continue;
        }
        tried.push((kind, width));
        let starts = trial.starts(kind, width).unwrap_or_else(|| known_starts.clone());
        let gain = trial.gain(kind, width, &starts);
        // In the middle of words is the stronger claim, where a word was broken at all.
        let is_better = if breaks_words && kind == Kind::Soft {
            gain.lines * 3 > most * 4
        } else {
            gain.lines > most
        };
        if is_better {
            most = gain.lines;
            breaks_words = gain.breaks_words;
            breaks.width = Some((kind, width));
            breaks.starts = starts;
        }
    }
    if breaks.width.is_none() {
        breaks.starts = known_starts;
        breaks.in_vain = end - start;
    }
    breaks
}

/// What a width gains.
struct Gain {
    /// Lines that become part of a known one, less those that were known by themselves.
    lines: usize,
    /// Some line was broken within a word.
    breaks_words: bool,
}

/// Lines that are put together on trial.
struct Trial<'a> {
    record: &'a Record,
    start: usize,
    end: usize,
    /// Whether each of the first lines is known by itself.
    known: Vec<bool>,
    /// Whether it is together with the next one, as far as that was asked.
    known_pairs: Vec<Option<bool>>,
}

impl<'a> Trial<'a> {
    fn new(record: &'a Record, start: usize, end: usize, open: Option<usize>) -> Self {
        let sampled_end = end.min(start + SAMPLED);
        let is_open = |line| open.is_some_and(|open| FORMATS[open].sees(line, false) >= Sees::Row);
        let lines = (start..sampled_end).map(|at| record.line(at));
        let known: Vec<bool> = lines.map(|line| is_open(line) || is_known(line)).collect();
        let known_pairs = vec![None; known.len()];
        Self { record, start, end, known, known_pairs }
    }

    fn sampled(&self) -> std::ops::Range<usize> {
        self.start..self.start + self.known.len()
    }

    fn columns(&self, at: usize) -> usize {
        self.record.line(at).chars().count()
    }

    /// Shapes of the lines that are known by themselves.
    fn known_starts(&self) -> Vec<String> {
        let rows = self.sampled().filter(|at| self.known[at - self.start]);
        repeated(rows.map(|at| self.record.line(at)))
    }

    /// Widths that are worth a trial: no row can be wider.
    fn widths(&self) -> impl Iterator<Item = (Kind, usize)> + use<> {
        let all = (self.start..self.end).map(|at| self.record.width(at));
        let mut all: Vec<usize> = all.filter(|width| *width >= WIDTH_MIN).collect();
        all.sort_unstable();
        let widest = all.last().copied().unwrap_or(0);
        let runs = all.chunk_by(|a, b| a == b).filter(|run| run.len() > 2);
        let common = runs.max_by_key(|run| run.len()).map_or(0, |run| run[0]);
        let is_known = |at: &usize| self.known[at - self.start];
        let is_near = |at: &usize| is_known(at) || (*at > self.start && is_known(&(at - 1)));
        let widest_near = self.sampled().filter(is_near).map(|at| self.columns(at)).max();
        let widest_row = self.sampled().filter(is_known).map(|at| self.columns(at)).max();
        let least = WIDTH_MIN.max(widest_row.unwrap_or(0));
        let hard = [widest, common, 80].map(|width| (Kind::Hard, width));
        let soft =
            [widest, widest_near.unwrap_or(0), 80, 78, 76, 72].map(|width| (Kind::Soft, width));
        let is_possible = move |(kind, width): &(Kind, usize)| {
            *width >= least && (*kind == Kind::Hard || *width <= SOFT_WIDTH_MAX)
        };
        hard.into_iter().chain(soft).filter(is_possible)
    }

    /// True when a line is known, alone or together with the next one.
    fn is_row(&mut self, at: usize) -> bool {
        let place = at - self.start;
        let (record, end) = (self.record, self.end);
        let pair = || at + 1 < end && is_known(&join(record, at, at + 1, false));
        self.known[place] || *self.known_pairs[place].get_or_insert_with(pair)
    }

    /// Shapes of the lines behind those that were certainly not broken; `None` when there are too
    /// few.
    fn starts(&mut self, kind: Kind, width: usize) -> Option<Vec<String>> {
        let mut starts = Vec::new();
        for at in self.sampled().skip(1) {
            let is_behind_whole = match kind {
                Kind::Hard => !self.record.has_width(at - 1, width),
                Kind::Soft => !has_no_room(self.record, at - 1, width),
            };
            if is_behind_whole && (kind == Kind::Hard || self.is_row(at)) {
                starts.push(self.record.line(at));
            }
        }
        let shapes = repeated(starts.into_iter());
        (!shapes.is_empty()).then_some(shapes)
    }

    /// How many lines become part of a known one, less those that were known by themselves, when
    /// lines are put together at this width; 0 when that may be chance. A table whose rows happen to
    /// be equally wide loses.
    fn gain(&self, kind: Kind, width: usize, starts: &[String]) -> Gain {
        let mut breaks_words = false;
        let (mut groups, mut known_groups, mut gained, mut swallowed) = (0, 0, 0, 0);
        let mut format: Option<usize> = None;
        let mut at = self.start;
        while at + 1 < self.end && at < self.sampled().end {
            let last = last_of(self.record, at, self.end, kind, width, starts);
            if last > at {
                groups += 1;
                let joined = join(self.record, at, last, kind == Kind::Hard);
                let known = score::format(&joined);
                let goes_on = |open: usize| FORMATS[open].sees(&joined, true) >= Sees::Row;
                let is_group_known = known.is_some()
                    || format.is_some_and(goes_on)
                    || one_line::parts(&joined, std::iter::empty(), false).is_some();
                format = known.or(format);
                if is_group_known {
                    known_groups += 1;
                    let parts = (at..=last).filter(|at| self.is_part_known(*at)).count();
                    gained += last - at + 1 - parts.max(1);
                    swallowed += parts.saturating_sub(1);
                    let is_in_word = |at: usize| {
                        self.record.ends_in_word(at - 1)
                            && !self.record.line(at).starts_with([' ', '\t'])
                    };
                    breaks_words |= kind == Kind::Hard && (at + 1..=last).any(is_in_word);
                }
            }
            at = last + 1;
        }
        let is_usual = kind == Kind::Hard && width == 80;
        let is_enough = known_groups > 1 || (known_groups == 1 && (is_usual || gained > 2));
        let is_likely = is_enough && known_groups * 2 >= groups;
        Gain { lines: if is_likely { gained.saturating_sub(swallowed) } else { 0 }, breaks_words }
    }

    fn is_part_known(&self, at: usize) -> bool {
        match self.known.get(at - self.start) {
            Some(known) => *known,
            None => is_known(self.record.line(at)),
        }
    }
}

/// Shapes that more than one of the lines begins with.
fn repeated<'a>(lines: impl Iterator<Item = &'a str>) -> Vec<String> {
    let mut shapes: Vec<String> = lines.map(shape::of).collect();
    shapes.sort_unstable();
    shapes.chunk_by(|a, b| a == b).filter(|run| run.len() > 1).map(|run| run[0].clone()).collect()
}
