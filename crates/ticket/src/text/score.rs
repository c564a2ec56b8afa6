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

/// True for a row or a title of any format, and for a prompt.
pub(super) fn is_known(line: &str) -> bool {
    let line = line.trim_end();
    line.trim_start().len() >= KNOWN_OCTETS_MIN
        && (FORMATS.iter().any(|format| format.sees(line, false) >= Sees::Row)
            || prompt::prompt(line).is_some()
            || markers::ask(line).is_some()
            || prompt::bare(line).is_some())
}

/// The first format that knows a line.
pub(super) fn format(line: &str) -> Option<usize> {
    FORMATS.iter().position(|format| format.sees(line, false) >= Sees::Row)
}
