//! Permutations of addresses that keep prefixes.
//!
//! Two addresses share as many leading bits afterwards as before (Xu, Fan, Ammar, Moon: Crypto-PAn, 2002):
//! each bit is turned over or not by what is drawn for the bits before it. A range that has to stay
//! what it is keeps all bits on the way to it, so that nothing else can come into it either.

use super::key::{Domain, Prf};

/// Bits from the left, and how many of them.
pub(super) type Range = (u128, u8);

/// The addresses of one kind. They are numbers whose first bit is the highest one of 128.
#[derive(Debug)]
pub(super) struct Space {
    pub(super) domain: Domain,
    /// Bits of an address, a multiple of 4.
    pub(super) width: u8,
    /// What lies in them stays as it is.
    pub(super) fixed: &'static [Range],
    /// What lies in them is replaced by what lies in them.
    pub(super) closed: &'static [Range],
    /// Blocks that stay as they are, and to which no way is kept: nearly all of the addresses
    /// around would be, too. What would come into them goes on to where they would have gone.
    pub(super) blocks: &'static [Range],
    /// Bits of such a block, a multiple of 4.
    pub(super) block_len: u8,
}

/// The bits of a prefix.
pub(super) const fn mask(len: u8) -> u128 {
    if len == 0 { 0 } else { u128::MAX << (128 - len) }
}

/// True when an address, or a whole prefix of `len` bits, lies in a range.
pub(super) fn lies_in(value: u128, len: u8, (start, bits): Range) -> bool {
    len >= bits && (value ^ start) & mask(bits) == 0
}

impl Space {
    /// True for a prefix that stays as it is.
    pub(super) fn is_fixed(&self, value: u128, len: u8) -> bool {
        let holds = |range: &&Range| lies_in(value, len, **range);
        self.fixed.iter().chain(self.blocks).any(|range| holds(&range))
    }

    /// What a prefix becomes; an address is one of full length.
    pub(super) fn image(&self, prf: &Prf, value: u128, len: u8) -> u128 {
        let value = value & mask(len);
        if self.is_fixed(value, len) {
            return value;
        }
        let image = self.permuted(prf, value, self.width);
        if len < self.block_len || !self.is_block(image) {
            return image & mask(len);
        }
        // The permutation of whole blocks, repeated: a cycle ends where it began, and that is none of
        // these blocks.
        let block = mask(self.block_len);
        let mut walked = image & block;
        while self.is_block(walked) {
            walked = self.permuted(prf, walked, self.block_len);
        }
        (walked | (image & !block)) & mask(len)
    }

    pub(super) fn is_block(&self, value: u128) -> bool {
        self.blocks.iter().any(|&range| lies_in(value, self.width, range))
    }

    /// Leading bits that stay: those on the way to a range.
    fn kept(&self, value: u128) -> u8 {
        let on_the_way = |&(start, bits): &Range| {
            let common = (value ^ start).leading_zeros();
            // The bit at which the way parts stays, too.
            u8::try_from(common + 1).unwrap_or(u8::MAX).min(bits)
        };
        self.fixed.iter().chain(self.closed).map(on_the_way).max().unwrap_or(0)
    }

    pub(super) fn permuted(&self, prf: &Prf, value: u128, width: u8) -> u128 {
        permuted(prf, self.domain, value, self.kept(value), width)
    }
}

/// Turns bits over between the first `kept` ones and the end, each by what lies before it.
pub(super) fn permuted(prf: &Prf, domain: Domain, value: u128, kept: u8, width: u8) -> u128 {
    let mut image = value;
    for start in (kept / 4 * 4..width).step_by(4) {
        let before = value & mask(start);
        let mut message = [0; 17];
        message[0] = start;
        message[1..].copy_from_slice(&before.to_be_bytes());
        let drawn = prf.draw(domain, &message);
        // One of the fifteen nodes of the tree that these four bits make.
        let mut node = 1_u8;
        for depth in start..start + 4 {
            let place = 127 - depth;
            if depth >= kept && drawn >> node & 1 == 1 {
                image ^= 1 << place;
            }
            node = node << 1 | u8::from(value >> place & 1 == 1);
        }
    }
    image
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::redact::Key;

    const PLAIN: Space = Space {
        domain: Domain::V4,
        width: 12,
        fixed: &[(0x7f << 120, 8)],
        closed: &[(0xa << 124, 4)],
        blocks: &[(0x123 << 116, 12), (0x124 << 116, 12)],
        block_len: 12,
    };

    fn all(space: &Space, seed: u8) -> Vec<u128> {
        let prf = Prf::new(&Key::new([seed; 32]));
        (0..1_u128 << 12).map(|value| space.image(&prf, value << 116, 12) >> 116).collect()
    }

    #[test]
    fn it_is_a_permutation_and_ranges_are_closed() {
        for seed in 0..50 {
            let images = all(&PLAIN, seed);
            let mut sorted = images.clone();
            sorted.sort_unstable();
            assert!(sorted.iter().copied().eq(0..1 << 12), "seed {seed}");
            let is_fixed = |value: u128| value >> 4 == 0x7f || [0x123, 0x124].contains(&value);
            for (value, &image) in (0..).zip(&images) {
                assert_eq!(is_fixed(value), is_fixed(image) && value == image, "{value:x}");
                assert_eq!(value >> 8 == 0xa, image >> 8 == 0xa, "{value:x}: {image:x}");
            }
        }
    }

    #[test]
    fn prefixes_are_kept() {
        let space = Space { blocks: &[], ..PLAIN };
        for seed in 0..8 {
            let images = all(&space, seed);
            for (value, image) in images.iter().enumerate() {
                for (other, other_image) in images.iter().enumerate().skip(value + 1).step_by(7) {
                    let before = ((value ^ other) as u128).leading_zeros();
                    assert_eq!(before, (image ^ other_image).leading_zeros(), "{value} {other}");
                }
            }
        }
    }

    #[test]
    fn a_prefix_becomes_what_its_addresses_begin_with() {
        let space = Space { blocks: &[], ..PLAIN };
        let prf = Prf::new(&Key::new([3; 32]));
        for value in 0..1_u128 << 12 {
            let image = space.image(&prf, value << 116, 12);
            for len in 0..=12 {
                assert_eq!(space.image(&prf, value << 116, len), image & mask(len));
            }
        }
    }

    #[test]
    fn each_bit_is_turned_over_half_of_the_time() {
        let space = Space { fixed: &[], closed: &[], blocks: &[], ..PLAIN };
        for depth in 0..12 {
            let turned = (0..200)
                .filter(|&seed| {
                    let prf = Prf::new(&Key::new([seed; 32]));
                    space.image(&prf, 0x5a5 << 116, 12) >> (127 - depth) & 1
                        != (0x5a5_u128 << 116) >> (127 - depth) & 1
                })
                .count();
            assert!((70..130).contains(&turned), "bit {depth}: {turned} of 200");
        }
    }
}
