//! Several traces at a time, on one clock and within one rate.

use std::io;
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;
use synrecv_model::HopAnswer;

use super::schedule::{Outcome, Schedule, Step};
use super::wire::Wire;

/// Questions a second, after the first ones.
pub(super) const RATE: u32 = 100;

/// Questions that may be sent at once at the beginning.
const BURST: u32 = 16;

/// No trace takes longer; it ends with what is known.
const LONGEST: Duration = Duration::from_mins(1);

/// A trace while it runs.
pub(super) struct Running {
    pub(super) wire: Box<dyn Wire>,
    schedule: Schedule,
    accepted_count: u32,
    refused: Option<io::Error>,
}

/// What became of it.
#[derive(Debug)]
pub(super) struct Ended {
    pub(super) outcome: Outcome,
    /// Why the host itself refused to send, where it refused every question.
    pub(super) refused: Option<io::Error>,
}

impl Running {
    pub(super) fn new(wire: Box<dyn Wire>) -> Self {
        let schedule = Schedule::new(wire.pace());
        Self { wire, schedule, accepted_count: 0, refused: None }
    }

    pub(super) fn end(self) -> Ended {
        let target = self.wire.ends().target.ip();
        let refused = self.refused.filter(|_| self.accepted_count == 0);
        Ended { outcome: self.schedule.finish(target), refused }
    }

    /// Takes all answers that have arrived.
    fn hear(&mut self, start: Instant) -> io::Result<()> {
        while let Some(heard) = self.wire.hear()? {
            // When it came, not when this machine had time for it.
            let at = start.elapsed().saturating_sub(heard.age);
            let answer = |delay_us| HopAnswer {
                from: heard.from,
                said: heard.said,
                delay_us,
                ttl: heard.ttl,
            };
            self.schedule.answer(heard.question, answer, at);
        }
        Ok(())
    }

    /// Sends what may be sent. `None` when the trace has ended, else until when there is nothing to
    /// do but listen.
    fn ask(&mut self, start: Instant, limit: &mut Limit) -> Option<Duration> {
        loop {
            let now = start.elapsed();
            match self.schedule.step(now) {
                Step::Done => return None,
                Step::Wait(until) => return Some(until),
                Step::Send(question) => {
                    if let Err(until) = limit.take(now) {
                        return Some(until);
                    }
                    self.schedule.sent(question, now);
                    match self.wire.ask(question) {
                        Ok(()) => self.accepted_count += 1,
                        Err(error) => self.refused = Some(error),
                    }
                }
            }
        }
    }
}

/// A bucket that holds [`BURST`] and is filled at [`RATE`].
#[derive(Debug, Default)]
struct Limit {
    /// When the bucket would be full if nothing more were taken.
    full_at: Duration,
}

impl Limit {
    /// `Err` says when to try again.
    fn take(&mut self, now: Duration) -> Result<(), Duration> {
        let each = Duration::from_secs(1) / RATE;
        let next = self.full_at.max(now) + each;
        match next.checked_sub(each * BURST) {
            Some(until) if until > now => Err(until),
            _ => {
                self.full_at = next;
                Ok(())
            }
        }
    }
}

/// Runs all traces to their ends.
///
/// # Errors
/// When answers cannot be waited for, or a socket cannot be read.
pub(super) fn drive(traces: &mut [Running]) -> io::Result<()> {
    let start = Instant::now();
    let mut limit = Limit::default();
    loop {
        let mut until: Option<Duration> = None;
        for trace in &mut *traces {
            trace.hear(start)?;
            if let Some(next) = trace.ask(start, &mut limit) {
                until = Some(until.map_or(next, |until| until.min(next)));
            }
        }
        let now = start.elapsed();
        match until {
            Some(until) if now < LONGEST => wait(traces, until.saturating_sub(now))?,
            _ => return Ok(()),
        }
    }
}

/// Waits for an answer, at most this long.
fn wait(traces: &[Running], at_most: Duration) -> io::Result<()> {
    let pending = traces.iter().filter_map(|trace| trace.wire.pending());
    let mut descriptors: Vec<PollFd<'_>> = pending
        .map(|(socket, events)| PollFd::from_borrowed_fd(socket, events | PollFlags::ERR))
        .collect();
    let timeout = Timespec::try_from(at_most).unwrap_or(Timespec { tv_sec: 1, tv_nsec: 0 });
    match poll(&mut descriptors, Some(&timeout)) {
        Ok(_) | Err(Errno::INTR) => Ok(()),
        Err(errno) => Err(errno.into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_ones_go_at_once_and_the_rest_at_their_rate() {
        let mut limit = Limit::default();
        let mut now = Duration::from_secs(7);
        let start = now;
        let mut sent = 0;
        while now < start + Duration::from_secs(2) {
            match limit.take(now) {
                Ok(()) => sent += 1,
                Err(until) => {
                    assert!(until > now);
                    now = until;
                }
            }
            assert!(now > start || sent <= BURST, "{sent}");
        }
        assert_eq!(sent, BURST + 2 * RATE - 1);
    }
}
