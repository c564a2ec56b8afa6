//! Damage to bytes.

/// xorshift64: the same damage in every run.
pub(crate) struct Damage(u64);

impl Damage {
    /// `seed` is not 0.
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn below(&mut self, limit: usize) -> usize {
        usize::try_from(self.next() % u64::try_from(limit).expect("64 bits"))
            .expect("less than the limit")
    }

    /// Overwrites, removes, doubles or moves some bytes.
    pub(crate) fn to(&mut self, bytes: &[u8]) -> Vec<u8> {
        let mut bytes = bytes.to_vec();
        for _ in 0..=self.below(3) {
            let at = self.below(bytes.len());
            let end = (at + 1 + self.below(12)).min(bytes.len());
            match self.below(5) {
                0 => bytes[at] = self.next().to_le_bytes()[0],
                // Digits and signs where JSON has a number give values out of range.
                1 => bytes[at] = b"0123456789-\"[]{},:"[self.below(18)],
                2 => drop(bytes.drain(at..end)),
                3 => {
                    let piece = bytes[at..end].to_vec();
                    let to = self.below(bytes.len());
                    bytes.splice(to..to, piece);
                }
                _ => bytes[at] ^= 1 << self.below(8),
            }
            if bytes.is_empty() {
                bytes.push(0);
            }
        }
        bytes
    }
}
