//! Frames that are taken in together, so that the memory of their flows is fetched at once.

use std::hint::black_box;

use super::{Tracker, index};
use crate::RawFrame;
use crate::decode::{self, Sighting};

/// Frames in a batch: more than a processor fetches at a time.
const BATCH: usize = 16;

/// What a frame is, as far as it decides whether it matters.
#[derive(Clone, Copy, Debug)]
pub(super) enum Glance {
    /// A SYN or SYN-ACK, and whether its source is the greater end.
    Syn(u64, Sighting, bool),
    /// Any other segment: it matters if its flow is followed.
    Segment(u64),
    /// Well-formed, and nothing of interest.
    Other,
    /// To be taken apart in any case.
    Unclear,
}

impl Glance {
    fn fingerprint(self) -> u64 {
        match self {
            Self::Syn(fingerprint, ..) | Self::Segment(fingerprint) => fingerprint,
            Self::Other | Self::Unclear => 0,
        }
    }
}

/// Frames that wait for others.
#[derive(Debug)]
pub(crate) struct Batch<'a> {
    frames: [Option<(RawFrame<'a>, Glance)>; BATCH],
    len: usize,
}

impl<'a> Batch<'a> {
    pub(crate) fn new() -> Self {
        Self { frames: [const { None }; BATCH], len: 0 }
    }

    pub(crate) fn push(&mut self, frame: RawFrame<'a>, tracker: &mut Tracker) {
        let glance = tracker.glance(&frame);
        if let Some(place) = self.frames.get_mut(self.len) {
            *place = Some((frame, glance));
        }
        self.len += 1;
        if self.len == BATCH {
            self.flush(tracker);
        }
    }

    /// Takes in what waits.
    pub(crate) fn flush(&mut self, tracker: &mut Tracker) {
        let frames = self.frames.get(..self.len).unwrap_or_default();
        // Nothing is decided in these two loops, so no load waits for the one before.
        let mut slots = [0; BATCH];
        for (slot, (_, glance)) in slots.iter_mut().zip(frames.iter().flatten()) {
            let fingerprint = glance.fingerprint();
            if !tracker.unwanted.holds(fingerprint) {
                *slot = tracker.index.first_slot(fingerprint);
            }
        }
        for slot in slots {
            black_box(tracker.flows.get(index(slot)).map(|flow| flow.fingerprint));
        }
        for (frame, glance) in frames.iter().flatten() {
            tracker.take_in(frame, *glance);
        }
        self.len = 0;
    }
}

impl Tracker {
    #[inline]
    pub(super) fn glance(&self, frame: &RawFrame<'_>) -> Glance {
        match decode::glance(frame) {
            decode::Glance::Segment(seen) => {
                let (fingerprint, greater) = self.index.fingerprint(seen.src, seen.dst);
                if seen.is_syn {
                    Glance::Syn(fingerprint, seen, greater)
                } else {
                    Glance::Segment(fingerprint)
                }
            }
            decode::Glance::Other => Glance::Other,
            decode::Glance::Unclear => Glance::Unclear,
        }
    }

    /// The flow of a segment that is no SYN. Most belong to connections that completed, or whose
    /// beginning was not captured, and are no more looked at.
    pub(super) fn find_open(&mut self, fingerprint: u64) -> Option<u32> {
        if self.unwanted.holds(fingerprint) {
            return None;
        }
        let found = self.find(fingerprint);
        let is_open = |flow: &u32| self.flows.get(index(*flow)).is_some_and(|it| !it.completed);
        let open = found.filter(is_open);
        if open.is_none() {
            self.unwanted.note(fingerprint);
        }
        open
    }
}

/// Connections whose segments came lately and do not matter. Those that carry the most are found
/// here, in memory that stays in the cache.
#[derive(Debug)]
pub(super) struct Unwanted(Vec<u64>);

const UNWANTED: usize = 4_096;

impl Unwanted {
    pub(super) fn new() -> Self {
        Self(vec![0; UNWANTED])
    }

    fn holds(&self, fingerprint: u64) -> bool {
        self.0[place(fingerprint)] == fingerprint
    }

    fn note(&mut self, fingerprint: u64) {
        self.0[place(fingerprint)] = fingerprint;
    }

    /// The connection matters from now on.
    pub(super) fn forget(&mut self, fingerprint: u64) {
        if self.holds(fingerprint) {
            self.0[place(fingerprint)] = 0;
        }
    }
}

fn place(fingerprint: u64) -> usize {
    usize::try_from(fingerprint >> 32).unwrap_or(0) % UNWANTED
}
