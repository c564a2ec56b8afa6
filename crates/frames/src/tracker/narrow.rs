//! Leaves out handshakes that are not followed any more.

use synrecv_model::Flow;

use super::Tracker;
use super::flow::State;

impl Tracker {
    /// From now on one handshake in `one_in` is followed. Those that nothing is decided about, and
    /// that are not `followed` further, are as if they had not been seen: what else would come of
    /// them does not show.
    pub fn narrow(&mut self, one_in: u32, followed: impl Fn(Flow) -> bool) {
        self.sampled_one_in = one_in.max(1);
        for state in &mut self.flows {
            if state.state == State::Open && !followed(state.flow()) {
                // Not counted, not shown, and the first to give its place away.
                state.state = State::Completed;
                self.arena.clear(&mut state.frames, false);
            }
        }
    }
}
