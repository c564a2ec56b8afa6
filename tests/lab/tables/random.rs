//! Random numbers from a seed that a failed test names.

use std::time::{SystemTime, UNIX_EPOCH};

/// Set it to the seed of a failed run to build the same namespace again.
const SEED_VARIABLE: &str = "SYNRECV_SEED";

/// splitmix64: enough to vary a table, and the same everywhere.
#[derive(Debug)]
pub(crate) struct Random {
    seed: u64,
    state: u64,
}

impl Random {
    /// From the seed in the environment, or from the time.
    pub(crate) fn seeded() -> Self {
        let seed = match std::env::var(SEED_VARIABLE) {
            Ok(text) => text.parse().unwrap_or_else(|_| panic!("{SEED_VARIABLE} is no number")),
            Err(_) => {
                let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970");
                u64::from(now.subsec_nanos()) << 16 ^ now.as_secs()
            }
        };
        Self::of(seed)
    }

    /// From a seed.
    pub(crate) fn of(seed: u64) -> Self {
        Self { seed, state: seed }
    }

    /// How to build the same namespace again.
    pub(crate) fn origin(&self) -> String {
        format!("{SEED_VARIABLE}={}", self.seed)
    }

    /// The next 64 bits.
    pub(crate) fn next(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.state;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number from `least` to `most`.
    pub(crate) fn between(&mut self, least: u64, most: u64) -> u64 {
        least + self.next() % (most - least + 1)
    }

    /// True in `percent` of a hundred calls.
    pub(crate) fn chance(&mut self, percent: u64) -> bool {
        self.next() % 100 < percent
    }

    /// One of these.
    pub(crate) fn pick<'a, T>(&mut self, all: &'a [T]) -> &'a T {
        let count = u64::try_from(all.len()).expect("a count fits");
        &all[usize::try_from(self.next() % count).expect("less than the count")]
    }
}
