//! From bytes to lines.

use thiserror::Error;

use crate::Ticket;

/// How much is read at most.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Octets of the input.
    pub octets: usize,
    /// Lines of the input.
    pub lines: usize,
    /// Octets of one line.
    pub line_octets: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { octets: 64 << 20, lines: 2_000_000, line_octets: 16 << 10 }
    }
}

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
    if bytes.len() > limits.octets {
        return Err(Unreadable::TooLarge { limit: limits.octets, unit: "octets" });
    }
    Ok(Ticket::default())
}
