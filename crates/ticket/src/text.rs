//! From bytes to lines, from lines to pieces.

mod breaks;
mod commands;
mod decode;
mod effort;
mod heading;
mod markers;
mod markup;
mod merge;
mod one_line;
mod open;
mod prompt;
mod score;
mod segment;
mod shape;
mod shell;
mod tail;
mod terminal;
mod wrap;

use thiserror::Error;

use markup::Markup;

use crate::Ticket;
use crate::record::Record;

/// How much is read at most.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Octets of the input, up to 1 GiB.
    pub octets: usize,
    /// Lines of the input.
    pub lines: usize,
    /// Octets of one line; what stands behind them is not read.
    pub line_octets: usize,
    /// Rows of outputs; of what stands behind them nothing is used.
    pub rows: usize,
    /// Outputs; those behind them are not used.
    pub pieces: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            octets: 64 << 20,
            lines: 2_000_000,
            line_octets: 16 << 10,
            rows: 120_000,
            pieces: 1_000,
        }
    }
}

/// Places in the text are 32 bits wide, and a character can take three times its octets.
const OCTETS_MAX: usize = 1 << 30;

/// Why a text could not be read at all.
#[derive(Debug, Error)]
pub enum Unreadable {
    /// Larger than [`Limits`] permit.
    #[error("more than {limit} {unit}")]
    TooLarge {
        /// The limit.
        limit: usize,
        /// Of what: `octets` or `lines`.
        unit: &'static str,
    },
}

/// Takes a text apart. Octets that are handed over are let go of as soon as their lines are known,
/// before most of the room is needed.
///
/// # Errors
/// When it is larger than the limits. A text without anything known in it is a [`Ticket`] without
/// pieces.
pub fn read(bytes: impl AsRef<[u8]>, limits: Limits) -> Result<Ticket, Unreadable> {
    read_all([bytes], limits)
}

/// Takes several texts apart as one ticket, whose lines are counted through all of them. No output goes
/// on from one text into the next.
///
/// # Errors
/// When all together are larger than the limits.
pub fn read_all<B: AsRef<[u8]>>(
    texts: impl IntoIterator<Item = B>,
    limits: Limits,
) -> Result<Ticket, Unreadable> {
    let mut lines = Lines::default();
    let mut text_starts = Vec::new();
    for bytes in texts {
        text_starts.push(lines.number + 1);
        lines.read(bytes.as_ref(), limits)?;
        drop(bytes);
    }
    let Lines { mut record, long_lines_count, .. } = lines;
    let segmented = segment::segment(&mut record, limits);
    let segment::Segmented { pieces, skipped_lines_count, dropped_pieces_count } = segmented;
    Ok(Ticket {
        record,
        pieces,
        text_starts,
        long_lines_count,
        skipped_lines_count,
        dropped_pieces_count,
    })
}

/// The lines of all texts, without what stands around them.
#[derive(Debug, Default)]
struct Lines {
    record: Record,
    octets: usize,
    /// Number of the last line.
    number: u32,
    long_lines_count: u32,
}

impl Lines {
    fn read(&mut self, bytes: &[u8], limits: Limits) -> Result<(), Unreadable> {
        let octets_max = limits.octets.min(OCTETS_MAX);
        self.octets = self.octets.saturating_add(bytes.len());
        if self.octets > octets_max {
            return Err(Unreadable::TooLarge { limit: octets_max, unit: "octets" });
        }
        let Self { record, number, long_lines_count, .. } = self;
        if record.len() > 0 {
            record.end_text(*number);
        }
        let mut markup = Markup::default();
        decode::lines(bytes, limits.line_octets, |line, is_cut| {
            *number += 1;
            *long_lines_count += u32::from(is_cut);
            // Soft breaks of word processors end a row, not a line of the input.
            for part in line.split(['\u{b}', '\u{85}', '\u{2028}', '\u{2029}']) {
                markup.push(*number, &terminal::clean(part), &mut |number, line| {
                    record.push(number, line);
                });
            }
            *number as usize <= limits.lines
        });
        markup.flush(&mut |number, line| record.push(number, line));
        if *number as usize > limits.lines {
            return Err(Unreadable::TooLarge { limit: limits.lines, unit: "lines" });
        }
        Ok(())
    }
}
