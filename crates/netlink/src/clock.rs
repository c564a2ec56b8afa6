//! The one place where readers take times from.

use rustix::time::{ClockId, clock_gettime};
use synrecv_model::Mono;

/// Now, on `CLOCK_MONOTONIC`.
pub fn now() -> Mono {
    Mono(nanoseconds(ClockId::Monotonic))
}

/// Processor time that the calling thread has used so far, in microseconds. On a busy machine a reading
/// takes longer than it costs.
pub fn spent_us() -> u64 {
    nanoseconds(ClockId::ThreadCPUTime) / 1_000
}

fn nanoseconds(clock: ClockId) -> u64 {
    let time = clock_gettime(clock);
    let seconds = u64::try_from(time.tv_sec).unwrap_or(0);
    let nanos = u64::try_from(time.tv_nsec).unwrap_or(0);
    seconds.saturating_mul(1_000_000_000).saturating_add(nanos)
}
