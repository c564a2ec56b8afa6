//! Finds the flow of a segment by a fingerprint of its ends, the same for both directions.

use std::hash::{BuildHasher as _, Hasher as _, RandomState};

use crate::decode::Node;

/// Numbers of flows by fingerprint: open addressing, at most three quarters full.
///
/// Nothing is read from it in order, so the seeds show in no result. They are there because whoever
/// sends the frames could else choose ends that all fall into one place, or that look like one flow.
/// Two flows of 400,000 have the same fingerprint by chance once in 200 million captures.
#[derive(Debug)]
pub(super) struct Index {
    /// Number of a flow plus one in the lower 24 bits, above them 8 of its fingerprint; 0 is free.
    slots: Vec<u32>,
    seeds: [u64; 2],
}

/// Flows that can be told apart.
pub(super) const FLOWS_MAX: usize = (1 << 24) - 1;

impl Index {
    /// For so many flows at most.
    pub(super) fn new(flows_max: usize) -> Self {
        let state = RandomState::new();
        let seed = |word: u64| {
            let mut hasher = state.build_hasher();
            hasher.write_u64(word);
            hasher.finish() | 1
        };
        // Zeroed memory costs nothing before it is touched.
        let slots = vec![0; (flows_max.max(3) / 3 * 4).next_power_of_two()];
        Self { slots, seeds: [seed(1), seed(2)] }
    }

    /// Fingerprint of a pair of ends, whichever way round, and whether the first is the greater
    /// one in an order that holds for this index.
    #[inline]
    pub(super) fn fingerprint(&self, a: Node, b: Node) -> (u64, bool) {
        let (a, b) = (of_node(a, self.seeds), of_node(b, self.seeds));
        (mix(a.wrapping_add(b), self.seeds[1]), a > b)
    }

    /// The flow where the search for a fingerprint begins, whether it is the one or not; a number
    /// beyond all flows where there is none.
    pub(super) fn first_slot(&self, fingerprint: u64) -> u32 {
        let slot = self.slots.get(self.home(fingerprint)).copied();
        (slot.unwrap_or(0) & 0x00ff_ffff).wrapping_sub(1)
    }

    pub(super) fn find(&self, fingerprint: u64, is_it: impl Fn(u32) -> bool) -> Option<u32> {
        let mut place = self.home(fingerprint);
        loop {
            let slot = self.slots[place];
            if slot == 0 {
                return None;
            }
            if slot >> 24 == tag(fingerprint) && is_it(flow_of(slot)) {
                return Some(flow_of(slot));
            }
            place = self.next(place);
        }
    }

    /// Adds a flow that is not there.
    pub(super) fn insert(&mut self, fingerprint: u64, flow: u32) {
        let mut place = self.home(fingerprint);
        while self.slots[place] != 0 {
            place = self.next(place);
        }
        self.slots[place] = tag(fingerprint) << 24 | (flow + 1);
    }

    /// Takes a flow out. Those behind it move up, so that no search ends early; `of` tells the
    /// fingerprint of a flow.
    pub(super) fn remove(&mut self, fingerprint: u64, flow: u32, of: impl Fn(u32) -> u64) {
        let mut gap = self.home(fingerprint);
        while self.slots[gap] == 0 || flow_of(self.slots[gap]) != flow {
            if self.slots[gap] == 0 {
                return;
            }
            gap = self.next(gap);
        }
        let mask = self.slots.len() - 1;
        let mut place = self.next(gap);
        while self.slots[place] != 0 {
            let home = self.home(of(flow_of(self.slots[place])));
            // It may move when its home is not between the gap and its place.
            if place.wrapping_sub(home) & mask >= place.wrapping_sub(gap) & mask {
                self.slots[gap] = self.slots[place];
                gap = place;
            }
            place = self.next(place);
        }
        self.slots[gap] = 0;
    }

    fn home(&self, fingerprint: u64) -> usize {
        usize::try_from(fingerprint & 0xffff_ffff).unwrap_or(0) & (self.slots.len() - 1)
    }

    fn next(&self, place: usize) -> usize {
        (place + 1) & (self.slots.len() - 1)
    }
}

fn tag(fingerprint: u64) -> u32 {
    u32::try_from(fingerprint >> 56).unwrap_or(0)
}

fn flow_of(slot: u32) -> u32 {
    (slot & 0x00ff_ffff) - 1
}

fn of_node(node: Node, seeds: [u64; 2]) -> u64 {
    let (halves, _) = node.ip.as_chunks::<8>();
    let half = |at: usize| halves.get(at).map_or(0, |&half| u64::from_ne_bytes(half));
    mix(half(0) ^ seeds[0] ^ u64::from(node.port), half(1) ^ seeds[1])
}

fn mix(a: u64, b: u64) -> u64 {
    let product = u128::from(a) * u128::from(b);
    let halves = (product >> 64) ^ (product & u128::from(u64::MAX));
    u64::try_from(halves & u128::from(u64::MAX)).unwrap_or(0)
}

/// Number of a pair of ends, the same in every run, on every machine, and for both directions: the
/// exclusive or of the words of the addresses, and of the ports in the upper half.
pub(crate) fn number(a: Node, b: Node) -> u32 {
    let fold = |node: Node| {
        let (words, _) = node.ip.as_chunks::<4>();
        words.iter().fold(0, |sum, &word| sum ^ u32::from_be_bytes(word))
    };
    // What a mapped address has before its last word cancels out: both ends have it.
    fold(a) ^ fold(b) ^ u32::from(a.port ^ b.port) << 16
}

/// Decides by a number which flows a sample holds: those whose lot is divisible by its rate.
pub(super) fn lot(number: u32) -> u32 {
    let mixed = u64::from(number).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    u32::try_from((mixed ^ mixed >> 32).wrapping_mul(0xff51_afd7_ed55_8ccd) >> 32).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn node(port: u16) -> Node {
        Node { ip: crate::decode::mapped([10, 0, 0, 1]), port }
    }

    #[test]
    fn both_directions_are_one_flow() {
        let index = Index::new(4);
        let (there, greater) = index.fingerprint(node(1), node(2));
        assert_eq!((there, !greater), index.fingerprint(node(2), node(1)));
        assert_ne!(there, index.fingerprint(node(1), node(3)).0);
    }

    /// All in one place, the worst case, taken out in every order.
    #[test]
    fn what_is_taken_out_hides_nothing() {
        let of = |flow| if flow == 5 { 1 } else { 15 };
        for first in 0..5_u32 {
            let mut index = Index::new(8);
            for flow in 0..6 {
                index.insert(of(flow), flow);
            }
            index.remove(15, first, of);
            index.remove(15, 9, of);
            assert_eq!(index.find(15, |flow| flow == first), None);
            for flow in (0..5).filter(|&flow| flow != first) {
                assert_eq!(index.find(15, |it| it == flow), Some(flow));
            }
            assert_eq!(index.find(1, |it| it == 5), Some(5));
        }
    }
}
