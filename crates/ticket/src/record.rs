//! What was made of each line of a text, in little room: garbage can have two million lines.

use std::collections::BTreeMap;

use synrecv_model::Text;

use crate::Taken;

/// Rows whose readings are kept. Nobody reads further, and garbage can be all rows.
const READINGS_MAX: usize = 50_000;

/// A line: where it stands in the text, its number, and which reading it has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Entry {
    start: u32,
    end: u32,
    number: u32,
    reading: u32,
    /// Columns of a terminal, with trailing blanks; a wide character counts as one.
    width: u16,
    ends_in_word: bool,
}

/// Where a line stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    /// Its line, or the first of those that it was put together from.
    pub(crate) at: usize,
    /// Which part of that line it is, when it was split.
    pub(crate) part: Option<usize>,
}

/// The lines of a text, and what was made of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Record {
    text: String,
    entries: Vec<Entry>,
    readings: Vec<Taken>,
    /// Of lines that were split: the parts of each.
    parts: BTreeMap<u32, Vec<(String, Taken)>>,
    /// Places of the blank lines between texts.
    ends: Vec<u32>,
}

impl Default for Record {
    fn default() -> Self {
        Self {
            text: String::new(),
            entries: Vec::new(),
            // The first are shared by all lines that have no reading of their own.
            readings: vec![
                Taken::Prose,
                Taken::Blank,
                Taken::Prompt,
                Taken::Title,
                Taken::More(None),
                Taken::Row(Text::new()),
                Taken::Repaired(Text::new()),
                Taken::Rejected(Text::new()),
            ],
            parts: BTreeMap::new(),
            ends: Vec::new(),
        }
    }
}

impl Record {
    /// Appends a line without its trailing blanks; it counts as prose until something else is known.
    pub(crate) fn push(&mut self, number: u32, line: &str) {
        let width = line.chars().fold(0_u16, |width, character| match character {
            '\t' => width.saturating_add(8 - width % 8),
            _ => width.saturating_add(1),
        });
        let start = self.text.len();
        let trimmed = line.trim_end();
        let ends_in_word = trimmed.len() == line.len();
        self.text.push_str(trimmed);
        let place = |octet: usize| u32::try_from(octet).unwrap_or(u32::MAX);
        let (start, end) = (place(start), place(self.text.len()));
        self.entries.push(Entry { start, end, number, reading: 0, width, ends_in_word });
    }

    /// Ends a text: a blank line, with the number of the last one, that no output reaches across.
    pub(crate) fn end_text(&mut self, number: u32) {
        self.ends.push(u32::try_from(self.entries.len()).unwrap_or(u32::MAX));
        self.push(number, "");
    }

    /// True for the blank line between two texts.
    pub(crate) fn is_end_of_text(&self, at: usize) -> bool {
        u32::try_from(at).is_ok_and(|at| self.ends.binary_search(&at).is_ok())
    }

    pub(crate) fn len(&self) -> usize {
        self.entries.len()
    }

    /// The text of a line, by its place in the record.
    pub(crate) fn line(&self, at: usize) -> &str {
        let entry = self.entries[at];
        &self.text[entry.start as usize..entry.end as usize]
    }

    /// The number of a line in the input, from 1.
    pub(crate) fn number(&self, at: usize) -> u32 {
        self.entries[at].number
    }

    /// How wide a line was in the input, in columns of a terminal, with its trailing blanks.
    pub(crate) fn width(&self, at: usize) -> usize {
        usize::from(self.entries[at].width)
    }

    /// True when a line was this wide. Some programs count octets for characters.
    pub(crate) fn has_width(&self, at: usize, width: usize) -> bool {
        let columns = self.width(at);
        let line = self.line(at);
        columns == width
            || (!line.is_ascii() && columns + line.len() - line.chars().count() == width)
    }

    /// True when no blank stood at the end of a line.
    pub(crate) fn ends_in_word(&self, at: usize) -> bool {
        self.entries[at].ends_in_word
    }

    /// Sets what was made of a line.
    pub(crate) fn set(&mut self, at: usize, taken: Taken) {
        let shared = |taken: &Taken| match taken {
            Taken::Prose => Some(0),
            Taken::Blank => Some(1),
            Taken::Prompt => Some(2),
            Taken::Title => Some(3),
            Taken::More(None) => Some(4),
            _ => None,
        };
        let is_full = self.readings.len() >= READINGS_MAX;
        let reading = match shared(&taken) {
            Some(reading) => reading,
            None if is_full => match &taken {
                Taken::Row(_) => 5,
                Taken::Repaired(_) => 6,
                Taken::Rejected(_) => 7,
                // Notes on lines are few different ones.
                Taken::Aside(_) => self.last_aside(&taken),
                _ => 4,
            },
            None => match taken {
                Taken::Aside(_) => self.last_aside(&taken),
                _ => self.append(taken),
            },
        };
        self.entries[at].reading = reading;
    }

    /// Says that a line was split.
    pub(crate) fn split(&mut self, at: usize, parts: impl IntoIterator<Item = String>) {
        if self.parts.len() < READINGS_MAX {
            let parts = parts.into_iter().map(|part| (part, Taken::Prose)).collect();
            self.parts.insert(u32::try_from(at).unwrap_or(u32::MAX), parts);
        }
    }

    /// Sets what was made of a line or of a part of one.
    pub(crate) fn set_taken(&mut self, place: Place, taken: Taken) {
        match place.part {
            Some(part) => self.set_part(place.at, part, taken),
            None => self.set(place.at, taken),
        }
    }

    fn set_part(&mut self, at: usize, part: usize, taken: Taken) {
        let parts = u32::try_from(at).ok().and_then(|at| self.parts.get_mut(&at));
        if let Some((_, known)) = parts.and_then(|parts| parts.get_mut(part)) {
            *known = taken;
        }
    }

    fn append(&mut self, taken: Taken) -> u32 {
        self.readings.push(taken);
        u32::try_from(self.readings.len() - 1).unwrap_or(u32::MAX)
    }

    /// A remark that is a literal is stored once while it is repeated.
    fn last_aside(&mut self, taken: &Taken) -> u32 {
        let known = self.readings.iter().rev().take(16).position(|known| known == taken);
        match known {
            Some(behind) => u32::try_from(self.readings.len() - 1 - behind).unwrap_or(u32::MAX),
            None => self.append(taken.clone()),
        }
    }

    /// Every line in order.
    pub(crate) fn lines(&self) -> impl Iterator<Item = (u32, &str, &Taken)> {
        let own = self.entries.iter().enumerate().filter(|(at, _)| !self.is_end_of_text(*at));
        own.flat_map(|(at, entry)| {
            let parts = u32::try_from(at).ok().and_then(|at| self.parts.get(&at));
            let whole = parts.is_none().then(|| {
                let taken = self.readings.get(entry.reading as usize);
                (entry.number, self.line(at), taken.unwrap_or(&Taken::Prose))
            });
            let parts = parts.into_iter().flatten();
            whole
                .into_iter()
                .chain(parts.map(move |(text, taken)| (entry.number, text.as_str(), taken)))
        })
    }
}
