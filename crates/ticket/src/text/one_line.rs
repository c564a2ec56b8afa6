//! Several rows in one line, outputs without their line ends.

use super::commands::printers;
use super::{prompt, score};
use crate::format::{FORMATS, Sees};

/// Two rows of the tersest format.
const OCTETS_MIN: usize = 40;

/// A single row that lost its blanks: `tcp000.0.0.0:800.0.0.0:*LISTEN`.
const GLUED_OCTETS_MIN: usize = 22;

/// The parts of a line that is more than one row; asks the preferred formats first.
pub(super) fn parts(text: &str, preferred: impl Iterator<Item = usize>) -> Option<Vec<String>> {
    let is_long = text.len() >= OCTETS_MIN;
    let is_glued = text.len() >= GLUED_OCTETS_MIN && !text.trim().contains([' ', '\t']);
    if !(is_long || is_glued) || !text.bytes().any(|octet| octet.is_ascii_digit()) {
        return None;
    }
    if is_long && let Some(at) = prompt::embedded(text) {
        return behind_prompt(text, at);
    }
    let mut tried = Vec::new();
    for format in preferred {
        if !tried.contains(&format) {
            tried.push(format);
            if let Some(parts) = by(format, text) {
                return Some(parts);
            }
        }
    }
    if let Some(open) = tried.first()
        && FORMATS[*open].sees(text, true) >= Sees::Row
    {
        return None;
    }
    (0..FORMATS.len())
        .filter(|format| !tried.contains(format))
        .filter_map(|format| by(format, text))
        .max_by_key(|parts| parts.iter().filter(|part| score::best(part) >= Sees::Row).count())
}

/// The parts as a format sees them, when it reads any of them.
fn by(format: usize, text: &str) -> Option<Vec<String>> {
    let parts = FORMATS[format].split(text)?;
    let rows = parts.iter().filter(|part| FORMATS[format].sees(part, true) >= Sees::Row).count();
    (rows > 0 && (parts.len() > 1 || parts.first().is_some_and(|part| part != text)))
        .then_some(parts)
}

/// Prose, a prompt with a command, and its output, all in one line.
fn behind_prompt(text: &str, at: prompt::Embedded) -> Option<Vec<String>> {
    let (prose, rest) = text.split_at(at.start);
    let (sign, typed) = rest.split_at(at.typed - at.start);
    let commands = prompt::prompt(rest)?.commands();
    let mut parts = vec![prose.to_owned()];
    let split =
        commands.first().and_then(|command| printers(command).find_map(|format| by(format, typed)));
    match split {
        Some(rows) => {
            let mut rows = rows.into_iter();
            parts.push(format!("{sign}{}", rows.next().unwrap_or_default()));
            parts.extend(rows);
        }
        // Nothing but the command is left; a sentence that goes on is no command.
        None if prompt::bare(typed).is_some() && !prose.trim().is_empty() => {
            parts.push(rest.to_owned());
        }
        None => return None,
    }
    parts.retain(|part| !part.trim().is_empty());
    Some(parts)
}
