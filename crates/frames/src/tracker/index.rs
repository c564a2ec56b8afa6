//! Finds the flow of a segment: open addressing with a seeded hash, the same for both directions.

use std::hash::{BuildHasher as _, Hasher as _, RandomState};

use crate::decode::Node;

/// Flows by their two ends. Holds numbers only; the ends are compared by the caller.
///
/// Nothing is read from it in order, so the seed shows in no result. It is there because whoever
/// sends the frames could else choose ends that all fall into one place.
#[derive(Debug)]
pub(super) struct Index {
    /// Hash in the upper half, number of the flow plus one in the lower; 0 is free.
    slots: Vec<u64>,
    len: usize,
    seeds: [u64; 2],
}

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
        let slots = vec![0; (flows_max * 2).next_power_of_two()];
        Self { slots, len: 0, seeds: [seed(1), seed(2)] }
    }

    /// Hash of a pair of ends, whichever way round.
    pub(super) fn hash(&self, a: Node, b: Node) -> u32 {
        let sum = self.of_node(a).wrapping_add(self.of_node(b));
        u32::try_from(mix(sum, self.seeds[0]) >> 32).unwrap_or(0)
    }

    fn of_node(&self, node: Node) -> u64 {
        let (high, low) = halves(node);
        mix(high ^ self.seeds[0], low ^ self.seeds[1] ^ (u64::from(node.port) << 48))
    }

    pub(super) fn find(&self, hash: u32, is_it: impl Fn(u32) -> bool) -> Option<u32> {
        let mut place = self.home(hash);
        loop {
            let slot = self.slots[place];
            if slot == 0 {
                return None;
            }
            if slot >> 32 == u64::from(hash) && is_it(number(slot)) {
                return Some(number(slot));
            }
            place = self.next(place);
        }
    }

    /// Adds a flow that is not there. At most half of the slots are ever used.
    pub(super) fn insert(&mut self, hash: u32, flow: u32) {
        debug_assert!(self.len * 2 < self.slots.len(), "more flows than the index was made for");
        let mut place = self.home(hash);
        while self.slots[place] != 0 {
            place = self.next(place);
        }
        self.slots[place] = u64::from(hash) << 32 | (u64::from(flow) + 1);
        self.len += 1;
    }

    /// Takes a flow out. Those behind it move up, so that no search ends early.
    pub(super) fn remove(&mut self, hash: u32, flow: u32) {
        let mut gap = self.home(hash);
        while self.slots[gap] == 0 || number(self.slots[gap]) != flow {
            if self.slots[gap] == 0 {
                return;
            }
            gap = self.next(gap);
        }
        self.len -= 1;
        let mut place = self.next(gap);
        while self.slots[place] != 0 {
            let home = self.home(u32::try_from(self.slots[place] >> 32).unwrap_or(0));
            let mask = self.slots.len() - 1;
            // It may move when its home is not between the gap and its place.
            if place.wrapping_sub(home) & mask >= place.wrapping_sub(gap) & mask {
                self.slots[gap] = self.slots[place];
                gap = place;
            }
            place = self.next(place);
        }
        self.slots[gap] = 0;
    }

    fn home(&self, hash: u32) -> usize {
        usize::try_from(hash).unwrap_or(0) & (self.slots.len() - 1)
    }

    fn next(&self, place: usize) -> usize {
        (place + 1) & (self.slots.len() - 1)
    }
}

fn number(slot: u64) -> u32 {
    u32::try_from((slot & 0xffff_ffff) - 1).unwrap_or(0)
}

fn halves(node: Node) -> (u64, u64) {
    let all = u128::from_be_bytes(node.ip);
    (u64::try_from(all >> 64).unwrap_or(0), u64::try_from(all & u128::from(u64::MAX)).unwrap_or(0))
}

fn mix(a: u64, b: u64) -> u64 {
    let product = u128::from(a).wrapping_mul(u128::from(b));
    let halves = (product >> 64) ^ (product & u128::from(u64::MAX));
    u64::try_from(halves & u128::from(u64::MAX)).unwrap_or(0)
}

/// A hash of a flow that is the same in every run: which flows a sample holds.
pub(super) fn lot(client: Node, server: Node) -> u32 {
    let of = |node: Node, seed: u64| {
        let (high, low) = halves(node);
        mix(high ^ seed, low ^ seed.rotate_left(32) ^ (u64::from(node.port) << 48))
    };
    let sum = of(client, 0x9e37_79b9_7f4a_7c15) ^ of(server, 0xc2b2_ae3d_27d4_eb4f);
    u32::try_from(mix(sum, 0xff51_afd7_ed55_8ccd) >> 32).unwrap_or(0)
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
        assert_eq!(index.hash(node(1), node(2)), index.hash(node(2), node(1)));
    }

    /// All in one place, the worst case, taken out in every order.
    #[test]
    fn what_is_taken_out_hides_nothing() {
        for first in 0..5_u32 {
            let mut index = Index::new(8);
            for flow in 0..5 {
                index.insert(15, flow);
            }
            index.insert(1, 5);
            index.remove(15, first);
            index.remove(15, 9);
            assert_eq!(index.find(15, |flow| flow == first), None);
            for flow in (0..5).filter(|&flow| flow != first) {
                assert_eq!(index.find(15, |it| it == flow), Some(flow));
            }
            assert_eq!(index.find(1, |_| true), Some(5));
        }
    }
}
