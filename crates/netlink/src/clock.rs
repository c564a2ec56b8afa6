//! The one place where readers take times from.

use rustix::time::{ClockId, clock_gettime};
use synrecv_model::Mono;

/// Now, on `CLOCK_MONOTONIC`.
pub fn now() -> Mono {
    let time = clock_gettime(ClockId::Monotonic);
    let seconds = u64::try_from(time.tv_sec).unwrap_or(0);
    let nanos = u64::try_from(time.tv_nsec).unwrap_or(0);
    Mono(seconds.saturating_mul(1_000_000_000).saturating_add(nanos))
}
