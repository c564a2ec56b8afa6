//! What the two retry counters of a request say about the way its SYN-ACK and ACK took.

use super::timer::{HostRetries, read_by_timer};
use crate::{Life, Mono, Nud, Request, Sighting, Track};

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
    /// The source prints no counters that tell, nor how old the request is: a row in a ticket.
    Untold,
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
            Self::Untold => "unknown",
        }
    }

    /// The word in JSON; `None` when nothing tells.
    pub fn known_name(self) -> Option<&'static str> {
        (self != Self::Untold).then(|| self.name())
    }
}

/// Reads a request of pasted tables, seen once. Whoever pastes a row without counters complains of it;
/// one whose counters say that it is young is not stuck yet.
pub fn pasted_reading(track: &Track, next_hop: Option<Nud>) -> RetryReading {
    let reading = retry_reading(track, next_hop, None);
    let counters = track.last_life().last.counters;
    let young = |count: Option<u32>| count.is_some_and(|count| count < 2);
    let is_young = young(counters.synack_retrans_count) || young(counters.timer_expiry_count);
    // It is in the ticket because it did not complete, however short the text is.
    if reading == RetryReading::TooEarly
        && counters.client_repeats().is_some_and(|repeats| repeats > 0)
    {
        return RetryReading::ClientRepeatsSyn;
    }
    match (reading, next_hop) {
        (RetryReading::TooEarly, _) if is_young => RetryReading::TooEarly,
        // Nothing tells how long it was asked for; the row is stuck, though.
        (RetryReading::TooEarly, Some(Nud::Incomplete)) => RetryReading::NextHopUnresolved,
        (RetryReading::TooEarly, _) => RetryReading::Untold,
        (other, _) => other,
    }
}

/// Reads one tracked 4-tuple. `next_hop` is the state of the next hop of its reply, if known.
///
/// The next hop comes first: with a dead one the counters read like `ClientRepeatsSyn` (IPv6) or
/// start anew every 3.1 s (IPv4). A live row is judged before its predecessors.
pub fn retry_reading(
    track: &Track,
    next_hop: Option<Nud>,
    host: Option<HostRetries>,
) -> RetryReading {
    let life = track.last_life();
    let lasted = life.least_age_ms() >= RESOLVING_MS || track.life_count > 1;
    match next_hop {
        Some(Nud::Failed) => return RetryReading::NextHopUnresolved,
        Some(Nud::Incomplete) if lasted => return RetryReading::NextHopUnresolved,
        _ => {}
    }
    if dies_at_first_timer(track, host) {
        return RetryReading::KilledAtFirstTimer;
    }
    if life.gone.is_some() && life.least_age_ms() < 2 * STUCK_AFTER_MS {
        // A row that went away this early completed or was reset; it is stuck no longer. One that
        // came again for the same client was not completed: there is a SYN for each life.
        let lasting = track.lives.iter().filter(|life| life.least_age_ms() >= LASTING_MS).count();
        return if lasting >= 2 { RetryReading::ClientRepeatsSyn } else { RetryReading::TooEarly };
    }
    read_life(&life, host)
}

/// Reads a request that was seen once, without regard to its next hop.
///
/// `None` unless both counters are known and belong together, and for a Fast Open child, which is
/// no request any more: one counter alone says nothing without the counters of the host over time.
pub fn snapshot_reading(request: &Request) -> Option<RetryReading> {
    let counters = request.counters;
    if counters.client_repeats().is_none() || request.fastopen {
        return None;
    }
    // A single sighting has no length, so the time of it does not matter.
    let sighting = Sighting { at: Mono::default(), counters };
    let life = Life::seen_once(sighting);
    Some(read_life(&life, None))
}

/// A next hop that is asked for the first time is incomplete until it answers; questions go out one
/// second apart.
const RESOLVING_MS: u64 = 1_000;

/// No handshake that completes at its first try takes this long.
const LASTING_MS: u64 = 900;

