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
}

impl Default for Limits {
    fn default() -> Self {
        Self { octets: 64 << 20, lines: 2_000_000, line_octets: 16 << 10 }
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

/// Takes a text apart.
///
/// # Errors
/// When it is larger than the limits. A text without anything known in it is a [`Ticket`] without
/// pieces.
pub fn read(bytes: &[u8], limits: Limits) -> Result<Ticket, Unreadable> {
    let octets_max = limits.octets.min(OCTETS_MAX);
    if bytes.len() > octets_max {
        return Err(Unreadable::TooLarge { limit: octets_max, unit: "octets" });
    }
    let mut record = Record::default();
    let mut long_lines_count = 0;
    let mut number: u32 = 0;
    let mut markup = Markup::default();
    decode::lines(bytes, limits.line_octets, |line, is_cut| {
        number += 1;
        long_lines_count += u32::from(is_cut);
        // Soft breaks of word processors end a row, not a line of the input.
        for part in line.split(['\u{b}', '\u{85}', '\u{2028}', '\u{2029}']) {
            markup.push(number, &terminal::clean(part), &mut |number, line| {
                record.push(number, line);
            });
        }
        number as usize <= limits.lines
    });
    markup.flush(&mut |number, line| record.push(number, line));
    if number as usize > limits.lines {
        return Err(Unreadable::TooLarge { limit: limits.lines, unit: "lines" });
    }
    let pieces = segment::segment(&mut record);
    Ok(Ticket { record, pieces, long_lines_count })
}
