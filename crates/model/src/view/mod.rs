//! Pure views: facts seen together.

mod retry;

pub use retry::{HostRetries, RetryReading, STUCK_AFTER_MS, retry_reading, snapshot_reading};
