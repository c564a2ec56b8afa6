//! Leaves out handshakes that are not followed any more.

use super::Tracker;

impl Tracker {
    /// From now on one handshake in `one_in` is followed. Those that nothing is decided about, and
    /// whose number is not `followed` further, are as if they had not been seen: what else would
    /// come of them does not show.
    ///
    /// The number is the exclusive or of the 32-bit words of both addresses, and of both ports in
    /// its upper half.
    pub fn narrow(&mut self, one_in: u32, followed: impl Fn(u32) -> bool) {
        self.sampled_one_in = one_in.max(1);
        for state in self.flows.iter_mut().filter(|state| !state.completed) {
            if !followed(state.number) {
                // Not counted, not shown, and the first to give its place away.
                state.completed = true;
                state.closed = true;
                self.arena.clear(&mut state.frames, false);
            }
        }
    }
}
