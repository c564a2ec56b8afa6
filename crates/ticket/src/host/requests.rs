//! A request as it is put together from the rows that show it.

use synrecv_model::{Family, Flow, Request, RetryCounters, TimerKind};

use crate::{Kind, SocketRow};

/// Readings of one request this much apart from those of another still are of the same two moments:
/// rows are up to 10 ms coarse, and a long table takes a while to print.
const BETWEEN_TOLERANCE_MS: u32 = 250;

/// The first timer of a request in milliseconds; each further one is twice as long.
const FIRST_TIMER_MS: u64 = 1_000;

/// The same before Linux 3.1.
const FIRST_TIMER_OLD_MS: u32 = 3_000;

/// Doublings after which a timer is as long as it gets.
const SHIFT_MAX: u32 = 8;

/// One of the two retry counters.
#[derive(Clone, Copy, Debug)]
struct Count {
    value: u32,
    /// What is left of the timer.
    timer_ms: u32,
    /// Number of the row: later ones were read later.
    row: usize,
}

impl Count {
    /// What `ss` leaves out of a timer: from 10 s on it prints whole seconds.
    fn cut_ms(self) -> u32 {
        if self.timer_ms >= 10_000 && self.timer_ms.is_multiple_of(1_000) { 999 } else { 0 }
    }
}

/// What rows say about one request.
#[derive(Debug)]
pub(super) struct Pasted {
    listener_v6: bool,
    ifindex: u32,
    /// From `ss`: SYN-ACKs sent again.
    sent: Option<Count>,
    /// From `netstat` and `/proc`: own expiries.
    expired: Option<Count>,
    uid: Option<u32>,
}

/// How long after `ss` the expiries were read, in milliseconds, where two requests at least agree in
/// it: their timers ran down together.
pub(super) fn between<'p>(requests: impl Iterator<Item = &'p Pasted>) -> Option<u32> {
    let mut all: Vec<u32> = requests.filter_map(Pasted::run_down_ms).collect();
    all.sort_unstable();
    let agree = |pair: &&[u32]| pair[1] - pair[0] <= BETWEEN_TOLERANCE_MS;
    all.windows(2).find(agree).map(|pair| pair[0])
}

impl Pasted {
    pub(super) fn new(listener_v6: bool, ifindex: u32) -> Self {
        Self { listener_v6, ifindex, sent: None, expired: None, uid: None }
    }

    pub(super) fn take(&mut self, kind: Kind, row: &SocketRow, number: usize) {
        self.listener_v6 |= row.is_v6_socket;
        self.uid = row.uid.or(self.uid);
        let Some(timer) = row.timer.filter(|timer| timer.kind == Some(TimerKind::On)) else {
            return;
        };
        let count = Count { value: timer.count, timer_ms: timer.expires_ms, row: number };
        if kind == Kind::Ss {
            self.sent = Some(count);
        } else {
            self.expired = Some(count);
        }
    }

    /// The readings of both counters in the order of time.
    fn in_order(&self) -> Option<[Count; 2]> {
        let (sent, expired) = (self.sent?, self.expired?);
        Some(if sent.row < expired.row { [sent, expired] } else { [expired, sent] })
    }

    /// By how much its timer ran down from the one reading to the other; not known of whole seconds.
    fn run_down_ms(&self) -> Option<u32> {
        let [first, second] = self.in_order()?;
        let is_fine = first.cut_ms() == 0 && second.cut_ms() == 0;
        first.timer_ms.checked_sub(second.timer_ms).filter(|_| is_fine)
    }

    /// The counters were read one after another, and are worth as much as if they were not when
    /// nothing happened in between, or when what happened can only have made the difference less.
    fn belong_together(&self, between_ms: Option<u32>) -> bool {
        let (Some(sent), Some(expired)) = (self.sent, self.expired) else { return false };
        let Some([first, second]) = self.in_order() else { return false };
        // The counters only grow, so the smaller one of two held before when it was read later.
        let still_holds = if first.row == sent.row {
            sent.value > expired.value
        } else {
            sent.value < expired.value
        };
        // The timer runs as those of others do: it did not expire, and was not armed anew.
        let with_others = between_ms.zip(self.run_down_ms()).is_some_and(|(between_ms, own_ms)| {
            own_ms.abs_diff(between_ms) <= BETWEEN_TOLERANCE_MS && own_ms < first.timer_ms
        });
        // More was left than the timer before the last expiry lasts: that was over already.
        let ran_down = second.timer_ms <= first.timer_ms.saturating_add(first.cut_ms());
        let too_long_before = ran_down
            && expired.row == second.row
            && expired
                .value
                .checked_sub(1)
                .is_none_or(|before| u64::from(first.timer_ms) > FIRST_TIMER_MS << before.min(30));
        still_holds || with_others || too_long_before
    }

