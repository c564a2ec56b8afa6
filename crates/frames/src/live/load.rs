//! What a capture may cost, and how much is left out to keep to it.

use std::time::Duration;

/// Segments a second that are looked at, all handshakes together. Handing one over costs the host
/// about 0.5 us, and looking at it about as much.
const SEGMENTS_PER_S: u64 = 50_000;

/// Other frames a second: ARP, neighbour discovery, ICMP.
const OTHERS_PER_S: u64 = 5_000;

/// CPU time of the capturing thread: one part of so many of the time.
const CPU_SHARE: u64 = 20;

/// One handshake in so many is followed at first, until it is known how many there are.
const AT_FIRST: u32 = 16;

/// The smallest sample.
const LEAST: u32 = 1 << 12;

/// What is let pass: one in so many.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Load {
    /// Of handshakes.
    pub(super) one_in: u32,
    /// Of other frames.
    pub(super) others_one_in: u32,
    first: bool,
}

/// What came in some time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Measured {
    /// How long it was.
    pub(super) time: Duration,
    /// CPU time of the capturing thread in it.
    pub(super) cpu: Duration,
    /// Segments.
    pub(super) segments: u64,
    /// Other frames.
    pub(super) others: u64,
    /// Frames that were lost.
    pub(super) lost: u64,
}

impl Measured {
    /// True when it is enough to judge by: some time, or many frames.
    pub(super) fn is_enough(&self, load: Load) -> bool {
        let time = Duration::from_millis(if load.first { 50 } else { 250 });
        let many = SEGMENTS_PER_S / 4;
        self.time >= time || (self.segments + self.others > many && self.time.as_millis() >= 5)
    }
}

impl Load {
    /// Before anything is known.
    pub(super) fn new() -> Self {
        Self { one_in: AT_FIRST, others_one_in: 1, first: true }
    }

    /// What is let pass from now on. More is let pass once only, after the first measure: what is
    /// left out in a flood stays out when it ends, so that the sample is of one rate.
    pub(super) fn after(self, measured: &Measured) -> Self {
        let factor_of = |came: u64, a_second: u64| {
            let due = u128::from(a_second) * measured.time.as_millis().max(1) / 1_000;
            factor(u128::from(came), due)
        };
        let lost = |here: bool| if here && measured.lost > 0 { (measured.lost, 2) } else { (0, 1) };
        // What was lost is of the kind that there was most of, and so is the work.
        let mostly_segments = measured.segments >= measured.others;
        let cpu = factor(measured.cpu.as_nanos() * u128::from(CPU_SHARE), measured.time.as_nanos());

        let (more, least) = lost(!mostly_segments);
        let others = factor_of(measured.others + more, OTHERS_PER_S).max(least);
        let (more, least) = lost(mostly_segments);
        let segments = measured.segments + more;
        let one_in = if self.first {
            factor_of(segments.saturating_mul(self.one_in.into()), SEGMENTS_PER_S).max(least)
        } else {
            let cpu = if mostly_segments { cpu } else { 1 };
            let times = factor_of(segments, SEGMENTS_PER_S).max(least).max(cpu);
            self.one_in.saturating_mul(times)
        };
        Self {
            one_in: one_in.min(LEAST),
            others_one_in: self.others_one_in.saturating_mul(others).min(LEAST),
            first: false,
        }
    }
}

/// The least power of two by which `due` has to be multiplied to reach `came`.
fn factor(came: u128, due: u128) -> u32 {
    let times = came.div_ceil(due.max(1)).max(1);
    u32::try_from(times).unwrap_or(LEAST).min(LEAST).next_power_of_two()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn measured(ms: u64, segments: u64, others: u64, lost: u64, cpu_us: u64) -> Measured {
        let (time, cpu) = (Duration::from_millis(ms), Duration::from_micros(cpu_us));
        Measured { time, cpu, segments, others, lost }
    }

    fn settled() -> Load {
        Load::new().after(&measured(50, 10, 1, 0, 300))
    }

    #[test]
    fn a_quiet_host_is_seen_whole() {
        assert_eq!((settled().one_in, settled().others_one_in), (1, 1));
        assert_eq!(settled().after(&measured(250, 12_000, 1_000, 0, 12_000)).one_in, 1);
    }

    #[test]
    fn a_busy_host_is_sampled_from_the_first_measure_on() {
        // 625 of one in 16 in 50 ms: 200,000 a second.
        assert_eq!(Load::new().after(&measured(50, 625, 0, 0, 600)).one_in, 4);
    }

    #[test]
    fn more_than_is_due_makes_the_sample_smaller_and_less_does_not_make_it_larger() {
        let flood = settled().after(&measured(50, 20_000, 10, 0, 2_000));
        assert_eq!((flood.one_in, flood.others_one_in), (8, 1));
        assert_eq!(flood.after(&measured(250, 10, 10, 0, 100)).one_in, 8);
        assert_eq!(flood.after(&measured(250, 10, 10, 3, 100)).one_in, 16);
        assert_eq!(flood.after(&measured(250, 10_000, 10, 0, 40_000)).one_in, 32);
        let worst = measured(5, u64::MAX / 32, 0, u64::MAX / 32, 5_000);
        assert_eq!(flood.after(&worst).one_in, LEAST);
    }

    #[test]
    fn other_frames_are_sampled_apart() {
        let storm = settled().after(&measured(250, 100, 12_000, 500, 50_000));
        assert_eq!((storm.one_in, storm.others_one_in), (1, 16));
    }

    #[test]
    fn many_frames_are_judged_at_once() {
        assert!(!measured(40, 100, 0, 0, 0).is_enough(Load::new()));
        assert!(measured(50, 100, 0, 0, 0).is_enough(Load::new()));
        assert!(!measured(50, 100, 0, 0, 0).is_enough(settled()));
        assert!(measured(20, 13_000, 0, 0, 0).is_enough(settled()));
    }
}
