//! Kernel messages and structures to model values. Pure.
//!
//! What is not understood becomes [`Test::Other`] or an unknown verdict, never a guess.

pub mod device;
mod fields;
pub mod legacy;
mod nft;
mod words;
mod xt;

use synrecv_model::{ConntrackStates, Hook, Term, Test};

pub use nft::{DeviceNames, Ruleset, SetName, generation};

/// A term of which nothing is known.
const UNKNOWN: Term = Term { negated: false, test: Test::Other };

/// `NF_INET_*`, which bridges share.
fn inet_hook(number: u32) -> Option<Hook> {
    use Hook::{Forward, Input, Output, Postrouting, Prerouting};
    let all = [Prerouting, Input, Forward, Output, Postrouting];
    all.get(usize::try_from(number).ok()?).copied()
}

/// The states that are not in a set.
fn others(states: ConntrackStates) -> ConntrackStates {
    ConntrackStates {
        invalid: !states.invalid,
        established: !states.established,
        related: !states.related,
        new: !states.new,
        untracked: !states.untracked,
    }
}
