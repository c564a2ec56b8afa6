//! Which lines are the output of which tool.

use super::breaks::Breaks;
use super::commands::{Commands, printers};
use super::effort::{Effort, Level, is_encoded};
use super::markers::{self, Ask};
use super::open::Open;
use super::wrap::{self, Joined};
use super::{Limits, heading, one_line, prompt, tail};
use crate::format::{FORMATS, Sees};
use crate::record::{Place, Record};
use crate::{Command, Line, Piece, Taken};

/// Lines that are looked at to tell formats apart that see the same row.
const VOTERS_MAX: usize = 8;

/// Lines of other origin that a table goes on behind: a message of the kernel, a remark.
const STRANGERS_MAX: u32 = 2;

/// Lines behind the name of a command in a sentence among which its output has to begin.
const HEADING_LINES: usize = 4;

/// What the lines are.
#[derive(Debug)]
pub(super) struct Segmented {
    pub(super) pieces: Vec<Piece>,
    /// Lines that were not looked at, among others that are nothing.
    pub(super) skipped_lines_count: u32,
    /// Outputs behind the most that are used.
    pub(super) dropped_pieces_count: u32,
}

/// Takes the lines apart into pieces.
pub(super) fn segment(record: &mut Record, limits: Limits) -> Segmented {
    let mut segmenter = Segmenter {
        record,
        rows_left: limits.rows,
        pieces_max: limits.pieces,
        skipped_lines_count: 0,
        dropped_pieces_count: 0,
        commands: Commands::default(),
        open: None,
        gap: Gap::default(),
        breaks: Breaks::default(),
        effort: Effort::default(),
        is_cut_before: false,
        pieces: Vec::new(),
    };
    let mut at = 0;
    while at < segmenter.record.len() {
        at += segmenter.line(at);
    }
    segmenter.close();
    let Segmenter { pieces, skipped_lines_count, dropped_pieces_count, .. } = segmenter;
    Segmented { pieces, skipped_lines_count, dropped_pieces_count }
}

/// Lines behind the last one of the open piece that are none of its.
#[derive(Debug, Default)]
struct Gap {
    strangers: u32,
    blanks: u32,
}

struct Segmenter<'a> {
    record: &'a mut Record,
    /// Rows that still are read.
    rows_left: usize,
    pieces_max: usize,
    skipped_lines_count: u32,
    dropped_pieces_count: u32,
    commands: Commands,
    open: Option<Open>,
    gap: Gap,
    breaks: Breaks,
    effort: Effort,
    /// The line before says that lines were left out.
    is_cut_before: bool,
    pieces: Vec<Piece>,
}

