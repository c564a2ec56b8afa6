//! From flows and frames to the nouns.

use synrecv_model::{Capture, CaptureOrigin, Handshake, HandshakeFrame, Mono, Outcome, WallClock};

use super::arena::{Arena, Kept};
use super::lone::FlowState;
use super::pool::{Pool, Rank};
use super::services::Services;
use super::talk::Ms;
use super::{Tracker, index};
use crate::vantage;

/// What the tracker cannot know about a capture.
#[derive(Clone, Copy, Debug)]
pub struct Ending {
    /// Live or from a file.
    pub origin: CaptureOrigin,
    /// Wall clock at the start of the capture.
    pub started_at: WallClock,
    /// When a live capture started; `None` for the first frame.
    pub started: Option<Mono>,
    /// When a live capture ended; `None` for the last frame.
    pub ended: Option<Mono>,
    /// Frames that were lost; `None` when nobody knows.
    pub lost_count: Option<u64>,
    /// The input is damaged or ends early.
    pub truncated: bool,
}

impl Tracker {
    /// The capture so far. The tracker can go on.
    pub fn capture(&self, ending: &Ending) -> Capture {
        let first = self.first.unwrap_or_default();
        let ended = ending.ended.unwrap_or(self.last);
        let now = self.ms(ended);
        let mut services = self.services.clone();
        let mut pool = self.pool.clone();
        for (order, state) in (self.closed_count..).zip(&self.flows) {
            if state.completed {
                continue;
            }
            match state.lone_outcome(now) {
                // Nothing is kept of it: it counts, and that is all.
                Some(outcome) if state.bare => {
                    services.count(state.service, outcome);
                    pool.omit();
                }
                _ => close(&mut services, &mut pool, &self.arena, state, order, now),
            }
        }
        let omitted_handshake_count = pool.omitted_count();
        let handshakes = pool.sorted();
        let vantages = vantage::of(&handshakes, self.claims.padding(), self.timing);
        Capture {
            origin: ending.origin,
            started_at: ending.started_at,
            started: ending.started.unwrap_or(first),
            ended,
            devices: self.devices.clone(),
            received_count: self.progress.frame_count,
            lost_count: ending.lost_count,
            undecoded_count: self.undecoded_count,
            sampled_one_in: self.sampled_one_in,
            truncated: ending.truncated,
            handshakes,
            omitted_handshake_count,
            services: services.sorted(),
            vantages,
            claims: in_order(&self.claims.made, |claim| claim.at),
            questions: in_order(&self.claims.questions, |question| question.at),
            omitted_claim_count: self.claims.omitted_count,
        }
    }
}

fn in_order<T: Clone>(all: &[T], at: fn(&T) -> Mono) -> Vec<T> {
    let mut sorted = all.to_vec();
    sorted.sort_by_key(at);
    sorted
}

/// Counts a flow that is over, and shows it if it ranks high enough and has frames.
pub(super) fn close(
    services: &mut Services,
    pool: &mut Pool,
    arena: &Arena,
    state: &FlowState,
    order: u64,
    now: Ms,
) {
    let outcome = state.outcome(now);
    let first = arena.frames(state.frames).next();
    let client = first.map_or([0; 16], |frame| frame.client.ip);
    services.count(state.service, outcome);
    let sampled = outcome == Outcome::Completed && services.complete(state, client);
    let Some(first) = first.filter(|_| sampled || outcome != Outcome::Completed) else {
        pool.omit();
        return;
    };
    let lot = index::lot(state.number);
    let rank = Rank { lone: !state.is_active() && !state.favoured, lot, order };
    pool.offer(outcome, rank, || {
        let mut frames: Vec<HandshakeFrame> = arena.frames(state.frames).map(Kept::noun).collect();
        frames.sort_by_key(|frame| frame.at);
        Handshake {
            flow: first.flow(),
            outcome,
            counts: state.frame_counts(),
            frames,
            omitted_count: state.frames.omitted_count(),
        }
    });
}
