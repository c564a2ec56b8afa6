//! Pure views: facts seen together.

pub mod books;
pub mod fib;
pub mod filter;
mod fit;
mod neighbourhood;
pub mod probe;
mod retry;
mod timer;

pub use fit::{Fit, common_bits, cover, fit, place};
pub use neighbourhood::{Machine, Misfit, Neighbourhood, PrefixFit};
pub use retry::{RetryReading, STUCK_AFTER_MS, pasted_reading, retry_reading, snapshot_reading};
pub use timer::{FullQueues, HostRetries, armed_anew, completed_late};
