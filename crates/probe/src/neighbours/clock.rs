//! How long an answer took. The kernel stamps frames with the wall clock when they arrive, which can be
//! set; this program reads them a little later.

use std::time::Duration;

use rustix::time::{ClockId, Timespec, clock_gettime};

/// Both clocks at one moment, in nanoseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Moment {
    /// CLOCK_MONOTONIC.
    mono_ns: u64,
    /// CLOCK_REALTIME.
    wall_ns: u64,
}

impl Moment {
    pub(super) fn now() -> Self {
        Self {
            mono_ns: nanoseconds(clock_gettime(ClockId::Monotonic)),
            wall_ns: nanoseconds(clock_gettime(ClockId::Realtime)),
        }
    }

    pub(super) fn since(self, earlier: Self) -> Duration {
        Duration::from_nanos(self.mono_ns.saturating_sub(earlier.mono_ns))
    }

    /// Microseconds from `sent` to the arrival of a frame that is read now. The stamp counts unless
    /// the wall clock was set in between.
    pub(super) fn delay_us(self, sent: Self, stamp_ns: Option<u64>) -> u32 {
        let read = self.mono_ns.saturating_sub(sent.mono_ns);
        let stamped = stamp_ns.and_then(|stamp| stamp.checked_sub(sent.wall_ns));
        let delay = stamped.filter(|delay| *delay <= read).unwrap_or(read);
        u32::try_from(delay / 1_000).unwrap_or(u32::MAX)
    }
}

fn nanoseconds(time: Timespec) -> u64 {
    let seconds = u64::try_from(time.tv_sec).unwrap_or(0);
    seconds.saturating_mul(1_000_000_000).saturating_add(u64::try_from(time.tv_nsec).unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_stamp_counts_unless_the_clock_was_set() {
        let sent = Moment { mono_ns: 5_000_000, wall_ns: 900_000_000 };
        let read = Moment { mono_ns: 7_000_000, wall_ns: 902_000_000 };
        assert_eq!(read.delay_us(sent, Some(900_300_000)), 300);
        assert_eq!(read.delay_us(sent, None), 2_000);
        assert_eq!(read.delay_us(sent, Some(899_000_000)), 2_000, "set back");
        assert_eq!(read.delay_us(sent, Some(999_000_000)), 2_000, "set forward");
    }
}
