//! How well a line is known.

use super::{markers, prompt};
use crate::format::{FORMATS, Sees};

/// The shortest row or title that a format knows: `Tcp:`.
const KNOWN_OCTETS_MIN: usize = 4;

/// What a line is to the format that knows it best, without what stands around it. A prompt is as
/// good as a title.
pub(super) fn best(line: &str) -> Sees {
    let line = line.trim_end();
    if line.trim_start().len() < KNOWN_OCTETS_MIN {
        return Sees::Nothing;
    }
    if prompt::prompt(line).is_some() || markers::ask(line).is_some() {
        return Sees::Title;
    }
    let mut best = Sees::Nothing;
    for format in FORMATS {
        let sees = format.sees(line, false);
        if sees == Sees::Title {
            return sees;
        }
        if sees == Sees::Row {
            best = sees;
        }
    }
    if best == Sees::Nothing && prompt::bare(line).is_some() { Sees::Title } else { best }
}

/// The format that knows a line best.
pub(super) fn format(line: &str) -> Option<usize> {
    let seen = FORMATS.iter().enumerate().map(|(place, format)| (format.sees(line, false), place));
    let best = seen
        .filter(|(sees, _)| *sees >= Sees::Row)
        .max_by_key(|(sees, place)| (*sees, usize::MAX - place));
    best.map(|(_, place)| place)
}
