//! What to ask next, and when to give up: no sockets, no clock.
//!
//! Distances are asked side by side, the near ones first, so that the whole way is known after about
//! one round trip. A hop that answered is not asked again; a silent one up to [`ASKED_MAX`] times.

use std::time::Duration;

use synrecv_model::{HopAnswer, TraceEnd, TracedHop};

/// Questions to one hop.
pub(super) const ASKED_MAX: u8 = 3;

/// Largest distance that is asked.
pub(super) const DISTANCE_MAX: u8 = 30;

/// Hops in a row that may be silent before the trace ends. Clouds and label-switched networks hide
/// six to eight.
const SILENT_MAX: u8 = 10;

/// Questions that wait for an answer at a time.
const WINDOW: usize = 16;

/// Longest wait for an answer where nothing is known about the way.
const PATIENCE: Duration = Duration::from_secs(1);

/// Added to delays before they are multiplied: what a router may be busy with.
const JITTER: Duration = Duration::from_micros(300);

/// A hop is late after this many times the slowest delay of others, once one behind it answered. It is
/// asked again after the delay itself, so that it has five times as long in all; `traceroute` gives it ten
/// times the delay of the next hop, which is seldom the slowest.
const LATE_FACTOR: u32 = 3;

/// A question: its distance, and which of the questions to that hop it is, from 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Question {
    pub(super) distance: u8,
    pub(super) attempt: u8,
}

impl Question {
    /// A number from 4 to 127, which an answer has to bring back.
    pub(super) fn number(self) -> u16 {
        u16::from(self.distance) * 4 + u16::from(self.attempt)
    }

    /// The question of a number.
    pub(super) fn of(number: u16) -> Option<Self> {
        let distance = u8::try_from(number / 4).ok()?;
        let attempt = u8::try_from(number % 4).ok()?;
        let asked = (1..=DISTANCE_MAX).contains(&distance) && attempt < ASKED_MAX;
        asked.then_some(Self { distance, attempt })
    }
}

/// How questions may be spread.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pace {
    /// Largest distance.
    pub(super) distance_max: u8,
    /// Questions to one hop.
    pub(super) asked_max: u8,
    /// First questions that wait for an answer at a time.
    pub(super) window: usize,
    /// Longest wait for an answer.
    pub(super) patience: Duration,
}

impl Pace {
    /// Sixteen at a time: methods whose answers say which question they are for.
    pub(super) const SIDE_BY_SIDE: Self =
        Self { distance_max: DISTANCE_MAX, asked_max: ASKED_MAX, window: 16, patience: PATIENCE };

    /// The most questions that can be sent.
    pub(super) fn bound(self) -> u32 {
        u32::from(self.distance_max) * u32::from(self.asked_max)
    }
}

/// What is to be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// Send this now.
    Send(Question),
    /// Nothing before this time, unless there is an answer.
    Wait(Duration),
    /// The trace has ended.
    Done,
}

/// One distance.
#[derive(Clone, Debug, Default)]
struct Asked {
    /// When each question was sent.
    at: Vec<Duration>,
    answers: Vec<HopAnswer>,
    /// Attempts that were answered.
    answered: Vec<u8>,
}

/// The state of one trace. What was asked behind the end stays in it, but is of no interest. Times are since its beginning.
#[derive(Clone, Debug)]
pub(super) struct Schedule {
    pace: Pace,
    /// By distance; the first is distance 1.
    hops: Vec<Asked>,
    /// Least distance from which it goes no further.
    end: Option<u8>,
    /// One at a time, because answers do not say what they are for.
    single: bool,
    /// Nothing is sent before.
    quiet_until: Duration,
    unattributed_count: u32,
}

impl Schedule {
    pub(super) fn new(pace: Pace) -> Self {
        Self {
            pace,
            hops: vec![Asked::default(); usize::from(pace.distance_max)],
            end: None,
            single: pace.window == 1,
            quiet_until: Duration::ZERO,
            unattributed_count: 0,
        }
    }

    fn hop(&self, distance: u8) -> &Asked {
        &self.hops[usize::from(distance) - 1]
    }

    /// Largest distance that is still of interest.
    fn horizon(&self) -> u8 {
        if let Some(end) = self.end {
            return end;
        }
        self.last_answered().saturating_add(SILENT_MAX).min(self.pace.distance_max)
    }

    fn last_answered(&self) -> u8 {
        let last = self.hops.iter().rposition(|hop| !hop.answers.is_empty());
        last.and_then(|at| u8::try_from(at + 1).ok()).unwrap_or(0)
    }

    /// How long an answer from `distance` is waited for.
    fn patience(&self, distance: u8) -> Duration {
        let slowest = || {
            let answers = self.hops.iter().flat_map(|hop| &hop.answers);
            let delays = answers.map(|answer| Duration::from_micros(answer.delay_us.into()));
            delays.max().map(|delay| delay + JITTER)
        };
        let is_behind = |hop: &Asked| !hop.answers.is_empty();
        let known = if self.single {
            // Hops behind are unknown yet; a fifth of the patience is more than most ways take. An
            // answer that is later than that must not be taken for that of the next hop.
            let least = self.pace.patience / if self.pace.window == 1 { 5 } else { 2 };
            slowest().map(|delay| (delay * LATE_FACTOR).max(least))
        } else if self.hops[usize::from(distance)..].iter().any(is_behind) {
            let is_last = self.hop(distance).at.len() >= self.asked_max();
            slowest().map(|delay| if is_last { delay * LATE_FACTOR } else { delay })
        } else {
            None
        };
        known.map_or(self.pace.patience, |known| known.min(self.pace.patience))
    }

