//! Handshakes that are over, those that will be shown.

use std::collections::BTreeMap;

use synrecv_model::{Handshake, Outcome};

/// Which handshakes are shown when there are too many of one outcome: those of clients that are there
/// before those that sent one SYN, then by lot.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Rank {
    pub(super) lone: bool,
    pub(super) lot: u32,
    /// Tells handshakes of one flow apart: how many were closed before.
    pub(super) order: u64,
}

/// For each outcome, the handshakes of the best rank.
#[derive(Clone, Debug, Default)]
pub(super) struct Pool {
    shown: BTreeMap<Outcome, BTreeMap<Rank, Handshake>>,
    omitted_count: u64,
}

/// Handshakes that are shown of one outcome.
fn shown_max(outcome: Outcome) -> usize {
    match outcome {
        // Bounded for each service.
        Outcome::Completed => 8_192,
        Outcome::AckMissing | Outcome::AckIgnored => 2_048,
        Outcome::Unanswered | Outcome::Refused => 1_024,
        Outcome::ReplyUnseen | Outcome::TooEarly => 512,
    }
}

impl Pool {
    /// Adds a handshake if it is to be shown; it is made only then.
    pub(super) fn offer(
        &mut self,
        outcome: Outcome,
        rank: Rank,
        handshake: impl FnOnce() -> Handshake,
    ) {
        let shown = self.shown.entry(outcome).or_default();
        if shown.len() >= shown_max(outcome) {
            self.omitted_count += 1;
            match shown.last_entry() {
                Some(worst) if *worst.key() > rank => worst.remove(),
                _ => return,
            };
        }
        shown.insert(rank, handshake());
    }

    /// Counts a handshake that is not shown.
    pub(super) fn omit(&mut self) {
        self.omitted_count += 1;
    }

    pub(super) fn omitted_count(&self) -> u64 {
        self.omitted_count
    }

    /// In order of flow, then time.
    pub(super) fn sorted(self) -> Vec<Handshake> {
        let mut all: Vec<Handshake> =
            self.shown.into_values().flat_map(BTreeMap::into_values).collect();
        all.sort_by_key(|handshake| (handshake.flow, handshake.frames.first().map(|f| f.at)));
        all
    }
}
