//! Ticks on an axis of time, a row for each kind of frame: the gaps double, and what is missing shows.

use std::fmt::Write as _;

use synrecv_model::{FrameKind, Handshake, HandshakeFrame, Mono};

/// Columns of the names of rows, and of a number that begins in the last column.
const NAME_COLUMNS: usize = 11;
const NUMBER_COLUMNS: usize = 4;

/// Least columns from one number on the axis to the next.
const STEP_COLUMNS: u64 = 7;

/// Rows, in order of the handshake; the first three are always shown.
const ROWS: [&str; 6] = ["SYN", "SYN-ACK", "ACK", "data", "RST", "ICMP"];

/// The row of a kind of frame.
fn row(kind: FrameKind) -> usize {
    match kind {
        FrameKind::Syn => 0,
        FrameKind::SynAck => 1,
        FrameKind::Ack => 2,
        FrameKind::Data | FrameKind::Fin => 3,
        FrameKind::Rst => 4,
        FrameKind::Icmp { .. } => 5,
    }
}

/// The axis and its rows.
pub(super) fn write(out: &mut String, handshake: &Handshake, width: usize) {
    let frames = || handshake.frames.iter().filter(|frame| !frame.copy);
    let (Some(first), Some(last)) =
        (frames().map(|frame| frame.at).min(), frames().map(|frame| frame.at).max())
    else {
        return;
    };
    let scale = Scale::new(first, last, width);
    let (unit, numbers) = scale.numbers();
    let _ = writeln!(out, "  {unit:<9}{}", numbers.trim_end());
    for (at, name) in ROWS.into_iter().enumerate() {
        let marks = scale.marks(frames().filter(|frame| row(frame.kind) == at));
        if at < 3 || !marks.is_empty() {
            let _ = writeln!(out, "{}", format!("  {name:<9}{marks}").trim_end());
        }
    }
}

/// Time in nanoseconds laid out over columns.
#[derive(Clone, Copy, Debug)]
struct Scale {
    first: Mono,
    /// Nanoseconds from the first column to the last; not 0.
    span: u64,
    /// The last column.
    last_column: u64,
}

impl Scale {
    fn new(first: Mono, last: Mono, width: usize) -> Self {
        let columns = width.saturating_sub(NAME_COLUMNS + NUMBER_COLUMNS).max(10);
        // A handshake of less than a millisecond is drawn as one moment.
        let span = last.0.saturating_sub(first.0).max(1_000_000);
        Self { first, span, last_column: columns as u64 }
    }

    fn column(self, ns: u64) -> usize {
        let span = u128::from(self.span);
        let column = (u128::from(ns) * u128::from(self.last_column) + span / 2) / span;
        usize::try_from(column).unwrap_or(usize::MAX)
    }

    /// The unit, and numbers in it that are round and far enough from each other.
    fn numbers(self) -> (&'static str, String) {
        let (unit, unit_ns) = match self.span {
            0..2_000_000_000 => ("ms", 1_000_000),
            2_000_000_000..600_000_000_000 => ("s", 1_000_000_000),
            _ => ("min", 60_000_000_000),
        };
        let least = (self.span * STEP_COLUMNS / self.last_column).div_ceil(unit_ns);
        let step = round_up(least);
        let mut line = String::new();
        let numbers = (0..=self.last_column).map(|times| times.saturating_mul(step));
        for number in numbers.take_while(|number| number * unit_ns <= self.span) {
            let column = self.column(number * unit_ns);
            let _ = write!(line, "{:gap$}{number}", "", gap = column.saturating_sub(line.len()));
        }
        (unit, line)
    }

    /// `|` for a frame, the number where several share a column, `#` for more than 9.
    fn marks<'f>(self, frames: impl Iterator<Item = &'f HandshakeFrame>) -> String {
        let mut counts: Vec<u32> = Vec::new();
        for frame in frames {
            let column = self.column(frame.at.0.saturating_sub(self.first.0));
            if counts.len() <= column {
                counts.resize(column + 1, 0);
            }
            counts[column] += 1;
        }
        let mark = |count| match count {
            0 => ' ',
            1 => '|',
            2..=9 => char::from_digit(count, 10).unwrap_or('#'),
            _ => '#',
        };
        counts.into_iter().map(mark).collect()
    }
}

/// The least of 1, 2, 5, 10, 20, 50 … that is not below `least`.
fn round_up(least: u64) -> u64 {
    let mut power = 1_u64;
    loop {
        for factor in [1, 2, 5] {
            if power.saturating_mul(factor) >= least {
                return power.saturating_mul(factor);
            }
        }
        power = power.saturating_mul(10);
    }
}
