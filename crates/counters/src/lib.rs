//! Kernel counters of a network namespace, by the names that `nstat` prints.
//!
//! A name that a kernel does not have is unknown, never 0. Deltas are views of the model.

pub mod parse;
#[cfg(feature = "read")]
mod read;

#[cfg(feature = "read")]
pub use read::counters;
