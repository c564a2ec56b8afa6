//! What the timer of a request, sampled over time, and the counters of the host tell where the row
//! has only one of its two retry counters: without `sock_diag` there is only `/proc/net/tcp`.
//!
//! The kernel arms the timer of a request in two cases only: when it expires, which
//! `timer_expiry_count` counts, and when the client repeats its SYN, which that does not count.

use super::RetryReading;
use crate::{Counters, Endpoint, Life, Observation, Sighting, Track};

/// A timer that is later than its own expiries explain by more than this was armed anew. Rows are
/// 10 ms coarse, and a busy processor handles a timer late.
const REARMED_MS: u64 = 200;

/// The timer wheel of the kernel lets a timer expire late by up to this part of its length.
const WHEEL_PART: u64 = 8;

/// The first timer of a request in milliseconds; each further one is twice as long.
const FIRST_TIMER_MS: u64 = 1_000;

/// Age at the last sighting from which a request that went away had a repeated SYN. That comes
/// after a second at the earliest, but the last sample before may be half a second old; and no
/// round trip takes this long.
const REPEATED_AFTER_MS: u64 = 500;

/// Retries of the whole network namespace during the observation: the fallback where a row has only
/// one of its counters, and its timer does not decide.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HostRetries {
    /// Increase of TcpExtTCPSynRetrans: SYN-ACKs (and own SYNs) sent again.
    pub synack_retrans: u64,
    /// Increase of TcpExtTCPTimeouts: timer expiries.
    pub timer_expiries: u64,
    /// Expiries seen in the rows whose own timer does not decide, nor a full accept queue.
    pub undecided_expiries: u64,
    /// Repeated SYNs of other rows: of those whose timer was armed anew, and of late completions.
    pub explained_repeats: u64,
}

impl HostRetries {
    /// Of an observation; `before` are the counters at its start. `None` without a second sample,
    /// or where the kernel lacks one of the counters.
    pub fn watched(before: &Counters, observation: &Observation) -> Option<Self> {
        let after = observation.counters.data()?;
        (observation.sample_count > 1).then_some(())?;
        let mut retries = Self {
            synack_retrans: after.delta(before, "TcpExtTCPSynRetrans")?,
            timer_expiries: after.delta(before, "TcpExtTCPTimeouts")?,
            undecided_expiries: 0,
            explained_repeats: observation.late_completed_count,
        };
        let full = FullQueues::watched(before, observation);
        let of_host = |track: &&Track| !full.hold(track.flow.local);
        for life in observation.tracks.iter().filter(of_host).flat_map(|track| track.lives.iter()) {
            if life.rearmed_count > 0 {
                // A repeated SYN that came right after an expiry does not show.
                retries.explained_repeats += u64::from(life.rearmed_count + expiries_seen(&life));
            } else if life.gone.is_some() {
                retries.explained_repeats += u64::from(completed_late(&life));
            } else {
                retries.undecided_expiries += u64::from(expiries_seen(&life));
            }
        }
        Some(retries)
    }

    /// True when clients repeat their SYN in about as many cases as undecided timers expire.
    fn clients_repeat(self) -> bool {
        let repeats = self.synack_retrans.saturating_sub(self.timer_expiries);
        let open = repeats.saturating_sub(self.explained_repeats);
        open > 0 && open >= self.undecided_expiries.div_ceil(2)
    }
}

/// Local ends whose accept queue was never empty while the kernel refused handshakes for want of room
/// in one. Their requests wait for that room; the counters of the host tell nothing about them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FullQueues(Vec<Endpoint>);

impl FullQueues {
    /// Of an observation; `before` are the counters at its start.
    pub fn watched(before: &Counters, observation: &Observation) -> Self {
        let after = observation.counters.data();
        let overflows = after.and_then(|after| after.delta(before, "TcpExtListenOverflows"));
        if overflows.unwrap_or(0) == 0 {
            return Self::default();
        }
        let full = observation.listeners.iter().filter(|own| own.accept_queue_least_count > 0);
        Self(full.map(|own| own.local).collect())
    }

