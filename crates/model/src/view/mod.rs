//! Pure views: facts seen together.

pub mod filter;
mod retry;
mod timer;

pub use retry::{RetryReading, STUCK_AFTER_MS, retry_reading, snapshot_reading};
pub use timer::{FullQueues, HostRetries, armed_anew, completed_late};
