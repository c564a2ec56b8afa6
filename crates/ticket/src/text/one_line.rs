//! Several rows in one line, outputs without their line ends.

use super::commands::printers;
use super::{prompt, score, shape};
use crate::format::{FORMATS, Sees};

/// Two rows of the tersest format.
const OCTETS_MIN: usize = 40;

/// A single row that lost its blanks: `tcp000.0.0.0:800.0.0.0:*LISTEN`.
const GLUED_OCTETS_MIN: usize = 22;

/// Three rows of the tersest format.
const REPEATED_OCTETS_MIN: usize = 60;

/// Kinds of first words that are tried, the most frequent first.
const SHAPES_MAX: usize = 8;

/// Rows that are looked at before all are.
const SAMPLED: usize = 4;

/// The parts of a line that is more than one row; asks the preferred formats first. `is_row`: the first
/// of these knows the line as it is.
pub(super) fn parts(
    text: &str,
    preferred: impl Iterator<Item = usize>,
    is_row: bool,
) -> Option<Vec<String>> {
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
    if is_row || tried.first().is_some_and(|first| FORMATS[*first].sees(text, true) >= Sees::Row) {
        return None;
    }
    let others = (0..FORMATS.len()).filter(|format| !tried.contains(format));
    let best = others
        .filter_map(|format| by(format, text))
        .max_by_key(|parts| parts.iter().filter(|part| score::best(part) >= Sees::Row).count());
    best.or_else(|| repeated(text))
}

/// The parts as a format sees them, when it reads any of them.
fn by(format: usize, text: &str) -> Option<Vec<String>> {
    let parts = FORMATS[format].split(text)?;
    let rows = parts.iter().filter(|part| FORMATS[format].sees(part, true) >= Sees::Row).count();
    let is_changed = parts.len() > 1 || parts.first().is_some_and(|part| part != text);
    // What the format left together.
    let split = |part: String| repeated(&part).unwrap_or_else(|| vec![part]);
    (rows > 0 && is_changed).then(|| parts.into_iter().flat_map(split).collect())
}

/// The parts of a line in which every row begins with words of the same kinds.
fn repeated(text: &str) -> Option<Vec<String>> {
    if text.len() < REPEATED_OCTETS_MIN {
        return None;
    }
    let is_row = |part: &&str| score::best(part) == Sees::Row;
    let starts = shape::starts(text);
    let mut shapes: Vec<&String> = starts.iter().map(|(_, shape)| shape).collect();
    shapes.sort_unstable();
    let mut runs: Vec<&[&String]> =
        shapes.chunk_by(|a, b| a == b).filter(|run| run.len() > 1).collect();
    runs.sort_by_key(|run| std::cmp::Reverse(run.len()));
    let is_whole = score::best(text) == Sees::Row;
    let mut best: Option<(usize, Vec<&str>)> = None;
    for run in runs.into_iter().take(SHAPES_MAX) {
        let cuts =
            starts.iter().filter(|(at, shape)| *at > 0 && shape == run[0]).map(|(at, _)| *at);
        let mut parts = Vec::with_capacity(run.len() + 1);
        let mut from = 0;
        for at in cuts.chain([text.len()]) {
            parts.push(text[from..at].trim());
            from = at;
        }
        let sample = &parts[1..parts.len().min(1 + SAMPLED)];
        let is_likely = sample.iter().filter(|part| is_row(part)).count() * 4 >= sample.len() * 3;
        if !is_likely {
            continue;
        }
        let rows = parts.iter().filter(|part| is_row(part)).count();
        let is_enough = rows > 1 && (!is_whole || rows == parts.len());
        if is_enough && best.as_ref().is_none_or(|(most, _)| rows > *most) {
            best = Some((rows, parts));
        }
    }
    best.map(|(_, parts)| parts.into_iter().map(str::to_owned).collect())
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
