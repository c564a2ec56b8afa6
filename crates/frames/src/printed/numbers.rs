//! Sequence numbers of printed segments: as on the wire where the text has them, else as was due.

use std::collections::HashMap;

use synrecv_model::{Endpoint, PrintedSegment, TcpOptions};

const FIN: u8 = 0x01;
const SYN: u8 = 0x02;
const PSH: u8 = 0x08;
const ACK: u8 = 0x10;

/// Connections between the same ends, one after another, begin this far apart when their numbers
/// count from their start.
const APART: u32 = 1 << 28;

/// A timestamp of Linux grows by one in a millisecond. One that is older by less is of a segment that
/// was on its way.
const OLDER_LEAST: u32 = 900;

/// From who, to whom.
type Ends = (Endpoint, Endpoint);

/// What one end sent so far.
#[derive(Clone, Copy, Debug, Default)]
struct Sender {
    /// Number of its SYN.
    isn: Option<u32>,
    /// Number that its next segment has.
    next: Option<u32>,
    /// Timestamp of its first SYN-ACK, until the other end answered.
    stamp: Option<u32>,
}

/// Numbers of all connections.
#[derive(Debug, Default)]
pub(super) struct Numbers {
    senders: HashMap<Ends, Sender>,
    generation: u32,
}

/// The fields of a segment with numbers as on the wire.
pub(super) struct Filled {
    pub(super) seq: u32,
    pub(super) ack: u32,
    pub(super) payload_len: u32,
    pub(super) options: TcpOptions,
}

/// What an ACK tells of SYN-ACKs before the first one that was seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Before {
    /// How often the timer had expired.
    pub(super) times: u8,
    /// Milliseconds from the first of them.
    pub(super) since_ms: u64,
}

impl Numbers {
    /// The first ACK that answers a SYN-ACK may echo the timestamp of an earlier one: the client holds
    /// the connection since then, and the SYN-ACK was sent again.
    pub(super) fn echo(&mut self, segment: &PrintedSegment) -> Option<Before> {
        if segment.flags & (SYN | ACK) != ACK {
            return None;
        }
        let server = self.senders.get_mut(&(segment.dst, segment.src))?;
        let (stamp, echo) = (server.stamp.take()?, segment.options.timestamps?.echo);
        let since = stamp.wrapping_sub(echo);
        if !(OLDER_LEAST..1 << 20).contains(&since) {
            return None;
        }
        // The timer doubles: after 1, 3, 7 seconds.
        let seconds = u64::from(since) / 1_000 + 1;
        let times = u8::try_from(seconds.max(2).ilog2()).unwrap_or(u8::MAX);
        Some(Before { times, since_ms: since.into() })
    }

    /// Puts numbers in the place of those that are not printed, or count from the start.
    pub(super) fn fill(&mut self, segment: &PrintedSegment) -> Filled {
        let (ends, back) = ((segment.src, segment.dst), (segment.dst, segment.src));
        let (is_syn, has_ack) = (segment.flags & SYN != 0, segment.flags & ACK != 0);
        if is_syn && !has_ack && (segment.renews || self.begins_anew(ends, segment)) {
            self.senders.remove(&ends);
            self.senders.remove(&back);
            self.generation = self.generation.wrapping_add(1);
        }
        let base = if segment.relative { self.generation.wrapping_mul(APART) } else { 0 };
        let mine = self.senders.get(&ends).copied().unwrap_or_default();
        let other = self.senders.get(&back).copied().unwrap_or_default();
        let wire = |number: u32, isn: Option<u32>| {
            if segment.relative { number.wrapping_add(isn.unwrap_or(base)) } else { number }
        };
        let payload_len = segment.payload_len.unwrap_or(u32::from(segment.flags & PSH != 0));
        let seq = match segment.seq {
            Some(seq) => wire(seq, mine.isn),
            None if is_syn => mine.isn.unwrap_or(base),
            None => mine.next.or(other.isn.and(mine.isn)).unwrap_or(base.wrapping_add(1)),
        };
        let due = other.next.unwrap_or(other.isn.unwrap_or(base).wrapping_add(1));
        let ack = match segment.ack {
            _ if !has_ack => 0,
            Some(ack) => wire(ack, other.isn),
            None => due,
        };
        self.note(segment, seq, ack, payload_len);
        let options = options(segment, other.isn.unwrap_or(base));
        Filled { seq, ack, payload_len, options }
    }

    /// A SYN with another number.
    fn begins_anew(&self, ends: Ends, segment: &PrintedSegment) -> bool {
        let before = self.senders.get(&ends).and_then(|sender| sender.isn);
        !segment.relative && before.zip(segment.seq).is_some_and(|(before, now)| before != now)
    }

    fn note(&mut self, segment: &PrintedSegment, seq: u32, ack: u32, payload_len: u32) {
        let (is_syn, is_fin) = (segment.flags & SYN != 0, segment.flags & FIN != 0);
        let has_ack = segment.flags & ACK != 0;
        let end = seq.wrapping_add(payload_len).wrapping_add(u32::from(is_syn) + u32::from(is_fin));
        let sender = self.senders.entry((segment.src, segment.dst)).or_default();
        let is_later = |next: u32| end.wrapping_sub(next) < 1 << 31;
        if sender.next.is_none_or(is_later) {
            sender.next = Some(end);
        }
        if is_syn {
            if has_ack && sender.isn.is_none() {
                sender.stamp = segment.options.timestamps.map(|stamp| stamp.value);
            }
            sender.isn = Some(seq);
        }
        if has_ack {
            let other = self.senders.entry((segment.dst, segment.src)).or_default();
            other.next = other.next.or(Some(ack));
            if is_syn {
                other.isn = other.isn.or(Some(ack.wrapping_sub(1)));
            }
        }
    }
}

/// Options whose numbers are those of the wire too.
fn options(segment: &PrintedSegment, isn: u32) -> TcpOptions {
    let mut options = segment.options;
    if segment.relative {
        let wire = |(from, to): (u32, u32)| (from.wrapping_add(isn), to.wrapping_add(isn));
        options.dsack = options.dsack.map(wire);
    }
    options
}
