//! The key, and what is drawn from it.

// SipHash-2-4 with a key of one's own. `DefaultHasher`, which the note of the deprecation names, takes
// no key, and says nothing of its algorithm.
#![expect(deprecated, reason = "the standard library has the function under no other name")]

use std::fmt;
use std::hash::{Hasher as _, SipHasher};

/// Bytes of a key.
const KEY_LEN: usize = 32;

/// 32 secret bytes from which all pseudonyms follow: who has them can tell what each stands for.
#[derive(Clone, PartialEq, Eq)]
pub struct Key([u8; KEY_LEN]);

impl Key {
    /// Bytes that have to be random.
    pub const fn new(bytes: [u8; KEY_LEN]) -> Self {
        Self(bytes)
    }

    /// The content of a key file: 32 bytes, or 64 hexadecimal digits and white space behind them.
    /// `None` for anything else.
    pub fn parse(content: &[u8]) -> Option<Self> {
        if let Ok(bytes) = content.try_into() {
            return Some(Self(bytes));
        }
        let digits = std::str::from_utf8(content.trim_ascii_end()).ok()?;
        if digits.len() != 2 * KEY_LEN || !digits.bytes().all(|digit| digit.is_ascii_hexdigit()) {
            return None;
        }
        let mut bytes = [0; KEY_LEN];
        for (at, byte) in bytes.iter_mut().enumerate() {
            *byte = u8::from_str_radix(digits.get(2 * at..2 * at + 2)?, 16).ok()?;
        }
        Some(Self(bytes))
    }

    /// The bytes, to be kept.
    pub fn bytes(&self) -> &[u8; KEY_LEN] {
        &self.0
    }

    fn word(&self, at: usize) -> u64 {
        let bytes = self.0.get(8 * at..).and_then(|rest| rest.first_chunk());
        bytes.map_or(0, |bytes| u64::from_le_bytes(*bytes))
    }
}

/// A key is not for logs.
impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Key(..)")
    }
}

/// What is drawn for. The same message in two domains gives two numbers that have nothing in common.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Domain {
    V4,
    V6,
    Mac,
    Name,
}

/// A pseudo-random function: its numbers tell nothing of the key, of the message, or of one another.
///
/// SipHash-2-4 (Aumasson and Bernstein, 2012) is one for keys of 128 bits. There are two of it, with a
/// half of the key each, combined so that the result is as good as the better of them.
#[derive(Clone, Debug)]
pub(super) struct Prf {
    halves: [(u64, u64); 2],
}

impl Prf {
    pub(super) fn new(key: &Key) -> Self {
        Self { halves: [(key.word(0), key.word(1)), (key.word(2), key.word(3))] }
    }

    pub(super) fn draw(&self, domain: Domain, message: &[u8]) -> u64 {
        let numbers = self.halves.iter().zip(0..).map(|(&(k0, k1), half)| {
            let mut hasher = SipHasher::new_with_keys(k0, k1);
            // Two equal halves must not cancel each other.
            hasher.write(&[half, domain as u8]);
            hasher.write(message);
            hasher.finish()
        });
        numbers.fold(0, |drawn, number| drawn ^ number)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_siphash_2_4() {
        // `vectors_sip64` of the reference implementation: key 00 01 .. 0f, message 00 01 .. of the
        // length that is its index.
        let vectors: [(usize, [u8; 8]); 4] = [
            (0, [0x31, 0x0e, 0x0e, 0xdd, 0x47, 0xdb, 0x6f, 0x72]),
            (1, [0xfd, 0x67, 0xdc, 0x93, 0xc5, 0x39, 0xf8, 0x74]),
            (8, [0x62, 0x24, 0x93, 0x9a, 0x79, 0xf5, 0xf5, 0x93]),
            (15, [0xe5, 0x45, 0xbe, 0x49, 0x61, 0xca, 0x29, 0xa1]),
        ];
        let key: [u8; 16] = std::array::from_fn(|at| at.to_le_bytes()[0]);
        let word = |at: usize| u64::from_le_bytes(*key[at..].first_chunk().unwrap());
        for (len, expected) in vectors {
            let message: Vec<u8> = (0..len).map(|at| at.to_le_bytes()[0]).collect();
            let mut hasher = SipHasher::new_with_keys(word(0), word(8));
            // In pieces: it is a stream of bytes.
            for piece in message.chunks(3) {
                hasher.write(piece);
            }
            assert_eq!(hasher.finish().to_le_bytes(), expected, "{len} bytes");
        }
    }

    #[test]
    fn a_key_file_holds_bytes_or_digits() {
        let bytes: [u8; 32] = std::array::from_fn(|at| (7 * at).to_le_bytes()[0]);
        let key = Key::new(bytes);
        assert_eq!(Key::parse(&bytes), Some(key.clone()));
        let digits = bytes.iter().fold(String::new(), |text, byte| format!("{text}{byte:02x}"));
        for written in [digits.clone(), format!("{digits}\n"), digits.to_uppercase() + "\r\n"] {
            assert_eq!(Key::parse(written.as_bytes()), Some(key.clone()), "{written:?}");
        }
        for wrong in [&b""[..], &bytes[1..], &digits.as_bytes()[1..], &[b'g'; 64], &[0xff; 64]] {
            assert_eq!(Key::parse(wrong), None, "{wrong:?}");
        }
        assert_eq!(format!("{key:?}"), "Key(..)");
    }

    #[test]
    fn every_byte_of_the_key_counts() {
        let drawn = |key: [u8; 32]| Prf::new(&Key::new(key)).draw(Domain::V4, b"message");
        let mut all = vec![drawn([0; 32])];
        for at in 0..32 {
            let mut key = [0; 32];
            key[at] = 1;
            all.push(drawn(key));
        }
        all.sort_unstable();
        all.dedup();
        assert_eq!(all.len(), 33);
    }
}