    /// Expiries that must have been, by a timer that is longer than those before them, where that is
    /// more than was sent again.
    fn held_expiries(&self) -> Option<u32> {
        let sent = self.sent.filter(|_| self.expired.is_none())?;
        let longest = |expiries: u32| u64::from(FIRST_TIMER_OLD_MS) << expiries.min(30);
        let least = (0..SHIFT_MAX).find(|&n| u64::from(sent.timer_ms) <= longest(n))?;
        (sent.value < least).then_some(least)
    }

    fn counters(&self, between_ms: Option<u32>) -> RetryCounters {
        if let (Some(sent), Some(least)) = (self.sent, self.held_expiries()) {
            return RetryCounters {
                synack_retrans_count: Some(sent.value),
                timer_expiry_count: Some(least),
                same_instant: true,
                timer_ms: Some(sent.timer_ms),
            };
        }
        RetryCounters {
            synack_retrans_count: self.sent.map(|count| count.value),
            timer_expiry_count: self.expired.map(|count| count.value),
            same_instant: self.belong_together(between_ms),
            timer_ms: self.expired.or(self.sent).map(|count| count.timer_ms),
        }
    }

    pub(super) fn request(self, flow: Flow, between_ms: Option<u32>) -> Request {
        Request {
            flow,
            listener_family: if self.listener_v6 { Family::V6 } else { Family::of(flow.local.ip) },
            ifindex: self.ifindex,
            counters: self.counters(between_ms),
            uid: self.uid,
            mark: None,
            fastopen: false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Count, Pasted, between};

    /// `ss` first: what it shows of the timer and of the count, and then `netstat`.
    fn request(ss: (u32, u32), netstat: (u32, u32)) -> Pasted {
        let count = |(timer_ms, value), row| Some(Count { value, timer_ms, row });
        Pasted { sent: count(ss, 0), expired: count(netstat, 1), ..Pasted::new(false, 0) }
    }

    #[track_caller]
    fn check(all: &[Pasted], expected: &[bool]) {
        let between_ms = between(all.iter());
        let found: Vec<bool> = all.iter().map(|one| one.belong_together(between_ms)).collect();
        assert_eq!(found, expected, "{between_ms:?}");
    }

    #[test]
    fn a_timer_longer_than_the_last_one_had_expired_before() {
        // After the third expiry it lasts 8 s, after the second 4 s.
        check(&[request((6_210, 0), (5_710, 3))], &[true]);
        check(&[request((3_900, 0), (3_400, 3))], &[false]);
        check(&[request((900, 0), (300, 0))], &[true]);
    }

    #[test]
    fn whole_seconds_are_cut() {
        check(&[request((13_000, 4), (13_520, 4))], &[true]);
        check(&[request((13_000, 4), (14_020, 4))], &[false]);
    }

    #[test]
    fn timers_that_ran_down_together_did_not_expire() {
        let all = [
            request((3_900, 0), (3_400, 3)),
            request((900, 1), (410, 1)),
            // Armed anew.
            request((200, 0), (1_700, 1)),
        ];
        check(&all, &[true, true, false]);
    }

    #[test]
    fn a_long_timer_without_anything_sent_tells_of_expiries() {
        let alone = |timer_ms, value| {
            let sent = Some(Count { value, timer_ms, row: 0 });
            Pasted { sent, ..Pasted::new(false, 0) }.held_expiries()
        };
        assert_eq!(alone(6_210, 0), Some(2));
        assert_eq!(alone(3_100, 0), Some(1));
        assert_eq!(alone(2_900, 0), None, "the first timer of old kernels lasts 3 s");
        assert_eq!(alone(12_000, 2), None, "as many as were sent again");
    }

    #[test]
    fn a_smaller_count_that_was_read_later_held_before() {
        let repeats = request((200, 4), (1_700, 1));
        check(&[repeats], &[true]);
        let mut held = request((200, 0), (1_700, 1));
        (held.sent.as_mut().unwrap().row, held.expired.as_mut().unwrap().row) = (1, 0);
        check(&[held], &[true]);
    }
}
