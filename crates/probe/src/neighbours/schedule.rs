//! Who is asked when. Pure: times are handed in.

use std::time::Duration;

use synrecv_model::Mac;

/// Questions for one target, at most.
pub(super) const QUESTIONS_MAX: u8 = 3;

/// Between two frames of whatever kind: 50 a second.
pub(super) const PACE: Duration = Duration::from_millis(20);

/// Answers to a question are waited for so long before the next one, or the end. A proxy of Linux
/// answers after up to 0.8 s by default (`proxy_delay`).
pub(super) const ROUND: Duration = Duration::from_secs(1);

/// What to do next. Times are since the beginning.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// Ask for the target of this index now.
    Ask(usize),
    /// Nothing before this time.
    Wait(Duration),
    /// All is known, or has been tried.
    Done,
}

/// How far each target is.
#[derive(Debug)]
pub(super) struct Schedule {
    rows: Vec<Row>,
    /// Before this nothing is sent.
    free_at: Duration,
}

#[derive(Clone, Copy, Debug, Default)]
struct Row {
    asked: u8,
    /// Answers to the last question are waited for until then.
    until: Duration,
    first: Option<Mac>,
    several: bool,
    given_up: bool,
}

impl Row {
    /// A target that one machine answers for is not asked for again; one that several answer for is,
    /// to see whether it is always the same that is first.
    fn wants_more(&self) -> bool {
        !self.given_up && self.asked < QUESTIONS_MAX && (self.first.is_none() || self.several)
    }

    fn is_waiting(&self, now: Duration) -> bool {
        !self.given_up && self.asked > 0 && now < self.until
    }
}

impl Schedule {
    /// For so many targets, none of which was asked for.
    pub(super) fn new(targets: usize) -> Self {
        Self { rows: vec![Row::default(); targets], free_at: Duration::ZERO }
    }

    pub(super) fn next(&self, now: Duration) -> Step {
        let mut wake: Option<Duration> = None;
        // Who was asked for least is first, so that nobody waits for others to be done.
        let mut ready: Option<(u8, usize)> = None;
        for (at, row) in self.rows.iter().enumerate() {
            let due = match (row.wants_more(), row.is_waiting(now)) {
                (_, true) => row.until,
                (true, false) => {
                    let this = (row.asked, at);
                    ready = Some(ready.map_or(this, |ready| ready.min(this)));
                    self.free_at
                }
                (false, false) => continue,
            };
            wake = Some(wake.map_or(due, |wake| wake.min(due)));
        }
        if let Some((_, at)) = ready.filter(|_| now >= self.free_at) {
            return Step::Ask(at);
        }
        wake.map_or(Step::Done, Step::Wait)
    }

    /// A question was sent; returns its number, from 1.
    pub(super) fn asked(&mut self, at: usize, now: Duration) -> u8 {
        self.free_at = now + PACE;
        let row = &mut self.rows[at];
        row.asked += 1;
        row.until = now + ROUND;
        row.asked
    }

    /// A frame of another kind was sent.
    pub(super) fn sent(&mut self, now: Duration) {
        self.free_at = now + PACE;
    }

    /// Somebody answered.
    pub(super) fn answered(&mut self, at: usize, mac: Mac) {
        let row = &mut self.rows[at];
        let first = *row.first.get_or_insert(mac);
        row.several |= first != mac;
    }

    /// The target cannot be asked for.
    pub(super) fn give_up(&mut self, at: usize) {
        self.rows[at].given_up = true;
    }
}

/// The longest that so many targets take.
pub(super) fn longest(targets: usize) -> Duration {
    let targets = u32::try_from(targets).unwrap_or(u32::MAX);
    if targets == 0 {
        return Duration::ZERO;
    }
    let paced = PACE.saturating_mul(targets);
    ROUND.max(paced).saturating_mul(u32::from(QUESTIONS_MAX) - 1) + paced + ROUND
}

#[cfg(test)]
mod tests {
    use super::*;

    const FAST: Mac = Mac([2, 0, 0, 0, 0, 2]);
    const SLOW: Mac = Mac([2, 0, 0, 0, 0, 1]);

    /// Runs to the end; `answers` says who answers a question for a target. Returns the times in
    /// milliseconds at which each target was asked for, and the time of the end.
    fn run(targets: usize, answers: impl Fn(usize) -> Vec<Mac>) -> (Vec<Vec<u128>>, u128) {
        let mut schedule = Schedule::new(targets);
        let mut asked = vec![Vec::new(); targets];
        let mut now = Duration::ZERO;
        loop {
            match schedule.next(now) {
                Step::Ask(at) => {
                    asked[at].push(now.as_millis());
                    let number = schedule.asked(at, now);
                    assert_eq!(usize::from(number), asked[at].len());
                    for mac in answers(at) {
                        schedule.answered(at, mac);
                    }
                }
                Step::Wait(until) => {
                    assert!(until > now);
                    now = until;
                }
                Step::Done => return (asked, now.as_millis()),
            }
        }
    }

    #[test]
    fn one_answer_is_enough_and_silence_is_asked_three_times() {
        assert_eq!(run(1, |_| vec![FAST]), (vec![vec![0]], 1_000));
        assert_eq!(run(1, |_| vec![]), (vec![vec![0, 1_000, 2_000]], 3_000));
        assert_eq!(run(0, |_| vec![]), (vec![], 0));
    }

    #[test]
    fn two_who_answer_are_asked_for_their_order() {
        assert_eq!(run(1, |_| vec![FAST, SLOW]).0, [vec![0, 1_000, 2_000]]);
        assert_eq!(run(1, |_| vec![FAST, FAST]).0, [vec![0]]);
    }

    #[test]
    fn targets_are_in_flight_together_at_fifty_a_second() {
        let (asked, end) = run(3, |at| if at == 1 { vec![FAST] } else { vec![] });
        assert_eq!(asked[0], [0, 1_000, 2_000]);
        assert_eq!(asked[1], [20]);
        assert_eq!(asked[2], [40, 1_040, 2_040]);
        assert_eq!(end, 3_040);
        for targets in [1, 7, 49, 50, 51, 130] {
            let (asked, end) = run(targets, |_| vec![]);
            let mut times: Vec<u128> = asked.concat();
            times.sort_unstable();
            assert_eq!(times.len(), 3 * targets);
            assert!(times.windows(2).all(|pair| pair[1] - pair[0] >= 20), "{targets}");
            assert!(end <= longest(targets).as_millis(), "{targets}: {end}");
        }
    }

    #[test]
    fn what_cannot_be_asked_for_holds_nobody_up() {
        let mut schedule = Schedule::new(2);
        schedule.give_up(0);
        assert_eq!(schedule.next(Duration::ZERO), Step::Ask(1));
        schedule.asked(1, Duration::ZERO);
        schedule.answered(1, FAST);
        assert_eq!(schedule.next(Duration::ZERO), Step::Wait(ROUND));
        assert_eq!(schedule.next(ROUND), Step::Done);
    }
}
