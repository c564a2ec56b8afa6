//! One flow: what its segments did so far, and what became of the handshake.

use synrecv_model::{End, Flow, FrameCounts, FrameDirection, Outcome, view::STUCK_AFTER_MS};

use super::arena::{COPY_MS, List};
use crate::decode::{Node, Segment, after, ip_addr};

/// An ACK was taken when no SYN-ACK comes again for this long after the first one: it is due after
/// 1 s (kernels before 3.1: 3 s).
const DUE_FIRST_MS: u32 = 1_500;

/// Repeats of data that nobody answers, from which on the ACK that came with it was not taken.
const DATA_REPEATS: u8 = 2;

/// Milliseconds since the first frame of the capture, plus one; 0 is never.
pub(super) type Ms = u32;

/// A flow from its first SYN or SYN-ACK on.
#[derive(Clone, Debug)]
pub(super) struct FlowState {
    pub(super) server: Node,
    pub(super) client: Node,
    /// Way of its first SYN.
    pub(super) direction: FrameDirection,
    /// What was seen before it is known whether the ACK was taken.
    pub(super) state: State,
    /// Its frames are not kept, for want of room.
    pub(super) bare: bool,
    pub(super) frames: List,
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
    /// An ACK since the last SYN-ACK.
    acked_since: bool,
    /// SYN-ACKs that were sent again although an ACK had come.
    ignored_count: u8,
    data_repeat_count: u8,
    last: Ms,
}

/// What is known about a flow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum State {
    /// Nothing is decided.
    Open,
    /// The server went on with the connection; counted, and of no interest any more.
    Completed,
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

impl FlowState {
    /// A flow that starts with a SYN of `client`, or, when the SYN was not captured, with the SYN-ACK
    /// that answers it.
    pub(super) fn new(
        client: Node,
        server: Node,
        client_isn: u32,
        direction: FrameDirection,
        now: Ms,
    ) -> Self {
        Self {
            server,
            client,
            direction,
            state: State::Open,
            bare: false,
            frames: List::EMPTY,
            counts: Counts::default(),
            client_isn,
            server_isn: 0,
            acked: client_isn.wrapping_add(1),
            data_seq: 0,
            syn_first: 0,
            syn_last: 0,
            synack_first: 0,
            synack_last: 0,
            synack_gap: 0,
            ended: 0,
            ended_by_client: false,
            acked_since: false,
            ignored_count: 0,
            data_repeat_count: 0,
            last: now,
        }
    }

    pub(super) fn joins(&self, a: Node, b: Node) -> bool {
        (self.server == b && self.client == a) || (self.server == a && self.client == b)
    }

    pub(super) fn sender(&self, src: Node) -> End {
        if src == self.server { End::Server } else { End::Client }
    }

    /// Last time that anything of it was seen.
    pub(super) fn last_seen(&self) -> Ms {
        self.last
    }

    /// True when it is more than a lone SYN and its first SYN-ACK: somebody is there.
    pub(super) fn is_active(&self) -> bool {
        let Counts { syn, ack, rst, icmp, .. } = self.counts;
        syn > 1 || ack > 0 || rst > 0 || icmp > 0
    }

    /// True when the handshake completed, and a SYN or SYN-ACK was needed more than once.
    pub(super) fn was_late(&self) -> bool {
        self.counts.syn > 1 || self.counts.synack > 1
    }

    /// A SYN without ACK.
    pub(super) fn syn(&mut self, src: Node, seq: u32, copy: bool, now: Ms) -> Step {
        if src != self.client || seq != self.client_isn {
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
        self.ended = 0;
        Step::Kept
    }

    /// A SYN-ACK.
    pub(super) fn synack(&mut self, segment: &Segment<'_>, copy: bool, now: Ms) -> Step {
        self.last = now;
        let expected = self.client_isn.wrapping_add(1);
        // It may acknowledge data of the SYN too (Fast Open). An answer to something else is kept,
        // and is none.
        if segment.src != self.server || segment.ack.wrapping_sub(expected) > 0xffff {
            return Step::Kept;
        }
        let again = segment.seq == self.server_isn
            && self.synack_last > 0
            && now.saturating_sub(self.synack_last) < copy_ms();
        if copy || again {
            bump(&mut self.counts.copy);
            return Step::Kept;
        }
        let counts = &mut self.counts;
        bump(&mut counts.synack);
        if counts.syn > 1 && now.saturating_sub(self.syn_last) < copy_ms() {
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
        self.server_isn = segment.seq;
        self.acked = segment.ack;
        self.ended = 0;
        Step::Kept
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
        if self.state == State::Completed {
            return Outcome::Completed;
        }
        if self.ended > 0 && !self.was_stuck_by(self.ended) {
            // Health checks take the connection and throw it away.
            let thrown_away = self.ended_by_client && self.acked_since && self.ignored_count == 0;
            return if thrown_away { Outcome::Completed } else { Outcome::Refused };
        }
        let old = |since: Ms| u64::from(now.saturating_sub(since)) >= STUCK_AFTER_MS;
        match (self.counts.synack, self.counts.ack) {
            (0, 0) if old(self.syn_first) => Outcome::Unanswered,
            (0, 1..) => Outcome::ReplyUnseen,
            (1.., 0) if old(self.synack_first) => Outcome::AckMissing,
            (1.., 1..) => self.outcome_of_ack(now, old(self.synack_first)),
            _ => Outcome::TooEarly,
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

    pub(super) fn flow(&self) -> Flow {
        let endpoint =
            |node: Node| synrecv_model::Endpoint { ip: ip_addr(node.ip), port: node.port };
        Flow { local: endpoint(self.server), peer: endpoint(self.client) }
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

fn copy_ms() -> Ms {
    Ms::try_from(COPY_MS).unwrap_or(Ms::MAX)
}
