//! The commands that wait for their output.

use crate::Command;
use crate::format::FORMATS;

/// Lines without any output after which a command no longer names what follows.
const PATIENCE_LINES: u32 = 12;

/// The commands of the last prompt.
#[derive(Debug, Default)]
pub(super) struct Commands {
    /// In order; those before `next` have had their output.
    all: Vec<Command>,
    next: usize,
    /// Number of the line where they were typed.
    line: u32,
    /// Lines since then that are no output.
    silent_lines: u32,
    /// Our own script says where the output ends, so that none at all is an answer.
    is_certain: bool,
}

impl Commands {
    pub(super) fn typed(all: Vec<Command>, line: u32) -> Self {
        Self { all, line, ..Self::default() }
    }

    pub(super) fn asked(all: Vec<Command>, line: u32) -> Self {
        Self { is_certain: true, ..Self::typed(all, line) }
    }

    /// Those that can still have output, the next one first.
    pub(super) fn waiting(&self) -> &[Command] {
        self.all.get(self.next..).unwrap_or_default()
    }

    /// Formats of those that can still have output.
    pub(super) fn formats(&self) -> impl Iterator<Item = usize> {
        self.waiting().iter().flat_map(printers)
    }

    /// Takes the command that prints a format, with the number of its line.
    pub(super) fn take(&mut self, format: usize) -> Option<(Command, u32)> {
        let prints = |command: &Command| FORMATS[format].is_printed_by(command);
        let behind = self.waiting().iter().position(prints)?;
        self.next += behind + 1;
        self.silent_lines = 0;
        Some((self.all[self.next - 1].clone(), self.line))
    }

    /// Counts a line that is no output. Far behind a command nothing is its output any more.
    pub(super) fn pass_silently(&mut self) {
        self.silent_lines += 1;
        if self.silent_lines > PATIENCE_LINES && !self.is_certain {
            *self = Self::default();
        }
    }

    /// The command that certainly printed nothing, with the number of its line.
    pub(super) fn without_output(&self) -> Option<(Command, u32)> {
        let is_silent = self.is_certain && self.next == 0 && self.silent_lines == 0;
        match self.all.as_slice() {
            [only] if is_silent => Some((only.clone(), self.line)),
            _ => None,
        }
    }
}

/// Places of the formats that a command prints.
pub(super) fn printers(command: &Command) -> impl Iterator<Item = usize> {
    let prints = |(_, format): &(usize, &&dyn crate::format::Format)| format.is_printed_by(command);
    FORMATS.iter().enumerate().filter(prints).map(|(place, _)| place)
}
