//! One flow in full: what its segments did so far, and what became of the handshake.

use synrecv_model::{End, FrameCounts, Outcome, view::STUCK_AFTER_MS};

use super::arena::COPY_MS;
use super::lone::Lone;
use crate::decode::{Segment, after};

/// An ACK was taken when no SYN-ACK comes again for this long after the first one: it is due after
/// 1 s (kernels before 3.1: 3 s).
const DUE_FIRST_MS: u32 = 1_500;

/// Repeats of data that nobody answers, from which on the ACK that came with it was not taken.
const DATA_REPEATS: u8 = 2;

/// Milliseconds since the first frame of the capture, plus one; 0 is never.
pub(super) type Ms = u32;

/// What the segments of a flow did so far.
#[derive(Clone, Debug, Default)]
pub(super) struct Talk {
    counts: Counts,
    client_isn: u32,
    server_isn: u32,
    /// What the SYN-ACK acknowledges.
    acked: u32,
    /// First data of the client after its SYN.
    data_seq: u32,
    syn_first: Ms,
    syn_last: Ms,
    synack_first: Ms,
    synack_last: Ms,
    /// Time between the last two SYN-ACKs.
    synack_gap: Ms,
    /// A reset or ICMP error, and no SYN or SYN-ACK since.
    ended: Ms,
    /// The client ended it, by a reset.
    ended_by_client: bool,
    /// A SYN since the last SYN-ACK.
    asked_since: bool,
    /// An ACK since the last SYN-ACK.
    acked_since: bool,
    /// SYN-ACKs that were sent again although an ACK had come.
    ignored_count: u8,
    data_repeat_count: u8,
    last: Ms,
    /// How long before the first SYN-ACK that was seen it had been sent.
    sent_before: Ms,
}

/// [`FrameCounts`], small.
#[derive(Clone, Copy, Debug, Default)]
struct Counts {
    syn: u16,
    synack: u16,
    answer: u16,
    ack: u16,
    dsack: u16,
    data: u16,
    rst: u16,
    icmp: u16,
    copy: u16,
}

fn bump(count: &mut u16) {
    *count = count.saturating_add(1);
}

/// What a segment means to a flow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// It belongs to the handshake.
    Kept,
    /// It shows that the server has the connection.
    Completes,
    /// It is the first SYN of another handshake between the same ends.
    Renews,
}

impl Talk {
    /// Goes on from a flow that was no more than a SYN and its SYN-ACK.
    pub(super) fn from_lone(lone: &Lone) -> Self {
        Self {
            counts: Counts {
                syn: u16::from(lone.syn_at > 0),
                synack: u16::from(lone.synack_at > 0),
                copy: u16::from(lone.copy_count),
                ..Counts::default()
            },
            client_isn: lone.client_isn,
            server_isn: lone.server_isn,
            acked: lone.client_isn.wrapping_add(1),
            syn_first: lone.syn_at,
            syn_last: lone.syn_at,
            synack_first: lone.synack_at,
            synack_last: lone.synack_at,
            last: lone.last_seen(),
            ..Self::default()
        }
    }

    /// Last time that anything of it was seen.
    pub(super) fn last_seen(&self) -> Ms {
        self.last
    }

    /// True when the client did more than send one SYN: somebody is there.
    pub(super) fn is_active(&self) -> bool {
        let Counts { syn, ack, rst, icmp, .. } = self.counts;
        syn > 1 || ack > 0 || rst > 0 || icmp > 0
    }

    /// True when the handshake completed, and a SYN or SYN-ACK was needed more than once.
    pub(super) fn was_late(&self) -> bool {
        self.counts.syn > 1 || self.counts.synack > 1
    }

