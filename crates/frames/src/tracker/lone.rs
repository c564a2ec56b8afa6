//! A flow that is no more than a SYN and its SYN-ACK: all that a flood consists of.

use synrecv_model::{End, FrameCounts, Outcome};

use super::arena::List;
use super::talk::{Ms, Talk, copy_ms, unanswered};
use crate::decode::Sighting;

/// A flow, in 56 octets while it is lone.
///
/// It is known by a fingerprint of its ends. The ends themselves are with the frames that are kept
/// of it, and without frames it is only counted.
#[derive(Debug)]
pub(super) struct FlowState {
    pub(super) fingerprint: u64,
    pub(super) lone: Lone,
    pub(super) frames: List,
    /// Number of its service.
    pub(super) service: u16,
    /// Decides which samples hold it.
    pub(super) number: u32,
    /// The server's end is the greater one of the two.
    pub(super) server_is_greater: bool,
    /// Its frames are not kept, for want of room.
    pub(super) bare: bool,
    /// It is named as one that matters.
    pub(super) favoured: bool,
    /// The server went on with the connection: counted, and of no interest any more.
    pub(super) completed: bool,
    /// It is counted.
    pub(super) closed: bool,
    /// Everything, as soon as there is more than one SYN and one SYN-ACK.
    talk: Option<Box<Talk>>,
}

/// One SYN, one SYN-ACK.
#[derive(Clone, Copy, Debug)]
pub(super) struct Lone {
    pub(super) client_isn: u32,
    pub(super) server_isn: u32,
    /// 0 when it was not captured.
    pub(super) syn_at: Ms,
    pub(super) synack_at: Ms,
    pub(super) copy_count: u8,
}

impl Lone {
    pub(super) fn last_seen(&self) -> Ms {
        self.syn_at.max(self.synack_at)
    }

    /// True when the SYN is the flow's first one, or a copy of it.
    fn takes_syn(&mut self, sender: End, seq: u32, now: Ms) -> bool {
        if sender != End::Client || seq != self.client_isn {
            return false;
        }
        if self.syn_at == 0 {
            self.syn_at = now;
            return true;
        }
        self.takes_copy(self.syn_at, now)
    }

    /// True when the SYN-ACK is the first one, or a copy of it.
    fn takes_synack(&mut self, sender: End, segment: &Sighting, now: Ms) -> bool {
        if sender != End::Server || segment.ack != self.client_isn.wrapping_add(1) {
            return false;
        }
        if self.synack_at == 0 {
            self.synack_at = now;
            self.server_isn = segment.seq;
            return true;
        }
        segment.seq == self.server_isn && self.takes_copy(self.synack_at, now)
    }

    fn takes_copy(&mut self, first: Ms, now: Ms) -> bool {
        let copy = now.saturating_sub(first) < copy_ms();
        self.copy_count = self.copy_count.saturating_add(u8::from(copy));
        copy
    }
}

impl FlowState {
    /// A flow of which nothing was seen yet.
    pub(super) fn new(
        (fingerprint, number): (u64, u32),
        service: u16,
        client_isn: u32,
        server_is_greater: bool,
    ) -> Self {
        Self {
            fingerprint,
            lone: Lone { client_isn, server_isn: 0, syn_at: 0, synack_at: 0, copy_count: 0 },
            frames: List::EMPTY,
            service,
            number,
            server_is_greater,
            bare: false,
            favoured: false,
            completed: false,
            closed: false,
            talk: None,
        }
    }

    pub(super) fn sender(&self, segment_src_is_greater: bool) -> End {
        if segment_src_is_greater == self.server_is_greater { End::Server } else { End::Client }
    }

    /// Takes a SYN or SYN-ACK as long as there is nothing else; false when it takes more to tell.
    pub(super) fn takes_lone(&mut self, sender: End, segment: &Sighting, now: Ms) -> bool {
        if self.talk.is_some() {
            return false;
        }
        if segment.has_ack {
            self.lone.takes_synack(sender, segment, now)
        } else {
            self.lone.takes_syn(sender, segment.seq, now)
        }
    }

    /// Everything about it, from now on.
    pub(super) fn talk(&mut self) -> &mut Talk {
        self.talk.get_or_insert_with(|| Box::new(Talk::from_lone(&self.lone)))
    }

    pub(super) fn last_seen(&self) -> Ms {
        self.talk.as_ref().map_or_else(|| self.lone.last_seen(), |talk| talk.last_seen())
    }

    /// True when the client did more than send one SYN: somebody is there.
    pub(super) fn is_active(&self) -> bool {
        self.talk.as_ref().is_some_and(|talk| talk.is_active())
    }

    /// True when a SYN or SYN-ACK was needed more than once.
    pub(super) fn was_late(&self) -> bool {
        self.talk.as_ref().is_some_and(|talk| talk.was_late())
    }

    /// What became of it, seen from `now`, the end of what is known.
    pub(super) fn outcome(&self, now: Ms) -> Outcome {
        match &self.talk {
            _ if self.completed => Outcome::Completed,
            Some(talk) => talk.outcome(now),
            None => unanswered(self.lone.syn_at, self.lone.synack_at, now),
        }
    }

    /// [`Self::outcome`], as long as there is no more than a SYN and a SYN-ACK.
    pub(super) fn lone_outcome(&self, now: Ms) -> Option<Outcome> {
        match self.talk {
            None => Some(unanswered(self.lone.syn_at, self.lone.synack_at, now)),
            Some(_) => None,
        }
    }

    pub(super) fn frame_counts(&self) -> FrameCounts {
        let Some(talk) = &self.talk else {
            return Talk::from_lone(&self.lone).frame_counts();
        };
        talk.frame_counts()
    }
}