impl Segmenter<'_> {
    /// Reads the line at a place; how many lines were taken.
    fn line(&mut self, at: usize) -> usize {
        let text = self.record.line(at).to_owned();
        if text.trim().is_empty() {
            self.gap.blanks += 1;
            let is_end = self.record.is_end_of_text(at);
            if self.gap.strangers > 0 || is_end {
                self.close();
            }
            if is_end {
                self.silent();
                self.commands = Commands::default();
                self.is_cut_before = false;
            }
            self.record.set(at, Taken::Blank);
            return 1;
        }
        let open_sees = self.open_sees(&text);
        if open_sees == Sees::Nothing && is_encoded(&text) {
            self.stranger(&text);
            return 1;
        }
        let is_weak = matches!(open_sees, Sees::More | Sees::Aside);
        if self.effort.level() == Level::Full
            && !(is_weak && self.effort.is_weary())
            && self.rows_left > 0
            && let Some(count) = self.repaired(at, &text, open_sees)
        {
            return count;
        }
        let place = Place { at, part: None };
        if self.boundary(place, &text) {
            return 1;
        }
        match self.classify(at, &text, open_sees) {
            Some((format, sees)) => self.take(place, text, 1, format, sees),
            None => return self.unknown(at, &text),
        }
        1
    }

    /// Takes a line that was broken or put together with others; how many lines were taken.
    fn repaired(&mut self, at: usize, text: &str, open_sees: Sees) -> Option<usize> {
        if let Some((sees, joined)) = self.tail(at, open_sees) {
            let end = self.record.number(at);
            if let Some(open) = &mut self.open {
                open.replace_last(joined.text, joined.more, end);
                open.see_last(sees);
            }
            return Some(1);
        }
        if let Some(count) = self.unbroken(at) {
            return Some(count);
        }
        if let Some(joined) = self.continuation(at, open_sees) {
            let end = self.record.number(at + joined.more - 1);
            if let Some(open) = &mut self.open {
                open.replace_last(joined.text, joined.more, end);
            }
            return Some(joined.more);
        }
        let parts = self.parts(at, text, open_sees)?;
        self.split(at, &parts);
        Some(1)
    }

    /// Reads the parts of a line.
    fn split(&mut self, at: usize, parts: &[String]) {
        let parts: Vec<String> = parts.iter().map(|part| part.trim_end().to_owned()).collect();
        self.record.split(at, parts.iter().cloned());
        for (part, text) in parts.into_iter().enumerate() {
            self.part(Place { at, part: Some(part) }, text);
        }
    }

    /// Reads a part of a line that was split.
    fn part(&mut self, place: Place, text: String) {
        if text.trim().is_empty() {
            self.record.set_taken(place, Taken::Blank);
        } else if !self.boundary(place, &text) {
            match self.classify(place.at, &text, self.open_sees(&text)) {
                Some((format, sees)) => self.take(place, text, 1, format, sees),
                None => self.stranger(&text),
            }
        }
    }

    /// The parts of a line that holds several rows, or rows without blanks.
    fn parts(&self, at: usize, text: &str, open_sees: Sees) -> Option<Vec<String>> {
        let preferred = self.open.iter().map(|open| open.format).chain(self.commands.formats());
        let parts = one_line::parts(text, preferred, open_sees >= Sees::Row)?;
        // Whatever a format says, the text itself stays.
        debug_assert!(!parts.is_empty(), "line {at} has no parts");
        (parts.len() > 1 || parts.first().is_some_and(|part| part != text)).then_some(parts)
    }

    /// Lines that end a piece or are about the text.
    fn boundary(&mut self, place: Place, text: &str) -> bool {
        let number = self.record.number(place.at);
        if let Some(ask) = markers::ask(text) {
            self.close();
            self.silent();
            self.commands = match ask {
                Ask::Start(typed) => Commands::asked(heading::asked(typed), number),
                Ask::End => Commands::default(),
            };
            self.record.set_taken(place, Taken::Prompt);
            return true;
        }
        let typed = prompt::prompt(text).map(|prompt| prompt.commands());
        if let Some(commands) = typed.or_else(|| {
            prompt::bare(text)
                .filter(|all| all.iter().any(|command| printers(command).next().is_some()))
        }) {
            self.close();
            self.commands = Commands::typed(commands, number);
            self.record.set_taken(place, Taken::Prompt);
            return true;
        }
        if markers::is_fence(text) {
            self.close();
            return true;
        }
        let is_of_open = |open: &Open| FORMATS[open.format].sees(text, true) > Sees::Nothing;
        if markers::is_cut(text) && !self.open.as_ref().is_some_and(is_of_open) {
            match &mut self.open {
                Some(open) => open.is_cut = true,
                None => self.is_cut_before = true,
            }
            self.record.set_taken(place, Taken::Aside("lines were left out here"));
            return true;
        }
        false
    }

    /// Our own script ran a command that printed nothing: that is an answer.
    fn silent(&mut self) {
        let Some((command, number)) = self.commands.without_output() else { return };
        let format = printers(&command).next();
        if let Some(format) = format {
            let mut open = Open::new(format, Some(command));
            open.cover(number);
            let piece = open.close(self.record);
            self.add(piece);
        }
    }

    fn add(&mut self, piece: Option<Piece>) {
        let Some(piece) = piece else { return };
        if self.pieces.len() < self.pieces_max {
            self.pieces.push(piece);
        } else {
            self.dropped_pieces_count += 1;
            self.rows_left = 0;
        }
    }

    /// What a line is to the format of the open piece.
    fn open_sees(&self, text: &str) -> Sees {
        self.open.as_ref().map_or(Sees::Nothing, |open| FORMATS[open.format].sees(text, true))
    }

    /// Which format reads a line, if any.
    fn classify(&self, at: usize, text: &str, open_sees: Sees) -> Option<(usize, Sees)> {
        let mut weak = None;
        if let Some(open) = &self.open {
            let sees = open_sees;
            let is_strong = matches!(sees, Sees::Title | Sees::Row);
            if is_strong && !self.begins_next(open.format, text) {
                return Some((open.format, sees));
            }
            if sees > Sees::Nothing && !is_strong {
                weak = Some((open.format, sees));
            }
        }
        for format in self.commands.formats() {
            let sees = FORMATS[format].sees(text, true);
            if matches!(sees, Sees::Title | Sees::Row) {
                return Some((format, sees));
            }
            if sees == Sees::Aside && weak.is_none() {
                weak = Some((format, sees));
            }
        }
        if self.effort.level() == Level::Little || (weak.is_some() && self.effort.is_weary()) {
            return weak;
        }
        let seen: Vec<(usize, Sees)> = FORMATS
            .iter()
            .enumerate()
            .map(|(place, format)| (place, format.sees(text, false)))
            .filter(|(_, sees)| matches!(sees, Sees::Title | Sees::Row))
            .collect();
        match seen.as_slice() {
            // A line that goes on with a row is stronger than a row that happens to look alike.
            rows if weak.is_some_and(|(_, sees)| sees == Sees::More)
                && rows.iter().all(|(_, sees)| *sees == Sees::Row) =>
            {
                weak
            }
            [] => weak,
            [only] => Some(*only),
            several => {
                let votes = |(format, sees): &(usize, Sees)| (self.votes(at, *format), *sees);
                several.iter().copied().rev().max_by_key(votes)
            }
        }
    }

    /// True when the output of the next command on the same line begins here.
    fn begins_next(&self, open: usize, text: &str) -> bool {
        self.commands
            .formats()
            .any(|format| format != open && FORMATS[format].sees(text, false) == Sees::Title)
    }

    /// How many of the lines behind this one the format reads too.
    fn votes(&self, at: usize, format: usize) -> usize {
        (at + 1..self.record.len())
            .take(VOTERS_MAX * 2)
            .map(|at| self.record.line(at))
            .filter(|text| !text.trim().is_empty())
            .take(VOTERS_MAX)
            .take_while(|text| prompt::prompt(text).is_none())
            .filter(|text| FORMATS[format].sees(text, true) >= Sees::More)
            .count()
    }

    fn take(&mut self, place: Place, text: String, parts: usize, format: usize, sees: Sees) {
        if let Some(open) = &self.open {
            let is_same = open.format == format;
            let is_next_run = sees == Sees::Title && open.repeats(&text);
            let is_behind_gap = self.gap.strangers > 0 && sees == Sees::Title;
            if !is_same || is_next_run || is_behind_gap {
                let command = open.command.clone().filter(|_| is_same && is_next_run);
                self.close();
                self.open = command.map(|command| Open::new(format, Some(command)));
            }
        }
        if sees >= Sees::Row {
            self.effort.succeed();
        }
        let mut open = self.open.take().unwrap_or_else(|| self.start(format));
        open.is_cut |= std::mem::take(&mut self.is_cut_before);
        self.gap = Gap::default();
        if sees < Sees::Row {
            self.effort.pass(text.len());
        }
        if sees == Sees::Row || open.is_full() {
            if self.rows_left == 0 || sees != Sees::Row {
                open.is_too_long = true;
                open.cover(self.record.number(place.at));
                let words = "behind the rows that are read of one text";
                self.record.set_taken(place, Taken::Aside(words));
                self.open = Some(open);
                return;
            }
            self.rows_left -= 1;
        }
        let line = Line {
            number: self.record.number(place.at),
            text,
            part_count: u32::try_from(parts).unwrap_or(u32::MAX),
            rebuilt: place.part.is_some(),
        };
        open.push(self.record, place, line, sees);
        self.open = Some(open);
    }

    /// A new piece, with the command that prints it.
    fn start(&mut self, format: usize) -> Open {
        let Some((command, number)) = self.commands.take(format) else {
            return Open::new(format, None);
        };
        let mut open = Open::new(format, Some(command));
        open.cover(number);
        open
    }

    /// A line that no format reads; how many lines were taken.
    fn unknown(&mut self, at: usize, text: &str) -> usize {
        if self.effort.level() != Level::Full {
            self.stranger(text);
            return 1;
        }
        let broken = self.broken_row(at, text).or_else(|| self.broken_title(at, text));
        if let Some((format, sees, joined)) = broken {
            self.take(Place { at, part: None }, joined.text, joined.more + 1, format, sees);
            return joined.more + 1;
        }
        let commands = prompt::bare(text).or_else(|| {
            heading::commands(text).filter(|commands| self.is_followed_by(at, commands))
        });
        if let Some(commands) = commands {
            self.close();
            self.commands = Commands::typed(commands, self.record.number(at));
            self.record.set(at, Taken::Prompt);
            return 1;
        }
        self.stranger(text);
        1
    }

    /// A line that is nothing. A table goes on behind it only when it stands right in it.
    fn stranger(&mut self, text: &str) {
        self.skipped_lines_count += u32::from(self.effort.level() == Level::Little);
        self.effort.fail(text.len());
        self.is_cut_before = false;
        self.commands.pass_silently();
        self.gap.strangers += 1;
        let is_remark = self.gap.blanks == 0
            && self.gap.strangers <= STRANGERS_MAX
            && !text.trim_end().ends_with([':', '：'])
            && self.open.as_ref().is_some_and(|open| open.has_rows || !open.titles().is_empty());
        if !is_remark {
            self.close();
        }
    }

    /// True when the output of one of the commands begins soon behind a line.
    fn is_followed_by(&self, at: usize, commands: &[Command]) -> bool {
        (at + 1..self.record.len())
            .map(|at| self.record.line(at))
            .filter(|text| !text.trim().is_empty() && !markers::is_fence(text))
            .take(HEADING_LINES)
            .any(|text| heading::is_output(commands, text))
    }

    /// Takes a line that was broken, with the lines behind it; how many lines were taken.
    fn unbroken(&mut self, at: usize) -> Option<usize> {
        let breaks =
            self.breaks.around(self.record, at, self.open.as_ref().map(|open| open.format));
        let all = wrap::unbroken(self.record, at, breaks);
        let whole = all.first()?;
        let place = Place { at, part: None };
        if let Some(parts) = self.parts(at, &whole.text, self.open_sees(&whole.text)) {
            let count = whole.more + 1;
            self.split(at, &parts);
            self.set_behind(at, count);
            return Some(count);
        }
        if self.boundary(place, &whole.text) {
            let count = whole.more + 1;
            self.set_behind(at, count);
            return Some(count);
        }
        // What can be read without the lines behind it, can be read with them.
        let alone = self.record.line(at);
        let needed =
            self.classify(at, alone, self.open_sees(alone)).filter(|(_, sees)| *sees >= Sees::Row);
        let needed = needed.is_some_and(|(format, _)| self.reads(format, alone));
        all.into_iter().find_map(|joined| {
            let open_sees = self.open_sees(&joined.text);
            let (format, sees) = self.classify(at + joined.more, &joined.text, open_sees)?;
            let is_row = sees >= Sees::Row;
            if needed && !(is_row && self.reads(format, &joined.text)) {
                return None;
            }
            let count = joined.more + 1;
            self.take(place, joined.text, count, format, sees);
            Some(count)
        })
    }

    fn set_behind(&mut self, at: usize, count: usize) {
        for behind in 1..count {
            self.record.set(at + behind, Taken::More(None));
        }
    }

    /// Whether a format reads a line where it stands.
    fn reads(&self, format: usize, text: &str) -> bool {
        let open = self.open.as_ref().filter(|open| open.format == format);
        let titles = open.map_or(&[][..], Open::titles);
        wrap::reads(format, text, titles, open.and_then(|open| open.command.as_ref()))
    }

    /// The last row, when it cannot be read without this line, or the last title, when this line
    /// stands between it and the rows.
    fn continuation(&mut self, at: usize, open_sees: Sees) -> Option<Joined> {
        let open =
            self.open.as_ref().filter(|_| self.gap.blanks == 0 && self.gap.strangers == 0)?;
        let (last, last_sees, last_at) = open.last()?;
        let format = FORMATS[open.format];
        if last_at + 1 != at || open_sees > Sees::Nothing {
            return None;
        }
        let is_needed = match last_sees {
            Sees::Title => {
                at + 1 < self.record.len()
                    && format.sees(self.record.line(at + 1), true) > Sees::Nothing
            }
            Sees::Row => !self.reads(open.format, &last.text),
            _ => false,
        };
        if !is_needed {
            return None;
        }
        let breaks = self.breaks.around(self.record, last_at, Some(open.format));
        let guesses = wrap::guesses(self.record, &last.text, last_at, breaks);
        let open = self.open.as_ref()?;
        guesses.into_iter().find(|joined| {
            FORMATS[open.format].sees(&joined.text, true) == last_sees
                && (last_sees == Sees::Title || self.reads(open.format, &joined.text))
        })
    }

    /// The last line with this one behind it, where that had no room for its first word, and together
    /// they are no less than it was.
    fn tail(&mut self, at: usize, open_sees: Sees) -> Option<(Sees, Joined)> {
        let open =
            self.open.as_ref().filter(|_| self.gap.blanks == 0 && self.gap.strangers == 0)?;
        let (last, last_sees, last_at) = open.last()?;
        let (format, is_joined) = (open.format, last.part_count > 1);
        let is_rest = match (last_sees, open_sees) {
            (_, Sees::Nothing) => true,
            (Sees::Row, Sees::More) => !self.reads(format, &last.text),
            (Sees::Row, Sees::Row) => tail::lost_tab(self.record, &last.text, at),
            _ => false,
        };
        let is_sure = open_sees != Sees::Nothing;
        if last_at + 1 != at || !is_rest || !tail::had_no_room(self.record, at, is_sure) {
            return None;
        }
        let joined = tail::joined(self.record, &last.text, at)?;
        let sees = FORMATS[format].sees(&joined.text, true);
        let is_as_good = match last_sees {
            Sees::Row => {
                let reads = |text: &str| self.reads(format, text);
                let is_whole_word = tail::had_no_room(self.record, at, true);
                sees == Sees::Row && (reads(&joined.text) || (is_whole_word && !reads(&last.text)))
            }
            Sees::Title => sees >= Sees::Row && self.reads(format, &joined.text),
            Sees::More | Sees::Aside => matches!(sees, Sees::More | Sees::Aside),
            Sees::Nothing => false,
        };
        if !is_as_good {
            return None;
        }
        let breaks = self.breaks.around(self.record, at, Some(format));
        let begins = open_sees == Sees::Nothing && tail::begins(self.record, at, breaks);
        let is_decided = breaks.is_hard() || (is_joined && breaks.has_width());
        (!begins && !is_decided).then_some((sees, joined))
    }

    /// A title whose parts are nothing by themselves.
    fn broken_title(&self, at: usize, text: &str) -> Option<(usize, Sees, Joined)> {
        let format = self.open.as_ref()?.format;
        if at + 1 >= self.record.len() || self.record.line(at + 1).is_empty() {
            return None;
        }
        let joined = tail::joined(self.record, text, at + 1)?;
        if joined.text.bytes().any(|octet| octet.is_ascii_digit()) {
            return None;
        }
        let sees = FORMATS[format].sees(&joined.text, true);
        (sees >= Sees::Row && self.reads(format, &joined.text)).then_some((format, sees, joined))
    }

    /// A row whose first part is nothing by itself.
    fn broken_row(&mut self, at: usize, text: &str) -> Option<(usize, Sees, Joined)> {
        let has_data = text.bytes().any(|octet| octet.is_ascii_digit() || octet == b'-');
        if at + 1 >= self.record.len() || !has_data {
            return None;
        }
        let breaks =
            self.breaks.around(self.record, at, self.open.as_ref().map(|open| open.format));
        let guesses = wrap::guesses(self.record, text, at, breaks);
        guesses.into_iter().find_map(|joined| {
            let open_sees = self.open_sees(&joined.text);
            let (format, sees) = self.classify(at, &joined.text, open_sees)?;
            let is_read = sees >= Sees::Row && wrap::reads(format, &joined.text, &[], None);
            is_read.then_some((format, sees, joined))
        })
    }

    fn close(&mut self) {
        self.gap = Gap::default();
        if let Some(open) = self.open.take() {
            let piece = open.close(self.record);
            self.add(piece);
        }
    }
}