    /// A SYN without ACK.
    pub(super) fn syn(&mut self, sender: End, seq: u32, copy: bool, now: Ms) -> Step {
        if sender != End::Client || seq != self.client_isn {
            return Step::Renews;
        }
        self.last = now;
        // A flow whose frames are not kept can only go by the time.
        if copy || (self.syn_last > 0 && now.saturating_sub(self.syn_last) < copy_ms()) {
            bump(&mut self.counts.copy);
            return Step::Kept;
        }
        bump(&mut self.counts.syn);
        self.syn_first = if self.syn_first == 0 { now } else { self.syn_first };
        self.syn_last = now;
        self.asked_since = true;
        self.ended = 0;
        Step::Kept
    }

    /// A SYN-ACK.
    pub(super) fn synack(
        &mut self,
        sender: End,
        segment: &Segment<'_>,
        copy: bool,
        now: Ms,
    ) -> Step {
        self.last = now;
        let expected = self.client_isn.wrapping_add(1);
        // It may acknowledge data of the SYN too (Fast Open). An answer to something else is kept,
        // and is none.
        if sender != End::Server || segment.ack.wrapping_sub(expected) > 0xffff {
            return Step::Kept;
        }
        // A SYN-ACK of the timer and one that answers a repeated SYN can be close together.
        let again = segment.seq == self.server_isn
            && self.synack_last > 0
            && !self.asked_since
            && now.saturating_sub(self.synack_last) < copy_ms();
        if copy || again {
            bump(&mut self.counts.copy);
            return Step::Kept;
        }
        let counts = &mut self.counts;
        bump(&mut counts.synack);
        if counts.syn > 1 && self.asked_since && now.saturating_sub(self.syn_last) < copy_ms() {
            bump(&mut counts.answer);
        }
        if std::mem::take(&mut self.acked_since) {
            self.ignored_count = self.ignored_count.saturating_add(1);
        }
        if self.synack_last == 0 {
            self.synack_first = now;
        } else {
            self.synack_gap = now.saturating_sub(self.synack_last);
        }
        self.synack_last = now;
        self.asked_since = false;
        self.server_isn = segment.seq;
        self.acked = segment.ack;
        self.ended = 0;
        Step::Kept
    }

    /// The SYN-ACK was sent so many times before the one that was seen first, and answered; the first
    /// time so long before.
    pub(super) fn sent_before(&mut self, times: u8, since: Ms) {
        if self.synack_first > 0 && self.ignored_count == 0 {
            self.ignored_count = times;
            self.sent_before = since;
        }
    }

    /// Any segment of the client that is neither SYN nor reset.
    pub(super) fn client_sends(
        &mut self,
        segment: &Segment<'_>,
        dsack: bool,
        copy: bool,
        now: Ms,
    ) -> Step {
        self.last = now;
        if copy {
            bump(&mut self.counts.copy);
            return Step::Kept;
        }
        if !segment.has_ack() {
            return Step::Kept;
        }
        bump(&mut self.counts.ack);
        self.acked_since = true;
        if dsack {
            bump(&mut self.counts.dsack);
        }
        if segment.payload_len > 0 {
            if self.counts.data > 0 && segment.seq == self.data_seq {
                self.data_repeat_count = self.data_repeat_count.saturating_add(1);
            } else if self.counts.data == 0 {
                self.data_seq = segment.seq;
            }
            bump(&mut self.counts.data);
        }
        Step::Kept
    }

    /// Any segment of the server that is neither SYN-ACK nor reset.
    ///
    /// Data, a FIN, or an acknowledgement of more than the SYN come from a connection. A bare ACK
    /// does not: a request answers what it does not take with one (a challenge ACK).
    pub(super) fn server_sends(&mut self, segment: &Segment<'_>, copy: bool, now: Ms) -> Step {
        self.last = now;
        if segment.payload_len > 0 || segment.is_fin() || after(segment.ack, self.acked) {
            return Step::Completes;
        }
        if copy {
            bump(&mut self.counts.copy);
        }
        Step::Kept
    }

