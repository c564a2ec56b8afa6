//! Kernel counters of a network namespace, by the names that `nstat` prints, and conntrack entries.
//!
//! A name that a kernel does not have is unknown, never 0. Deltas are views of the model.

mod cta;
#[cfg(feature = "read")]
mod entries;
pub mod parse;
#[cfg(feature = "read")]
mod read;

#[cfg(feature = "read")]
pub use entries::tracked;
#[cfg(feature = "read")]
pub use read::counters;