    /// True when a connection to this local end waits behind one of them.
    pub fn hold(&self, local: Endpoint) -> bool {
        let takes = |own: &Endpoint| own.ip == local.ip || own.ip.is_unspecified();
        self.0.iter().any(|own| own.port == local.port && takes(own))
    }
}

/// True when a request that went away had lasted until a client repeats its SYN: its SYN-ACK or its
/// ACK was lost once.
pub fn completed_late(life: &Life) -> bool {
    life.gone.is_some() && life.least_age_ms() >= REPEATED_AFTER_MS
}

/// True when the timer was armed anew between two sightings of a request without an expiry: the
/// client repeated its SYN, or before the first expiry, the request may have been made anew.
pub fn armed_anew(before: &Sighting, now: &Sighting) -> bool {
    let (first, last) = (&before.counters, &now.counters);
    let (Some(expired), Some(expired_now)) = (first.timer_expiry_count, last.timer_expiry_count)
    else {
        return false;
    };
    let (Some(left), Some(left_now)) = (first.timer_ms, last.timer_ms) else { return false };
    let length_ms = |count: u32| FIRST_TIMER_MS << count.min(30);
    let timers_ms = (expired..expired_now).map(|count| length_ms(count + 1)).sum::<u64>();
    let expected_ms = u64::from(left) + timers_ms;
    let due_ms = u64::from(left_now) + now.at.ms_since(before.at);
    // Every timer that ran out may have been late. So may the present one be, which shows nothing.
    let still_late = u32::from(left_now == 0);
    let late_ms: u64 =
        (expired..expired_now + still_late).map(|count| length_ms(count) / WHEEL_PART).sum();
    due_ms > expected_ms + late_ms + REARMED_MS
}

fn expiries_seen(life: &Life) -> u32 {
    let count = |sighting: &Sighting| sighting.counters.timer_expiry_count.unwrap_or(0);
    count(&life.last).saturating_sub(count(&life.first))
}

/// Reads a request that is old enough and has only one of its retry counters, or two that do not
/// belong together: by its own timer first, then by the counters of the host.
pub(super) fn read_by_timer(life: &Life, host: Option<HostRetries>) -> RetryReading {
    let none_sent = host.is_some_and(|host| host.synack_retrans == 0);
    if life.rearmed_count > 0 && !counts_no_repeat(life) {
        // A repeated SYN is answered, which TCPSynRetrans counts, unless there was no request left.
        let never_expired = life.last.counters.timer_expiry_count == Some(0);
        return if never_expired && none_sent {
            RetryReading::KilledAtFirstTimer
        } else {
            RetryReading::ClientRepeatsSyn
        };
    }
    if none_sent && expiries_seen(life) > 0 {
        return RetryReading::AckHeld;
    }
    if host.is_some_and(HostRetries::clients_repeat) {
        RetryReading::ClientRepeatsSyn
    } else {
        RetryReading::NoRepeatSeen
    }
}

