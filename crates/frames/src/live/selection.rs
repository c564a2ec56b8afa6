//! Which handshakes are followed when there are too many for all.
//!
//! A handshake is chosen by a number that both of its directions share, so that all of its frames are
//! seen or none. Half of those that are followed at one rate are followed at half the rate.

use std::net::IpAddr;

use synrecv_model::{Endpoint, Flow};

use crate::decode::{Node, mapped};
use crate::tracker;

/// Handshakes that can be followed whatever the rate. The filter compares one after another.
pub(super) const FOLLOWED_MAX: usize = 64;

/// Spreads numbers that differ in few bits: the golden ratio of 2^32.
pub(super) const MULTIPLIER: u32 = 0x9e37_79b1;

/// The handshakes, and the other frames, that the filter lets pass.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Selection {
    /// One handshake in so many, a power of two.
    pub(super) one_in: u32,
    /// Numbers of handshakes that are followed in any case; at most [`FOLLOWED_MAX`], in order.
    pub(super) followed: Vec<u32>,
    /// One in so many of the frames that belong to no handshake.
    pub(super) others_one_in: u32,
}

impl Selection {
    /// One handshake in so many, and all other frames.
    pub(super) fn one_in(one_in: u32) -> Self {
        Self { one_in, followed: Vec::new(), others_one_in: 1 }
    }

    /// True when the handshakes with this number are followed.
    pub(super) fn includes(&self, number: u32) -> bool {
        number.wrapping_mul(MULTIPLIER) <= self.limit()
            || self.followed.binary_search(&number).is_ok()
    }

    /// The largest product of a number that is followed.
    pub(super) fn limit(&self) -> u32 {
        u32::MAX / self.one_in.max(1)
    }

    /// Follows these in any case, as many as fit, those first that are followed already; true when
    /// that changes anything.
    pub(super) fn follow(&mut self, flows: impl IntoIterator<Item = Flow>) -> bool {
        let mut kept = Vec::new();
        let mut added = Vec::new();
        for number in flows.into_iter().map(number) {
            if self.followed.binary_search(&number).is_ok() {
                kept.push(number);
            } else if added.len() < FOLLOWED_MAX {
                added.push(number);
            }
        }
        kept.sort_unstable();
        kept.dedup();
        added.truncate(FOLLOWED_MAX - kept.len());
        kept.append(&mut added);
        kept.sort_unstable();
        kept.dedup();
        let before = std::mem::replace(&mut self.followed, kept);
        before != self.followed
    }
}

/// The number of a handshake.
pub(super) fn number(flow: Flow) -> u32 {
    let node = |end: Endpoint| {
        let ip = match end.ip {
            IpAddr::V4(ip) => mapped(ip.octets()),
            IpAddr::V6(ip) => ip.octets(),
        };
        Node { ip, port: end.port }
    };
    tracker::number(node(flow.local), node(flow.peer))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn flow(peer: [u8; 4], port: u16) -> Flow {
        Flow {
            local: Endpoint::new(IpAddr::from([192, 0, 2, 10]), 443),
            peer: Endpoint::new(IpAddr::from(peer), port),
        }
    }

    #[test]
    fn both_directions_have_one_number() {
        let there = flow([198, 51, 100, 7], 40_000);
        let back = Flow { local: there.peer, peer: there.local };
        assert_eq!(number(there), number(back));
    }

    #[test]
    fn a_sample_is_as_large_as_said_and_holds_the_smaller_one() {
        let flows: Vec<u32> = (0..64_u8)
            .flat_map(|client| (0..250).map(move |port| (client, port)))
            .map(|(client, port)| number(flow([198, 51, 100, client], 40_000 + port * 2)))
            .collect();
        for one_in in [2, 16, 64] {
            let (larger, smaller) = (Selection::one_in(one_in), Selection::one_in(one_in * 2));
            let taken = flows.iter().filter(|flow| larger.includes(**flow)).count();
            let due = flows.len() / one_in as usize;
            assert!((due / 2..due * 2).contains(&taken), "1 in {one_in}: {taken} of {due}");
            assert!(flows.iter().all(|flow| larger.includes(*flow) || !smaller.includes(*flow)));
        }
        assert!(flows.iter().all(|flow| Selection::one_in(1).includes(*flow)));
    }

    #[test]
    fn what_is_named_is_followed_at_any_rate() {
        let mut selection = Selection::one_in(1 << 12);
        let named = flow([203, 0, 113, 5], 5_555);
        assert!(!selection.includes(number(named)));
        let others = || (1..200).map(|port| flow([10, 0, 0, 1], port));
        assert!(selection.follow(std::iter::once(named).chain(others())));
        assert!(selection.includes(number(named)));
        assert_eq!(selection.followed.len(), FOLLOWED_MAX);
        assert!(!selection.follow(others().chain([named])), "those that are followed stay");
        assert!(selection.follow(others()) && !selection.includes(number(named)));
    }
}
