//! What a mail pushed to the next line, where nothing but one row tells that it did.

use super::wrap::{self, Joined};
use crate::record::Record;

/// Lines before and behind, of which the widest tells where lines end.
const LINES_AROUND: usize = 60;

/// Mail and forms break between words at no less.
const WIDTH_MIN: usize = 60;

/// And at no more; what is wider, a terminal breaks.
const WIDTH_MAX: usize = 80;

/// Octets of a line that is put together.
const OCTETS_MAX: usize = 16 << 10;

/// True when the first word of a line had no room on the one before it, in a text that is no wider than
/// what mail makes. `is_sure`: some line is wider, so none was broken within a word.
pub(super) fn had_no_room(record: &Record, at: usize, is_sure: bool) -> bool {
    let Some(before) = at.checked_sub(1) else { return false };
    let columns = |at: usize| record.line(at).chars().count();
    let around = before.saturating_sub(LINES_AROUND)..(at + LINES_AROUND).min(record.len());
    let width = around.map(columns).max().unwrap_or(0);
    if !(WIDTH_MIN..=WIDTH_MAX).contains(&width) || (is_sure && columns(before) == width) {
        return false;
    }
    let next = record.line(at);
    // Of blanks between columns, some went along.
    let blanks = next.chars().take_while(|character| character.is_whitespace()).count();
    let word = next.split_whitespace().next().unwrap_or_default().chars().count();
    columns(before) + blanks + 1 + word > width
}

/// A text with the line at a place behind it.
pub(super) fn joined(record: &Record, text: &str, at: usize) -> Option<Joined> {
    let next = record.line(at).trim_start();
    let fits = text.len() + next.len() < OCTETS_MAX;
    fits.then(|| Joined { text: format!("{text} {next}"), more: 1 })
}

/// True for a line that can only go on with the one before it: that was set in by a tab, as all of its
/// kind.
pub(super) fn lost_tab(record: &Record, before: &str, at: usize) -> bool {
    before.starts_with('\t') && !record.line(at).starts_with('\t')
}

/// True when a row begins with this line.
pub(super) fn begins(record: &Record, at: usize, breaks: &super::breaks::Breaks) -> bool {
    super::shape::begins_with_clock(record.line(at)) || wrap::begins(record, at, breaks)
}
