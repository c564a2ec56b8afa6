//! The piece that is being read.

use super::merge;
use crate::format::{FORMATS, Sees, Table};
use crate::record::{Place, Record};
use crate::{Command, Cut, Line, Piece, Taken};

/// Lines that a format is given at once. A longer output is read in parts, so that a text of nothing
/// but rows takes no more room than its facts.
const LINES_AT_ONCE: usize = 1 << 14;

/// Lines without a row between them that are held at most: an entry of JSON can be laid out on many.
const LINES_HELD: usize = 10 * LINES_AT_ONCE;

/// Titles that are remembered of a piece.
const TITLES_MAX: usize = 64;

/// The piece that is being read.
#[derive(Debug)]
pub(super) struct Open {
    /// Place of its format in [`FORMATS`].
    pub(super) format: usize,
    pub(super) command: Option<Command>,
    pub(super) has_rows: bool,
    /// A mark says that lines were left out.
    pub(super) is_cut: bool,
    /// Not all of its rows were read: the text holds too many.
    pub(super) is_too_long: bool,
    places: Vec<Place>,
    lines: Vec<Line>,
    /// Its titles, from which the parts of a long output behind the first have their columns.
    titles: Vec<Line>,
    last_sees: Sees,
    span: Option<(u32, u32)>,
    /// What was read of the lines that are no longer held.
    read: Option<Table>,
    counts: Counts,
}

/// Rows of a piece.
#[derive(Clone, Copy, Debug, Default)]
struct Counts {
    rows: u32,
    rejected: u32,
    repaired: u32,
}

impl Open {
    pub(super) fn new(format: usize, command: Option<Command>) -> Self {
        Self {
            format,
            command,
            has_rows: false,
            is_cut: false,
            is_too_long: false,
            places: Vec::new(),
            lines: Vec::new(),
            titles: Vec::new(),
            last_sees: Sees::Nothing,
            span: None,
            read: None,
            counts: Counts::default(),
        }
    }

    /// True when so many lines are held that no more fit.
    pub(super) fn is_full(&self) -> bool {
        self.lines.len() >= LINES_HELD
    }

    /// True when a second run of the same command begins with this title: it stood in the piece
    /// before.
    pub(super) fn repeats(&self, title: &str) -> bool {
        self.titles.iter().any(|known| known.text.trim() == title.trim())
    }

    pub(super) fn titles(&self) -> &[Line] {
        &self.titles
    }

    /// Sets the last line that belongs to the piece, from the command line on.
    pub(super) fn cover(&mut self, number: u32) {
        self.span = Some(
            self.span
                .map_or((number, number), |(first, last)| (first.min(number), last.max(number))),
        );
    }

    /// The last line, what the format takes it for, and where its last part stands in the record.
    /// `None` behind a part of a line.
    pub(super) fn last(&self) -> Option<(&Line, Sees, usize)> {
        let place = self.places.last().filter(|place| place.part.is_none())?;
        let line = self.lines.last()?;
        Some((line, self.last_sees, place.at + line.part_count as usize - 1))
    }

    /// Puts a longer text in the place of the last line, with `more` lines behind it, up to the one
    /// with this number.
    pub(super) fn replace_last(&mut self, text: String, more: usize, number: u32) {
        if self.last_sees == Sees::Title
            && let Some(title) = self.titles.last_mut()
        {
            title.text.clone_from(&text);
        }
        if let Some(line) = self.lines.last_mut() {
            line.text = text;
            line.part_count += u32::try_from(more).unwrap_or(0);
        }
        self.cover(number);
    }

    /// Says what the last line is, now that more stands on it.
    pub(super) fn see_last(&mut self, sees: Sees) {
        self.last_sees = sees;
    }

    /// Adds a line, and what the format takes it for.
    pub(super) fn push(&mut self, record: &mut Record, place: Place, line: Line, sees: Sees) {
        match sees {
            Sees::Title => {
                if self.titles.len() < TITLES_MAX {
                    self.titles.push(line.clone());
                }
            }
            Sees::Row => {
                self.has_rows = true;
                if self.lines.len() >= LINES_AT_ONCE {
                    self.read_held(record);
                }
            }
            Sees::Nothing | Sees::Aside | Sees::More => {}
        }
        self.last_sees = sees;
        self.cover(line.number);
        self.cover(record.number(place.at + line.part_count as usize - 1));
        self.places.push(place);
        self.lines.push(line);
    }

    /// Reads the lines that are held, and lets go of them.
    fn read_held(&mut self, record: &mut Record) {
        let places = std::mem::take(&mut self.places);
        let mut lines = std::mem::take(&mut self.lines);
        let is_later = self.read.is_some();
        let title_count = if is_later { self.titles.len() } else { 0 };
        if is_later {
            lines.splice(0..0, self.titles.iter().cloned());
        }
        let mut table = FORMATS[self.format].read(&lines, self.command.as_ref());
        let all_taken = std::mem::take(&mut table.taken);
        for (at, taken) in all_taken.into_iter().enumerate().skip(title_count) {
            let (Some(place), Some(line)) = (places.get(at - title_count), lines.get(at)) else {
                break;
            };
            let taken = match taken {
                Taken::Row(text) if line.part_count > 1 || line.rebuilt => Taken::Repaired(text),
                other => other,
            };
            match taken {
                Taken::Row(_) => self.counts.rows += 1,
                Taken::Repaired(_) => {
                    self.counts.rows += 1;
                    self.counts.repaired += 1;
                }
                Taken::Rejected(_) => self.counts.rejected += 1,
                _ => {}
            }
            record.set_taken(*place, taken);
            for part in 1..line.part_count as usize {
                record.set(place.at + part, Taken::More(None));
            }
        }
        self.read = Some(match self.read.take() {
            None => table,
            Some(before) => merge::tables(before, table),
        });
    }

    /// Ends the piece. `None` when it holds neither a row nor a title, and no command says that it
    /// is an output.
    pub(super) fn close(mut self, record: &mut Record) -> Option<Piece> {
        self.read_held(record);
        let Table { content, cut, foreign_system, notes, .. } = self.read?;
        let is_filtered = self.command.as_ref().is_some_and(Command::is_filtered);
        let cut = None
            .or(self.is_too_long.then_some(Cut::TooLong))
            .or(self.is_cut.then_some(Cut::Marked))
            .or(cut)
            .or(is_filtered.then_some(Cut::Filtered))
            .or((self.counts.rejected > 0).then_some(Cut::Unreadable));
        let is_output =
            self.has_rows || self.is_too_long || !self.titles.is_empty() || self.command.is_some();
        is_output.then_some(Piece {
            kind: FORMATS[self.format].kind(),
            lines: self.span.unwrap_or_default(),
            command: self.command,
            content,
            row_count: self.counts.rows,
            rejected_count: self.counts.rejected,
            repaired_count: self.counts.repaired,
            cut,
            foreign_system,
            notes,
        })
    }
}