    /// Until when the last question to `distance` is waited for.
    fn deadline(&self, distance: u8) -> Option<Duration> {
        let asked = &self.hop(distance).at;
        let mut patience = self.patience(distance);
        if asked.len() == self.asked_max() && self.last_answered() < distance {
            // When the next hop does not resolve, whoever asks for it says so after three seconds: this
            // kernel, or the router in front of a host that is off.
            patience += patience / 2;
        }
        Some(*asked.last()? + patience)
    }

    /// What to do at `now`.
    pub(super) fn step(&self, now: Duration) -> Step {
        let horizon = self.horizon();
        let silent = || (1..=horizon).filter(|&distance| self.hop(distance).answers.is_empty());
        let waits = |distance: u8| self.deadline(distance).filter(|&deadline| deadline > now);
        // What lies behind the end is no longer waited for.
        let in_flight = silent().filter(|&distance| waits(distance).is_some()).count();
        let may_ask = |distance: &u8| {
            waits(*distance).is_none() && self.hop(*distance).at.len() < self.asked_max()
        };
        // What was asked before it was known that answers have no name was asked in vain.
        let in_vain = usize::from(self.single && self.pace.window > 1);
        let fresh = |distance: &u8| may_ask(distance) && self.hop(*distance).at.len() <= in_vain;
        // What is silent is asked again beside what is asked for the first time.
        let (first, again) = if self.single { (1, 1) } else { (self.pace.window, WINDOW) };
        let next = silent().find(fresh).filter(|_| in_flight < first);
        let next = next.or_else(|| silent().find(|distance| may_ask(distance) && !fresh(distance)));
        match next {
            Some(distance) if in_flight < again => {
                if now < self.quiet_until {
                    return Step::Wait(self.quiet_until);
                }
                let attempt = u8::try_from(self.hop(distance).at.len()).unwrap_or(u8::MAX);
                Step::Send(Question { distance, attempt })
            }
            _ => silent().filter_map(waits).min().map_or(Step::Done, Step::Wait),
        }
    }

    fn asked_max(&self) -> usize {
        usize::from(self.pace.asked_max)
    }

    /// Notes that a question was sent, also one that the host refused to send.
    pub(super) fn sent(&mut self, question: Question, now: Duration) {
        self.hops[usize::from(question.distance) - 1].at.push(now);
    }

    /// Takes an answer; `question` is `None` where it does not say what it is for.
    pub(super) fn answer(
        &mut self,
        question: Option<Question>,
        heard: impl FnOnce(u32) -> HopAnswer,
        now: Duration,
    ) {
        let Some(question) = question.or_else(|| self.only_open(now)) else {
            self.unattributed_count = self.unattributed_count.saturating_add(1);
            if !self.single {
                self.single = true;
                // What is on its way could be taken for the answer to the next question.
                let last = self.hops.iter().filter_map(|hop| hop.at.last()).max();
                self.quiet_until = last.map_or(now, |last| *last + self.pace.patience);
            }
            return;
        };
        let hop = &mut self.hops[usize::from(question.distance) - 1];
        let Some(sent) = hop.at.get(usize::from(question.attempt)) else { return };
        if hop.answered.contains(&question.attempt) {
            return;
        }
        hop.answered.push(question.attempt);
        let delay = now.saturating_sub(*sent).as_micros();
        let answer = heard(u32::try_from(delay).unwrap_or(u32::MAX));
        hop.answers.push(answer);
        if !answer.is_transit() && self.end.is_none_or(|end| question.distance < end) {
            self.end = Some(question.distance);
        }
    }

    /// The one question that an answer can be for, if there is only one.
    fn only_open(&self, now: Duration) -> Option<Question> {
        let mut open = (1..=self.pace.distance_max).filter_map(|distance| {
            let hop = self.hop(distance);
            let last = hop.at.len().checked_sub(1)?;
            let attempt = u8::try_from(last).ok()?;
            let recent = now <= self.deadline(distance)?;
            (recent && !hop.answered.contains(&attempt)).then_some(Question { distance, attempt })
        });
        let first = open.next()?;
        open.next().is_none().then_some(first)
    }

    /// All hops up to the end, and how it ended.
    pub(super) fn finish(self, target: std::net::IpAddr) -> Outcome {
        let horizon = self.horizon();
        let sent_count = self.hops.iter().map(|hop| hop.at.len()).sum::<usize>();
        let at_end = self.end.map(|end| &self.hop(end).answers[..]);
        let end = match at_end {
            Some(answers) if answers.iter().any(|answer| answer.from == target) => {
                TraceEnd::Arrived
            }
            Some(_) => TraceEnd::Refused,
            None if horizon == self.pace.distance_max => TraceEnd::TooFar,
            None => TraceEnd::Silent,
        };
        let hops = (1..=horizon).zip(self.hops).map(|(distance, hop)| TracedHop {
            distance,
            asked_count: u8::try_from(hop.at.len()).unwrap_or(u8::MAX),
            answers: hop.answers,
        });
        Outcome {
            hops: hops.collect(),
            end,
            sent_count: u32::try_from(sent_count).unwrap_or(u32::MAX),
            unattributed_count: self.unattributed_count,
        }
    }
}

/// What became of a trace.
#[derive(Clone, Debug)]
pub(super) struct Outcome {
    pub(super) hops: Vec<TracedHop>,
    pub(super) end: TraceEnd,
    pub(super) sent_count: u32,
    pub(super) unattributed_count: u32,
}

#[cfg(test)]
mod tests;
