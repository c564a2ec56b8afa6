//! Which lines are the output of which tool.

use super::markers::{self, Ask};
use super::open::{Open, Place};
use super::{prompt, shell};
use crate::format::{FORMATS, Sees};
use crate::record::Record;
use crate::{Command, Line, Piece, Taken};

/// Lines that are looked at to tell formats apart that see the same row.
const VOTERS_MAX: usize = 8;

/// Lines without any output after which a command no longer names what follows.
const PATIENCE_LINES: u32 = 12;

/// Takes the lines apart into pieces.
pub(super) fn segment(record: &mut Record) -> Vec<Piece> {
    let mut segmenter = Segmenter {
        record,
        commands: Commands::default(),
        open: None,
        gap: Gap::default(),
        pieces: Vec::new(),
    };
    for at in 0..segmenter.record.len() {
        segmenter.line(at);
    }
    segmenter.close();
    segmenter.pieces
}

/// The commands of the last prompt.
#[derive(Debug, Default)]
struct Commands {
    /// In order; those before `next` have had their output.
    all: Vec<Command>,
    next: usize,
    /// Where they were typed.
    line: u32,
    /// Lines since then that are no output.
    silent_lines: u32,
    /// The script of `ask` says so: even no output at all is one.
    is_certain: bool,
}

/// Lines behind the last one of the open piece that are none of its.
#[derive(Debug, Default)]
struct Gap {
    unknown: u32,
    blank: u32,
}

struct Segmenter<'a> {
    record: &'a mut Record,
    commands: Commands,
    open: Option<Open>,
    gap: Gap,
    pieces: Vec<Piece>,
}

impl Segmenter<'_> {
    fn line(&mut self, at: usize) {
        let text = self.record.line(at);
        if text.trim().is_empty() {
            self.gap.blank += 1;
            self.record.set(at, Taken::Blank);
            return;
        }
        if self.boundary(at) {
            return;
        }
        let text = self.record.line(at).to_owned();
        match self.classify(at, &text) {
            Some((format, sees)) => self.take(at, text, format, sees),
            None => self.unknown(at, &text),
        }
    }

    /// Lines that end a piece or are about the text.
    fn boundary(&mut self, at: usize) -> bool {
        let text = self.record.line(at);
        let number = self.record.number(at);
        if let Some(ask) = markers::ask(text) {
            let commands = match ask {
                Ask::Start(typed) => shell::parse(typed, None, false),
                Ask::End => Vec::new(),
            };
            self.close();
            self.commands =
                Commands { all: commands, line: number, is_certain: true, ..Commands::default() };
            self.record.set(at, Taken::Prompt);
            return true;
        }
        if let Some(prompt) = prompt::prompt(text) {
            let commands = prompt.commands();
            self.close();
            self.commands = Commands { all: commands, line: number, ..Commands::default() };
            self.record.set(at, Taken::Prompt);
            return true;
        }
        if markers::is_fence(text) {
            self.close();
            return true;
        }
        if self.open.is_some() && markers::is_cut(text) {
            if let Some(open) = &mut self.open {
                open.is_cut = true;
            }
            self.record.set(at, Taken::Aside("lines were left out here"));
            return true;
        }
        false
    }

    /// Which format reads a line, if any.
    fn classify(&self, at: usize, text: &str) -> Option<(usize, Sees)> {
        let mut aside = None;
        if let Some(open) = &self.open {
            let sees = FORMATS[open.format].sees(text, true);
            if matches!(sees, Sees::Title | Sees::Row | Sees::More) {
                return Some((open.format, sees));
            }
            if sees == Sees::Aside {
                aside = Some((open.format, sees));
            }
        }
        for format in self.commanded() {
            let sees = FORMATS[format].sees(text, true);
            if matches!(sees, Sees::Title | Sees::Row) {
                return Some((format, sees));
            }
            if sees == Sees::Aside && aside.is_none() {
                aside = Some((format, sees));
            }
        }
        let seen: Vec<(usize, Sees)> = FORMATS
            .iter()
            .enumerate()
            .map(|(place, format)| (place, format.sees(text, false)))
            .filter(|(_, sees)| matches!(sees, Sees::Title | Sees::Row))
            .collect();
        let title = seen.iter().find(|(_, sees)| *sees == Sees::Title);
        match (title, seen.as_slice()) {
            (Some(title), _) => Some(*title),
            (None, []) => aside,
            (None, [only]) => Some(*only),
            (None, several) => {
                several.iter().copied().rev().max_by_key(|(format, _)| self.votes(at, *format))
            }
        }
    }

    /// Formats of the commands that can still have output, the next one first.
    fn commanded(&self) -> impl Iterator<Item = usize> {
        let waiting = &self.commands.all[self.commands.next.min(self.commands.all.len())..];
        waiting.iter().flat_map(|command| {
            FORMATS
                .iter()
                .enumerate()
                .filter(|(_, format)| format.is_printed_by(command))
                .map(|(place, _)| place)
        })
    }

    /// How many of the lines behind this one the format reads too.
    fn votes(&self, at: usize, format: usize) -> usize {
        (at + 1..self.record.len())
            .map(|at| self.record.line(at))
            .filter(|text| !text.trim().is_empty())
            .take(VOTERS_MAX)
            .take_while(|text| prompt::prompt(text).is_none())
            .filter(|text| FORMATS[format].sees(text, true) >= Sees::More)
            .count()
    }

    fn take(&mut self, at: usize, text: String, format: usize, sees: Sees) {
        let number = self.record.number(at);
        let ends = self.open.as_ref().is_some_and(|open| {
            open.format != format || (sees == Sees::Title && open.repeats(&text))
        });
        if ends {
            let is_repeated = self.open.as_ref().is_some_and(|open| open.format == format);
            let command = self.open.as_ref().and_then(|open| open.command.clone());
            self.close();
            if is_repeated {
                self.open = Some(Open::new(format, command));
            }
        }
        if self.open.is_none() {
            self.open = Some(self.start(format));
        }
        self.gap = Gap::default();
        let line = Line { number, text, part_count: 1, rebuilt: false };
        if let Some(open) = &mut self.open {
            open.push(self.record, Place { at, part: None }, line, sees);
        }
    }

    /// A new piece, with the command that prints it.
    fn start(&mut self, format: usize) -> Open {
        let waiting = &self.commands.all[self.commands.next.min(self.commands.all.len())..];
        let found = waiting.iter().position(|command| FORMATS[format].is_printed_by(command));
        let command = found.map(|behind| waiting[behind].clone());
        if let Some(behind) = found {
            self.commands.next += behind + 1;
        }
        let mut open = Open::new(format, command);
        if found.is_some() {
            open.cover(self.commands.line);
        }
        open
    }

    /// A line that no format reads.
    fn unknown(&mut self, at: usize, text: &str) {
        if let Some(commands) = prompt::bare(text) {
            self.close();
            self.commands =
                Commands { all: commands, line: self.record.number(at), ..Commands::default() };
            self.record.set(at, Taken::Prompt);
            return;
        }
        self.gap.unknown += 1;
        self.close();
        self.commands.silent_lines += 1;
        if self.commands.silent_lines > PATIENCE_LINES {
            self.commands = Commands::default();
        }
    }

    fn close(&mut self) {
        self.gap = Gap::default();
        if let Some(open) = self.open.take() {
            self.pieces.extend(open.close(self.record));
        }
    }
}
