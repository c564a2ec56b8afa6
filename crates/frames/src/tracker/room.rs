//! Where the bounds are kept: which flow is given up, and whose frames.

use super::lone::FlowState;
use super::talk::Ms;
use super::{Limits, Tracker, index};

/// Steps of the search for a flow to give up.
const SEARCH_MAX: usize = 64;

/// A flow that was silent this long may be given up first: requests live for 63 s by default.
const SILENT_MS: Ms = 64_000;

/// No number has that many zeros at its end.
const LEVEL_MAX: u32 = 33;

impl Tracker {
    /// Closes a flow and returns its place: one that completed or was silent for long, or the one
    /// of some that was silent for longest.
    pub(super) fn give_up(&mut self, now: Ms) -> u32 {
        let mut oldest = (Ms::MAX, self.hand);
        for _ in 0..SEARCH_MAX {
            self.hand = (self.hand + 1) % self.flows.len().max(1);
            let Some(state) = self.flows.get(self.hand) else { break };
            if state.completed || now.saturating_sub(state.last_seen()) > SILENT_MS {
                oldest = (0, self.hand);
                break;
            }
            oldest = oldest.min((state.last_seen(), self.hand));
        }
        let flow = u32::try_from(oldest.1).unwrap_or(0);
        self.close(flow, now);
        flow
    }

    /// Makes room for frames. Those of lone flows go first, but for a sample, and are held to a small
    /// part of the room as long as nothing else needs it.
    pub(super) fn thin(&mut self) {
        self.thinning.lone = (self.thinning.lone + 1).min(LEVEL_MAX);
        self.sweep();
        if self.arena.used() <= self.thinning.start_at / 2 {
            return;
        }
        if self.thinning.start_at < self.limits.frames {
            self.thinning.start_at = (self.thinning.start_at * 2).min(self.limits.frames);
            return;
        }
        while self.arena.used() > self.limits.frames - self.limits.frames / 8 {
            // At the last level nothing is held, so this ends.
            if self.thinning.lone < LEVEL_MAX {
                self.thinning.lone += 1;
            } else {
                self.thinning.active += 1;
            }
            self.sweep();
        }
    }

    /// Frees the frames of all flows that are in no sample any more.
    fn sweep(&mut self) {
        for state in &mut self.flows {
            if !state.bare && !self.thinning.holds(state) {
                state.bare = true;
                self.arena.clear(&mut state.frames, true);
            }
        }
    }
}

/// Which flows have their frames kept: those whose lot is divisible by two to the power of these.
#[derive(Clone, Copy, Debug)]
pub(super) struct Thinning {
    /// Flows that are no more than a SYN and a SYN-ACK.
    lone: u32,
    active: u32,
    /// Frames from which on there is something to be done.
    pub(super) start_at: usize,
}

impl Thinning {
    /// Nothing is left out before there are this many frames.
    pub(super) fn new(limits: Limits) -> Self {
        Self { lone: 0, active: 0, start_at: (limits.frames / 16).max(1) }
    }

    pub(super) fn holds(&self, state: &FlowState) -> bool {
        let level = if state.is_active() { self.active } else { self.lone };
        state.favoured || level == 0 || index::lot(state.number).trailing_zeros() >= level
    }
}
