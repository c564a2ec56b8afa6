//! Asking aloud who answers for an address: where the question may come from, which addresses nobody
//! should own, and what the answers say.

mod unused;
mod verdict;

pub use unused::Wire;
pub use verdict::{Answerer, ProbeView, ProbeWord, proxies, unheard, views};
