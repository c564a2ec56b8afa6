//! What ticket systems, mail and viewers put around lines: quoting, tables, lists, numbers, escapes.
//!
//! Each layer is taken off only from runs of lines of which some are known better without it and none
//! worse: `> ` stands between the ends of a frame, `1` in front of a hop, `1:` in front of a device.

mod layers;
mod words;

use super::effort::{Effort, Level};
use super::score;
use crate::format::Sees;
use layers::{LAYERS, Layer};

/// Lines that are held until a run of them ends.
const BLOCK_LINES: usize = 512;

/// Lines of a run that are looked at before all of it is changed.
const SAMPLED_LINES: usize = 24;

/// Lines that a layer was tried on for nothing, behind which it is tried on longer runs only: the time
/// in front of a frame can be read as the number of a line.
const FUTILE_LINES: usize = 512;

/// A run that may be chance.
const SHORT_RUN: usize = 2;

/// Lines on their way to the record.
#[derive(Debug, Default)]
pub(super) struct Markup {
    block: Vec<(u32, String)>,
    /// Whether a layer was taken off the last line of the block before, by layer.
    went_on: [bool; LAYERS.len()],
    /// Lines that a layer was tried on for nothing since it last helped, by layer.
    futile: [usize; LAYERS.len()],
    effort: Effort,
}

impl Markup {
    /// Takes a line; hands lines that are done to `done`.
    pub(super) fn push(&mut self, number: u32, line: &str, done: &mut impl FnMut(u32, &str)) {
        let line = &*words::without_entities(line);
        if self.block.is_empty() && !is_marked(line) {
            self.went_on = [false; LAYERS.len()];
            done(number, line);
            return;
        }
        self.block.push((number, line.to_owned()));
        if self.block.len() >= BLOCK_LINES || !is_marked(line) {
            let is_over = !is_marked(line);
            self.flush(done);
            if is_over {
                self.went_on = [false; LAYERS.len()];
            }
        }
    }

    /// Hands over what is still held.
    pub(super) fn flush(&mut self, done: &mut impl FnMut(u32, &str)) {
        let mut block = std::mem::take(&mut self.block);
        let states = self.went_on.iter_mut().zip(&mut self.futile);
        for (layer, (went_on, futile)) in LAYERS.iter().zip(states) {
            *went_on = strip(*layer, &mut block, *went_on, futile, &mut self.effort);
        }
        for (number, line) in &mut block {
            words::mend(line, &mut self.effort);
            done(*number, line);
        }
        block.clear();
        self.block = block;
    }
}

/// True when something on a line can be markup.
fn is_marked(line: &str) -> bool {
    let text = line.trim_start();
    let first = text.chars().next();
    first.is_some_and(|first| first.is_ascii_digit() || !first.is_ascii_alphanumeric())
        || text.bytes().any(|octet| {
            matches!(octet, b'|' | b'\\' | b'&' | b'<' | b'`' | b'*' | b'_' | b'~' | 0x80..)
        })
        || text.contains(": ")
}

/// Takes a layer off the runs of lines that have it; true when the last line lost it.
fn strip(
    layer: Layer,
    block: &mut [(u32, String)],
    went_on: bool,
    futile: &mut usize,
    effort: &mut Effort,
) -> bool {
    let mut stripped_last = false;
    let mut start = 0;
    while start < block.len() {
        let Some(first) = layer(&block[start].1, None) else {
            stripped_last = false;
            start += 1;
            continue;
        };
        let mut inner = vec![first];
        while let Some((_, line)) = block.get(start + inner.len()) {
            let Some(next) = layer(line, inner.last().map(|last| &last.mark)) else { break };
            inner.push(next);
        }
        let count = inner.len();
        let is_tried = count > SHORT_RUN || *futile < FUTILE_LINES;
        stripped_last =
            (went_on && start == 0) || (is_tried && helps(block, start, &inner, effort));
        *futile = if stripped_last { 0 } else { *futile + count };
        if stripped_last {
            for ((_, line), stripped) in block[start..].iter_mut().zip(inner) {
                *line = stripped.text;
            }
        }
        start += count;
    }
    stripped_last && start == block.len()
}

/// True when a line of the run is better known without the layer, and none is worse.
fn helps(
    block: &[(u32, String)],
    start: usize,
    inner: &[layers::Stripped],
    effort: &mut Effort,
) -> bool {
    let is_text =
        |(_, stripped): &(&(u32, String), &layers::Stripped)| !stripped.text.trim().is_empty();
    let lines = block[start..].iter().zip(inner).filter(is_text);
    let (mut better, mut worse) = (0, 0);
    for ((_, line), stripped) in lines.take(SAMPLED_LINES) {
        if effort.level() != Level::Full {
            break;
        }
        let (with, without) = (score::best(line), score::best(&stripped.text));
        better += usize::from(without > with);
        worse += usize::from(without < with);
        if with.max(without) > Sees::Nothing {
            effort.succeed();
        } else {
            effort.fail(2 * line.len());
        }
    }
    // What `cat -n` puts in front of lines can be read as a time or as a number of a hop.
    let is_counted = inner.len() > 2 && inner.iter().all(|stripped| stripped.mark.is_column());
    better > worse * 4 || (is_counted && worse == 0)
}