/// Both counters are there and leave no room for a SYN-ACK that answers a repeated SYN: where they do
/// not belong together, a sample took long, and the timer was compared across it.
fn counts_no_repeat(life: &Life) -> bool {
    let counters = &life.last.counters;
    let both = counters.synack_retrans_count.zip(counters.timer_expiry_count);
    both.is_some_and(|(sent, expired)| expired > 0 && sent <= expired)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Mono, RetryCounters};

    /// A row of /proc: time, expiries, milliseconds left.
    fn sighting(at_ms: u64, expired: u32, timer_ms: u32) -> Sighting {
        let counters = RetryCounters {
            synack_retrans_count: None,
            timer_expiry_count: Some(expired),
            same_instant: false,
            timer_ms: Some(timer_ms),
        };
        Sighting { at: Mono(0).plus_ms(at_ms), counters }
    }

    fn life(first: Sighting, last: Sighting) -> Life {
        Life { first, last, rearmed_count: u32::from(armed_anew(&first, &last)), gone: None }
    }

    fn host(synack_retrans: u64, timer_expiries: u64, undecided_expiries: u64) -> HostRetries {
        HostRetries { synack_retrans, timer_expiries, undecided_expiries, explained_repeats: 0 }
    }

    #[track_caller]
    fn check(life: &Life, host: Option<HostRetries>, expected: RetryReading) {
        assert_eq!(read_by_timer(life, host), expected);
    }

    #[test]
    fn a_timer_on_its_schedule_was_not_armed_anew() {
        // Measured with a silent client: expiries at 1.0, 3.0, 7.3 and 15.4 s.
        let first = sighting(100, 0, 900);
        for (at, expired, left) in [
            (900, 0, 100),
            (1_100, 1, 1_940),
            (3_100, 2, 4_000),
            (7_400, 3, 7_900),
            (15_500, 4, 15_900),
        ] {
            assert!(!armed_anew(&first, &sighting(at, expired, left)), "at {at}");
        }
        assert!(armed_anew(&sighting(1_000, 1, 1_900), &sighting(1_250, 1, 1_900)));
        assert!(!armed_anew(&sighting(7_400, 3, 7_900), &sighting(15_350, 3, 0)));
    }

    #[test]
    fn a_client_that_repeats_its_syn_each_second_arms_it_anew() {
        let first = sighting(100, 0, 900);
        let repeating = life(first, sighting(3_500, 1, 1_560));
        check(&repeating, None, RetryReading::ClientRepeatsSyn);
        check(&repeating, Some(host(3, 9, 9)), RetryReading::ClientRepeatsSyn);
        check(
            &life(sighting(0, 1, 1_500), sighting(2_500, 1, 1_500)),
            None,
            RetryReading::ClientRepeatsSyn,
        );
    }

    #[test]
    fn a_request_made_anew_sends_no_synack_again() {
        let reborn = life(sighting(0, 0, 900), sighting(2_500, 0, 500));
        check(&reborn, Some(host(0, 3, 0)), RetryReading::KilledAtFirstTimer);
        check(&reborn, Some(host(4, 3, 0)), RetryReading::ClientRepeatsSyn);
    }

    #[test]
    fn expiries_without_any_synack_say_that_the_ack_is_there() {
        let deferred = life(sighting(0, 0, 900), sighting(3_000, 1, 0));
        check(&deferred, Some(host(0, 1, 1)), RetryReading::AckHeld);
        check(&deferred, Some(host(1, 1, 1)), RetryReading::NoRepeatSeen);
        check(&deferred, None, RetryReading::NoRepeatSeen);
    }

    #[test]
    fn the_host_decides_when_the_timer_does_not() {
        // Older clients double their pause as the timer does, and arm it as it expires.
        let doubling = life(sighting(0, 0, 900), sighting(3_500, 2, 3_500));
        check(&doubling, Some(host(4, 2, 2)), RetryReading::ClientRepeatsSyn);
        check(&doubling, Some(host(2, 2, 2)), RetryReading::NoRepeatSeen);
    }

    #[test]
    fn repeats_of_other_clients_do_not_count() {
        let scanner = life(sighting(0, 0, 900), sighting(3_500, 2, 3_500));
        let busy = HostRetries { explained_repeats: 30, ..host(36, 6, 6) };
        check(&scanner, Some(busy), RetryReading::NoRepeatSeen);
        check(&scanner, Some(host(8, 6, 6)), RetryReading::NoRepeatSeen);
    }

    #[test]
    fn a_sample_that_took_long_is_no_repeated_syn() {
        // Measured on a starved machine: a sample every seven seconds, both counters at five.
        let counted = |sighting: Sighting, sent| {
            let counters = RetryCounters { synack_retrans_count: Some(sent), ..sighting.counters };
            Sighting { counters, ..sighting }
        };
        let of = |sent| Life {
            first: counted(sighting(0, 5, 9_000), sent),
            last: counted(sighting(7_000, 5, 6_000), sent),
            rearmed_count: 1,
            gone: None,
        };
        check(&of(5), None, RetryReading::NoRepeatSeen);
        check(&of(9), None, RetryReading::ClientRepeatsSyn);
    }
}
