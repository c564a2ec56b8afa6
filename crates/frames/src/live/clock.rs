//! Times of frames. The kernel stamps them with the wall clock, which can be set; everything else is
//! on CLOCK_MONOTONIC.

use std::time::Duration;

use rustix::time::{ClockId, Timespec, clock_gettime};
use synrecv_model::{Mono, WallClock};

/// Frames are stamped and put into the ring on several processors; this is how much the order of the
/// one can differ from that of the other.
const DISORDER_NS: u64 = 10_000_000;

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

    /// When a frame that was handed over just now came by. `latest` is when the latest frame before it
    /// did: should the wall clock have been set in between, the two are not far apart.
    pub(super) fn time_of(self, wall_ns: u64, latest: Mono) -> Mono {
        let ago = self.wall_ns.saturating_sub(wall_ns);
        let earliest = latest.0.saturating_sub(DISORDER_NS);
        Mono(self.mono.0.saturating_sub(ago).max(earliest))
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
    fn a_clock_that_is_set_moves_no_frame_far() {
        let now = Now { mono: Mono(50_000_000_000), wall_ns: 1_000_000_000_000 };
        let latest = Mono(49_000_000_000);
        let stamped = |ago_ns: u64| now.time_of(now.wall_ns - ago_ns, latest);
        assert_eq!(stamped(20_000_000), Mono(49_980_000_000));
        assert_eq!(stamped(1_001_000_000), Mono(48_999_000_000), "another processor was first");
        assert_eq!(stamped(3_600_000_000), Mono(48_990_000_000), "set forward");
        assert_eq!(now.time_of(now.wall_ns + 1, latest), now.mono, "set back");
    }
}
