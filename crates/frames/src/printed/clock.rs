//! Points in time of printed frames.

use std::collections::HashMap;

use synrecv_model::{Endpoint, Mono, PrintedFrame, PrintedPacket};

const SYN: u8 = 0x02;
const ACK: u8 = 0x10;

/// A timer of TCP expires after this time at the earliest, in milliseconds.
const TIMER_MS: u64 = 1_000;

/// Times whose last digits below this are all zero tell nothing of short delays, in nanoseconds.
const FINE_NS: u64 = 100_000;

/// The time of each frame.
pub(super) struct Clock {
    pub(super) at: Vec<Mono>,
    /// The text has times.
    pub(super) is_timed: bool,
    /// They are fine enough to tell how long an answer took.
    pub(super) is_fine: bool,
}

pub(super) fn times(frames: &[PrintedFrame]) -> Clock {
    let printed = || frames.iter().filter_map(|frame| frame.at_ns);
    let Some(first) = printed().next() else {
        return Clock { at: least(frames), is_timed: false, is_fine: false };
    };
    // A frame without a time is not older than the one before.
    let mut last = first;
    let at = frames.iter().map(|frame| {
        last = frame.at_ns.unwrap_or(last);
        Mono(last)
    });
    let at = at.collect();
    Clock { at, is_timed: true, is_fine: printed().any(|ns| ns % FINE_NS != 0) }
}

/// Without times: what is sent again was sent when its timer expired, but for a SYN-ACK that answers a
/// SYN which was sent again.
fn least(frames: &[PrintedFrame]) -> Vec<Mono> {
    let mut now = Mono(0);
    // By who sends to whom: a SYN or SYN-ACK was sent, and a SYN waits for its answer.
    let mut sent: HashMap<(Endpoint, Endpoint), bool> = HashMap::new();
    let mut asked: HashMap<(Endpoint, Endpoint), bool> = HashMap::new();
    let mut at = Vec::with_capacity(frames.len());
    for frame in frames {
        if let PrintedPacket::Tcp(segment) = &frame.packet
            && segment.flags & SYN != 0
        {
            let (ends, back) = ((segment.src, segment.dst), (segment.dst, segment.src));
            let again = sent.insert(ends, true).is_some();
            let answers = segment.flags & ACK != 0 && asked.insert(back, false) == Some(true);
            if segment.flags & ACK == 0 {
                asked.insert(ends, true);
            }
            now = now.plus_ms(if again && !answers { TIMER_MS } else { 1 });
        } else {
            now = now.plus_ms(1);
        }
        at.push(now);
    }
    at
}