    /// A reset, of either end.
    pub(super) fn reset(&mut self, sender: End, copy: bool, now: Ms) -> Step {
        self.last = now;
        if copy {
            bump(&mut self.counts.copy);
        } else {
            bump(&mut self.counts.rst);
            self.ended = now;
            self.ended_by_client = sender == End::Client;
        }
        Step::Kept
    }

    /// An ICMP error about a segment of it. `ends` is false for those that only advise.
    pub(super) fn error(&mut self, ends: bool, copy: bool, now: Ms) -> Step {
        self.last = now;
        if copy {
            bump(&mut self.counts.copy);
        } else {
            bump(&mut self.counts.icmp);
            if ends {
                self.ended = now;
                self.ended_by_client = false;
            }
        }
        Step::Kept
    }

    /// What became of it, seen from `now`, the end of what is known.
    pub(super) fn outcome(&self, now: Ms) -> Outcome {
        if self.ended > 0 && !self.was_stuck_by(self.ended) {
            // Health checks take the connection and throw it away.
            let thrown_away = self.ended_by_client && self.acked_since && self.ignored_count == 0;
            return if thrown_away { Outcome::Completed } else { Outcome::Refused };
        }
        match (self.counts.synack, self.counts.ack) {
            (0, 1..) => Outcome::ReplyUnseen,
            (1.., 1..) => {
                let old = is_old(self.synack_first, now.saturating_add(self.sent_before));
                self.outcome_of_ack(now, old)
            }
            _ => unanswered(self.syn_first, self.synack_first, now),
        }
    }

    /// An ACK came. Whether it was taken shows in what the server sends, or in its silence.
    fn outcome_of_ack(&self, now: Ms, old: bool) -> Outcome {
        // One SYN-ACK after an ACK can be the last one of a server that held the ACK (deferred
        // accept) or lost it; the ACK of that one is then taken.
        let ignored = match self.ignored_count {
            0 => false,
            1 => !self.acked_since,
            _ => true,
        };
        if ignored || self.data_repeat_count >= DATA_REPEATS {
            return if old { Outcome::AckIgnored } else { Outcome::TooEarly };
        }
        let due = if self.counts.synack == 1 {
            DUE_FIRST_MS
        } else {
            // The next one follows after twice the time; and some more for jitter.
            self.synack_gap.saturating_mul(12) / 5
        };
        let silence = now.saturating_sub(self.synack_last);
        if silence >= due { Outcome::Completed } else { Outcome::TooEarly }
    }

    /// It had been stuck for long when it ended: the end is a consequence.
    fn was_stuck_by(&self, end: Ms) -> bool {
        self.counts.synack > 1 && u64::from(end.saturating_sub(self.synack_first)) >= STUCK_AFTER_MS
    }

    pub(super) fn frame_counts(&self) -> FrameCounts {
        let Counts { syn, synack, answer, ack, dsack, data, rst, icmp, copy } = self.counts;
        FrameCounts {
            syn_count: syn.into(),
            synack_count: synack.into(),
            synack_answer_count: answer.into(),
            ack_count: ack.into(),
            dsack_count: dsack.into(),
            data_count: data.into(),
            rst_count: rst.into(),
            icmp_count: icmp.into(),
            copy_count: copy.into(),
        }
    }
}

/// What became of a handshake without any ACK.
pub(super) fn unanswered(syn_first: Ms, synack_first: Ms, now: Ms) -> Outcome {
    match synack_first {
        0 if is_old(syn_first, now) => Outcome::Unanswered,
        1.. if is_old(synack_first, now) => Outcome::AckMissing,
        _ => Outcome::TooEarly,
    }
}

/// True when a request made then is no longer one that may still complete.
fn is_old(since: Ms, now: Ms) -> bool {
    u64::from(now.saturating_sub(since)) >= STUCK_AFTER_MS
}

pub(super) fn copy_ms() -> Ms {
    Ms::try_from(COPY_MS).unwrap_or(Ms::MAX)
}
