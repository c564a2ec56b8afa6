//! One handshake as its frames show it: ticks on an axis of time, then a row for each frame.
//!
//! The lines are plain text of at most 80 columns where the width permits it: for the terminal and,
//! fenced, for Markdown.

mod axis;
#[cfg(test)]
pub(crate) mod fixture;
mod select;
mod steps;
#[cfg(test)]
mod tests;

use synrecv_model::{Capture, Handshake, LinkType, Outcome, Place};

use crate::layout::wrap;

pub(crate) use select::chosen;

/// Columns that are used where there are more.
const WIDTH_MAX: usize = 80;

/// Title of the part: who wanted to connect to whom.
pub(crate) fn title(handshake: &Handshake) -> String {
    format!("HANDSHAKE  {} to {}", handshake.flow.peer, handshake.flow.local)
}

/// The handshake in lines, without its title.
pub(crate) fn render(capture: &Capture, handshake: &Handshake, width: usize) -> String {
    let width = width.min(WIDTH_MAX);
    let mut out = wrap("  ", &summary(capture, handshake), width);
    if handshake.frames.is_empty() {
        return out;
    }
    out.push('\n');
    axis::write(&mut out, handshake, width);
    out.push('\n');
    steps::write(&mut out, capture, handshake, width);
    out
}

/// What became of it, in numbers, and where it was seen.
fn summary(capture: &Capture, handshake: &Handshake) -> String {
    let counts = handshake.counts;
    let mut words = format!(
        "{}: {}. {}, {}, {}",
        handshake.outcome.name(),
        in_words(handshake.outcome),
        counted(counts.syn_count, "SYN"),
        counted(counts.synack_count, "SYN-ACK"),
        counted(counts.ack_count, "ACK"),
    );
    for (count, one) in [(counts.rst_count, "RST"), (counts.icmp_count, "ICMP error")] {
        if count > 0 {
            words.push_str(", ");
            words.push_str(&counted(count, one));
        }
    }
    words.push_str(match capture.place(handshake.flow.local.ip) {
        Place::Server => "; captured at the server.",
        Place::Client => "; captured at the client.",
        Place::Middle => "; captured between client and server.",
        Place::Unknown => "; where it was captured is not known.",
    });
    let nowhere_to = |frame: &synrecv_model::HandshakeFrame| {
        let link = capture.device(frame).map(|device| device.link);
        matches!(link, Some(LinkType::CookedV1 | LinkType::CookedV2)) && frame.dst_mac.is_none()
    };
    if handshake.synacks().any(nowhere_to) {
        words.push_str(" A capture on `any` does not hold where frames are sent to.");
    }
    words
}

fn in_words(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Completed => "the server went on with it",
        Outcome::AckMissing => "no ACK answers the last SYN-ACK",
        Outcome::AckIgnored => "an ACK came, and the server went on as if it had not",
        Outcome::Refused => "a reset or an ICMP error ended it",
        Outcome::Unanswered => "no SYN-ACK was seen",
        Outcome::ReplyUnseen => "the client acknowledges a SYN-ACK that was not seen here",
        Outcome::TooEarly => "the capture ends too soon after it",
    }
}

fn counted(count: u32, one: &str) -> String {
    match count {
        0 => format!("no {one}"),
        1 => format!("1 {one}"),
        many => format!("{many} {one}s"),
    }
}
