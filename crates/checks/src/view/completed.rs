//! Handshakes that completed: the control group of the stuck ones.

use synrecv_model::{Endpoint, Part, Reply};

use super::View;

impl<'a> View<'a> {
    /// True when handshakes to this local end complete: some did, and the host completed some while
    /// watching, as far as that is known.
    pub fn completes(&self, local: Endpoint) -> bool {
        self.note(Part::Sockets);
        self.delta("TcpPassiveOpens") != Some(0)
            && self.observation.completed.iter().any(|flow| flow.local == local)
    }

    /// True when the host completed handshakes while watching and no sample shows whose: then nobody
    /// can be said to complete none.
    pub fn completions_unplaced(&self) -> bool {
        self.note(Part::Sockets);
        self.delta("TcpPassiveOpens").is_some_and(|count| count > 0)
            && self.observation.completed.is_empty()
    }

    /// The kernel's answers for connections that completed: the control group of the stuck ones.
    pub fn completed(&self) -> impl Iterator<Item = &'a Reply> {
        self.note(Part::Replies);
        let completed = &self.observation.completed;
        completed.iter().filter_map(|flow| self.replies.get(flow).copied())
    }
}
