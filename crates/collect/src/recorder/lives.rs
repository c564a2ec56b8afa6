//! The lives of one 4-tuple: when a sighting is the same request, and when a request has passed.

use synrecv_model::view::{STUCK_AFTER_MS, armed_anew};
use synrecv_model::{Flow, Life, Mono, Request, RetryCounters, Sighting, Track};

/// Lives kept of one 4-tuple.
const LIVES_KEPT: usize = 8;

/// Time after which a request that went away is not made anew any more: clients repeat a SYN after 1,
/// 1, 1, 1, 2 s (Linux 6.5) or 1, 2, 4 s.
const RETURN_MS: u64 = 5_000;

/// A timer that is later than expected by more than this was armed anew. Its readings are 10 ms
/// coarse, and two sources read within milliseconds.
const REARMED_MS: u64 = 200;

pub(super) fn key(track: &Track) -> (Flow, u32) {
    (track.flow, track.ifindex)
}

pub(super) fn first_seen(request: &Request, sighting: Sighting) -> Track {
    Track {
        flow: request.flow,
        listener_family: request.listener_family,
        ifindex: request.ifindex,
        uid: request.uid,
        mark: request.mark,
        lives: Life::seen_once(sighting).into(),
        life_count: 1,
    }
}

/// Adds a sighting; true when it starts another life.
pub(super) fn see_again(track: &mut Track, request: &Request, sighting: Sighting) -> bool {
    track.uid = request.uid.or(track.uid);
    track.mark = request.mark.or(track.mark);
    let life = track.lives.last_mut().expect("a track starts with a life");
    if life.gone.is_none() && is_same_request(&life.last, &sighting) {
        life.rearmed_count += u32::from(armed_anew(&life.last, &sighting));
        life.last = sighting;
        return false;
    }
    life.gone.get_or_insert(sighting.at);
    track.lives.push(Life::seen_once(sighting));
    track.life_count += 1;
    track.lives.keep_last(LIVES_KEPT);
    true
}

/// Ends the life of a request that a sample at this time did not show.
pub(super) fn end_unless_seen(track: &mut Track, at: Mono) {
    let (_, last, gone) = track.last_seen();
    if last.at != at
        && !gone
        && let Some(life) = track.lives.last_mut()
    {
        life.gone = Some(at);
    }
}

/// Timer expiries of a request since it was seen before; 0 when its client repeats its SYN, for then
/// no ACK is due.
pub(super) fn expired_between(before: &Sighting, now: &Request) -> u64 {
    if now.counters.client_repeats().is_some_and(|repeats| repeats > 0) {
        return 0;
    }
    let (then, now) = (before.counters.timer_expiry_count, now.counters.timer_expiry_count);
    then.zip(now).map_or(0, |(then, now)| u64::from(now.saturating_sub(then)))
}

pub(super) fn stays_away(track: &Track, now: Mono) -> bool {
    track.last_life().gone.is_some_and(|gone| now.ms_since(gone) >= RETURN_MS)
}

/// True for a request that was there once and went away before it could count as stuck.
pub(super) fn has_passed(track: &Track) -> bool {
    let life = track.last_life();
    track.life_count == 1 && life.gone.is_some() && life.least_age_ms() < STUCK_AFTER_MS
}

/// True when the second sighting can be the same request as the first: counters never fall, and the
/// timer is armed anew only when one of them rises.
fn is_same_request(before: &Sighting, now: &Sighting) -> bool {
    let fell = |count: fn(&RetryCounters) -> Option<u32>| matches!((count(&before.counters), count(&now.counters)), (Some(a), Some(b)) if b < a);
    if fell(|counters| counters.synack_retrans_count)
        || fell(|counters| counters.timer_expiry_count)
    {
        return false;
    }
    let unchanged = before.counters.synack_retrans_count == now.counters.synack_retrans_count
        && before.counters.timer_expiry_count == now.counters.timer_expiry_count
        && now.counters.timer_expiry_count.is_some();
    let (Some(then), Some(left)) = (before.counters.timer_ms, now.counters.timer_ms) else {
        return true;
    };
    let expected = u64::from(then).saturating_sub(now.at.ms_since(before.at));
    !(unchanged && now.counters.same_instant && u64::from(left) > expected + REARMED_MS)
}
