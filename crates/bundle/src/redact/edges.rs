//! Network and broadcast addresses: the first and the last of a prefix stay that.
//!
//! The permutation knows nothing of prefixes, so an ordinary host can become the last address of its
//! network. Where that happens the two change places. Both lie in the same prefix, and in all that
//! hold it, so that nothing changes about who is on which wire.

use std::collections::{HashMap, HashSet};

use super::space::mask;

/// Images that are somewhere else than the permutation has them.
#[derive(Debug, Default)]
pub(super) struct Edges {
    moved: HashMap<u128, u128>,
    /// The same the other way round.
    from: HashMap<u128, u128>,
}

impl Edges {
    /// `image` gives the image of a prefix of any length, and `is_fixed` tells what has to stay.
    pub(super) fn new(
        width: u8,
        prefixes: impl Iterator<Item = (u128, u8)>,
        image: impl Fn(u128, u8) -> u128,
        is_fixed: impl Fn(u128) -> bool,
    ) -> Self {
        let mut prefixes: Vec<(u8, u128)> = prefixes
            // A prefix of two addresses has neither of the two (RFC 3021).
            .filter(|(_, len)| (1..width - 1).contains(len))
            .map(|(value, len)| (len, value & mask(len)))
            .collect();
        prefixes.sort_unstable_by(|one, other| other.cmp(one));
        prefixes.dedup();
        let mut edges = Self::default();
        let (mut sources, mut targets) = (HashSet::new(), HashSet::new());
        // The longest first: of several prefixes with one broadcast address, it is this host's.
        for (len, value) in prefixes {
            let place = image(value, len);
            let host_bits = mask(width) & !mask(len);
            for (source, target) in [(value, place), (value | host_bits, place | host_bits)] {
                let is_settled = is_fixed(source) || is_fixed(target);
                if !is_settled && !targets.contains(&target) && sources.insert(source) {
                    edges.exchange(image(source, width), target);
                    targets.insert(target);
                }
            }
        }
        edges
    }

    /// Has one image at `target`, and what is there where it is.
    fn exchange(&mut self, image: u128, target: u128) {
        let place = self.settled(image);
        let other = self.from.get(&target).copied().unwrap_or(target);
        for (image, place) in [(image, target), (other, place)] {
            self.moved.insert(image, place);
            self.from.insert(place, image);
        }
    }

    /// Where an image is in the end.
    pub(super) fn settled(&self, image: u128) -> u128 {
        self.moved.get(&image).copied().unwrap_or(image)
    }
}
