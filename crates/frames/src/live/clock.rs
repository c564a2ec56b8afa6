//! Times of frames. The kernel stamps them with the wall clock, which can be set; everything else is
//! on CLOCK_MONOTONIC.

use std::time::Duration;

use rustix::time::{ClockId, Timespec, clock_gettime};
use synrecv_model::{Mono, WallClock};

/// Both clocks at one moment.
#[derive(Clone, Copy, Debug)]
pub(super) struct Now {
    /// CLOCK_MONOTONIC.
    pub(super) mono: Mono,
    /// CLOCK_REALTIME, in nanoseconds since 1970.
    pub(super) wall_ns: u64,
}

impl Now {
    pub(super) fn read() -> Self {
        Self {
            mono: Mono(nanoseconds(clock_gettime(ClockId::Monotonic))),
            wall_ns: nanoseconds(clock_gettime(ClockId::Realtime)),
        }
    }

    pub(super) fn wall_clock(self) -> WallClock {
        WallClock(i64::try_from(self.wall_ns / 1_000_000).unwrap_or(i64::MAX))
    }

    /// When a frame that was handed over just now came by. Not before `earliest`, and not later than
    /// now, should the wall clock have been set in between.
    pub(super) fn time_of(self, wall_ns: u64, earliest: Mono) -> Mono {
        let ago = self.wall_ns.saturating_sub(wall_ns);
        Mono(self.mono.0.saturating_sub(ago).max(earliest.0))
    }
}

/// CPU time of the calling thread so far.
pub(super) fn cpu_time() -> Duration {
    Duration::from_nanos(nanoseconds(clock_gettime(ClockId::ThreadCPUTime)))
}

fn nanoseconds(time: Timespec) -> u64 {
    let seconds = u64::try_from(time.tv_sec).unwrap_or(0);
    seconds.saturating_mul(1_000_000_000).saturating_add(u64::try_from(time.tv_nsec).unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_lie_between_the_last_look_and_this_one() {
        let now = Now { mono: Mono(10_000), wall_ns: 1_000_000 };
        assert_eq!(now.time_of(999_900, Mono(9_000)), Mono(9_900));
        assert_eq!(now.time_of(2_000_000, Mono(9_000)), Mono(10_000));
        assert_eq!(now.time_of(0, Mono(9_000)), Mono(9_000));
    }
}