fn read_life(life: &Life, host: Option<HostRetries>) -> RetryReading {
    let counters = &life.last.counters;
    let old_enough = life.least_age_ms() >= STUCK_AFTER_MS;
    match (counters.synack_retrans_count, counters.timer_expiry_count) {
        (Some(sent), Some(expired)) if counters.same_instant => {
            if sent < expired {
                RetryReading::AckHeld
            } else if sent > expired && (old_enough || sent - expired >= 3) {
                // Three answered repeats take more than a second: the kernel answers at most two a
                // second.
                RetryReading::ClientRepeatsSyn
            } else if sent == expired && expired > 0 && old_enough {
                RetryReading::NoRepeatSeen
            } else {
                RetryReading::TooEarly
            }
        }
        _ if !old_enough => RetryReading::TooEarly,
        // One counter alone, or two that do not belong together.
        _ => read_by_timer(life, host),
    }
}

/// At least two lives in a row that never sent a SYN-ACK again and ended about 1 s after the SYN.
///
/// A machine that is sampled seldom shows one such life, and that the client came again. That is
/// enough where timers of this host expired, and no SYN-ACK of any request was sent again.
fn dies_at_first_timer(track: &Track, host: Option<HostRetries>) -> bool {
    let none_sent = host.is_some_and(|host| host.synack_retrans == 0);
    let came_again = track.life_count.saturating_sub(1);
    let expired_unsent = none_sent
        && came_again > 0
        && host.is_some_and(|host| host.timer_expiries >= u64::from(came_again));
    let young_death = |life: &Life| {
        life.gone.is_some()
            && life.last.counters.synack_retrans_count.map_or(none_sent, |sent| sent == 0)
            && life.last.counters.timer_expiry_count.unwrap_or(0) == 0
            && life.last.counters.age_ms().is_some_and(|age| age >= 300)
    };
    let deaths = track.lives.iter().filter(young_death).count();
    deaths >= if expired_unsent { 1 } else { 2 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Endpoint, Family, Flow, Mono, RetryCounters, Sighting};

    fn sighting(at_ms: u64, sent: u32, expired: u32, timer_ms: u32) -> Sighting {
        let counters = RetryCounters {
            synack_retrans_count: Some(sent),
            timer_expiry_count: Some(expired),
            same_instant: true,
            timer_ms: Some(timer_ms),
        };
        Sighting { at: Mono(0).plus_ms(at_ms), counters }
    }

    fn track(lives: Vec<Life>) -> Track {
        let end = |port| Endpoint::new("192.0.2.1".parse().unwrap(), port);
        Track {
            flow: Flow { local: end(80), peer: end(4000) },
            listener_family: Family::V4,
            ifindex: 0,
            uid: None,
            mark: None,
            life_count: u32::try_from(lives.len()).unwrap(),
            lives: lives.into(),
        }
    }

    fn alive(first: Sighting, last: Sighting) -> Life {
        Life { first, last, rearmed_count: 0, gone: None }
    }

    #[track_caller]
    fn check(lives: Vec<Life>, expected: RetryReading) {
        assert_eq!(retry_reading(&track(lives), None, None), expected);
    }

    #[test]
    fn the_relation_of_the_counters_decides() {
        let row = |sent, expired| {
            vec![alive(sighting(0, 0, 0, 900), sighting(3_000, sent, expired, 900))]
        };
        check(row(4, 1), RetryReading::ClientRepeatsSyn);
        check(row(2, 2), RetryReading::NoRepeatSeen);
        check(row(0, 2), RetryReading::AckHeld);
        check(row(0, 0), RetryReading::TooEarly);
    }

    #[test]
    fn a_lossy_client_is_too_early() {
        let lost_one = alive(sighting(0, 0, 0, 900), sighting(1_050, 2, 1, 1_950));
        check(vec![lost_one], RetryReading::TooEarly);
        check(
            vec![Life { gone: Some(Mono(0).plus_ms(1_200)), ..lost_one }],
            RetryReading::TooEarly,
        );
    }

    #[test]
    fn a_snapshot_of_an_old_row_is_enough() {
        let at = sighting(0, 3, 3, 5_000);
        check(vec![alive(at, at)], RetryReading::NoRepeatSeen);
        let repeating = sighting(0, 4, 1, 1_900);
        check(vec![alive(repeating, repeating)], RetryReading::ClientRepeatsSyn);
    }

    #[test]
    fn one_look_reads_only_what_it_can() {
        let request = |counters| Request {
            flow: track(vec![]).flow,
            listener_family: Family::V4,
            ifindex: 0,
            counters,
            uid: None,
            mark: None,
            fastopen: false,
        };
        let counters = sighting(0, 4, 1, 900).counters;
        let read = |counters| snapshot_reading(&request(counters));
        assert_eq!(read(counters), Some(RetryReading::ClientRepeatsSyn));
        assert_eq!(read(RetryCounters { same_instant: false, ..counters }), None);
        assert_eq!(read(RetryCounters { synack_retrans_count: None, ..counters }), None);
        let child = Request { fastopen: true, ..request(counters) };
        assert_eq!(snapshot_reading(&child), None);
    }

    #[test]
    fn dying_twice_at_the_first_timer_is_a_pattern() {
        let death = |at| Life {
            first: sighting(at, 0, 0, 950),
            last: sighting(at + 800, 0, 0, 150),
            rearmed_count: 0,
            gone: Some(Mono(0).plus_ms(at + 1_050)),
        };
        check(vec![death(0)], RetryReading::TooEarly);
        check(vec![death(0), death(1_100)], RetryReading::KilledAtFirstTimer);
    }

    #[test]
    fn one_death_is_enough_where_timers_expired_and_nothing_was_sent_again() {
        let dead = Life {
            gone: Some(Mono(0).plus_ms(1_700)),
            ..alive(sighting(0, 0, 0, 950), sighting(500, 0, 0, 450))
        };
        let again = alive(sighting(1_700, 0, 0, 700), sighting(1_700, 0, 0, 700));
        let host = |synack_retrans, timer_expiries| HostRetries {
            synack_retrans,
            timer_expiries,
            undecided_expiries: 0,
            explained_repeats: 0,
        };
        let read = |lives, host| retry_reading(&track(lives), None, Some(host));
        let (came_again, once) = (vec![dead, again], vec![dead]);
        assert_eq!(read(came_again.clone(), host(0, 1)), RetryReading::KilledAtFirstTimer);
        assert_eq!(read(came_again.clone(), host(0, 0)), RetryReading::TooEarly);
        assert_eq!(read(came_again, host(1, 1)), RetryReading::TooEarly);
        assert_eq!(read(once, host(0, 1)), RetryReading::TooEarly);
    }

    #[test]
    fn a_request_that_comes_again_is_not_completed_by_going_away() {
        let ended = |at| Life {
            gone: Some(Mono(0).plus_ms(at + 3_050)),
            ..alive(sighting(at, 0, 0, 950), sighting(at + 2_800, 1, 1, 200))
        };
        check(vec![ended(0)], RetryReading::TooEarly);
        check(vec![ended(0), ended(3_100)], RetryReading::ClientRepeatsSyn);
    }

    #[test]
    fn a_dead_next_hop_comes_first_unless_it_was_only_just_asked() {
        let old = track(vec![alive(sighting(0, 0, 0, 900), sighting(2_500, 3, 1, 900))]);
        assert_eq!(
            retry_reading(&old, Some(Nud::Incomplete), None),
            RetryReading::NextHopUnresolved
        );
        let young = track(vec![alive(sighting(0, 0, 0, 999), sighting(0, 0, 0, 999))]);
        assert_eq!(retry_reading(&young, Some(Nud::Incomplete), None), RetryReading::TooEarly);
    }

    #[test]
    fn without_both_counters_the_host_decides() {
        let mut row = sighting(0, 0, 2, 4_000);
        row.counters.synack_retrans_count = None;
        let track = track(vec![alive(row, row)]);
        let host = |synack_retrans| {
            let (timer_expiries, undecided_expiries, explained_repeats) = (4, 4, 0);
            Some(HostRetries {
                synack_retrans,
                timer_expiries,
                undecided_expiries,
                explained_repeats,
            })
        };
        assert_eq!(retry_reading(&track, None, host(9)), RetryReading::ClientRepeatsSyn);
        assert_eq!(retry_reading(&track, None, host(4)), RetryReading::NoRepeatSeen);
    }
}
