//! What the two retry counters of a request say about the way its SYN-ACK and ACK took.

use crate::{Life, Nud, Track};

/// Age from which a request counts as stuck, in milliseconds.
///
/// A client that lost one SYN-ACK completes within 1.07 s of its SYN (measured: rows (1,0), (2,1)
/// for up to that long on a healthy host with 2 % loss). The second timer expiry is at 3 s.
pub const STUCK_AFTER_MS: u64 = 2_000;

/// The reading of one request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum RetryReading {
    /// SYN-ACKs sent again exceed the timer's: the client repeats its SYN, so it never saw a SYN-ACK.
    ClientRepeatsSyn,
    /// Both counters are equal: no repeated SYN got in. The client is silent, or its ACK is lost or
    /// dropped here.
    NoRepeatSeen,
    /// The request dies at its first timer without a SYN-ACK being sent again, and is made anew: the
    /// SYN-ACK is killed inside this host.
    KilledAtFirstTimer,
    /// The next hop of the reply does not answer ARP or ND.
    NextHopUnresolved,
    /// The timer expires and no SYN-ACK is sent: the kernel has the ACK and waits for data.
    AckHeld,
    /// Too young to say, or the counters do not belong together.
    TooEarly,
}

impl RetryReading {
    /// The word in reports and JSON.
    pub fn name(self) -> &'static str {
        match self {
            Self::ClientRepeatsSyn => "client-repeats-syn",
            Self::NoRepeatSeen => "no-repeat-seen",
            Self::KilledAtFirstTimer => "killed-at-first-timer",
            Self::NextHopUnresolved => "next-hop-unresolved",
            Self::AckHeld => "ack-held",
            Self::TooEarly => "too-early",
        }
    }
}

/// Reads one tracked 4-tuple. `next_hop` is the state of the next hop of its reply, if known.
///
/// The next hop comes first: with a dead one the counters read like `ClientRepeatsSyn` (IPv6) or
/// start anew every 3.1 s (IPv4). A live row is judged before its predecessors.
pub fn retry_reading(track: &Track, next_hop: Option<Nud>) -> RetryReading {
    if next_hop.is_some_and(Nud::is_unresolved) {
        return RetryReading::NextHopUnresolved;
    }
    if dies_at_first_timer(track) {
        return RetryReading::KilledAtFirstTimer;
    }
    let life = track.last_life();
    if life.gone.is_some() && life.least_age_ms() < 2 * STUCK_AFTER_MS {
        // A row that went away this early completed or was reset; it is stuck no longer.
        return RetryReading::TooEarly;
    }
    read_life(life)
}

fn read_life(life: &Life) -> RetryReading {
    let counters = &life.last.counters;
    let old_enough = life.least_age_ms() >= STUCK_AFTER_MS;
    match (counters.synack_retrans_count, counters.timer_expiry_count) {
        (Some(sent), Some(expired)) if counters.same_instant => {
            if sent < expired {
                RetryReading::AckHeld
            } else if sent > expired && (old_enough || sent - expired >= 3) {
                // Three answered repeats are at least 1 s apart from the first SYN on: the kernel
                // answers at most two a second.
                RetryReading::ClientRepeatsSyn
            } else if sent == expired && expired > 0 && old_enough {
                RetryReading::NoRepeatSeen
            } else {
                RetryReading::TooEarly
            }
        }
        // One counter alone, or two of different instants: old rows are stuck, the class is open.
        _ => RetryReading::TooEarly,
    }
}

/// At least two lives in a row that never sent a SYN-ACK again and ended about 1 s after the SYN.
fn dies_at_first_timer(track: &Track) -> bool {
    let young_death = |life: &&Life| {
        life.gone.is_some()
            && life.last.counters.synack_retrans_count == Some(0)
            && life.last.counters.timer_expiry_count.unwrap_or(0) == 0
            && life.last.counters.age_ms().is_some_and(|age| age >= 300)
    };
    let deaths = track.lives.iter().filter(young_death).count();
    deaths >= 2
}
