//! What a method has to offer: send a question, tell what came back.

use std::io;
use std::net::IpAddr;
use std::os::fd::BorrowedFd;
use std::time::Duration;

use rustix::event::PollFlags;
use synrecv_model::HopSaid;

use super::queue::{Received, Reported};
use super::schedule::{Pace, Question};
use super::socket::Ends;

/// An answer as it came from the kernel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Heard {
    /// What it is for; `None` where it does not say so.
    pub(super) question: Option<Question>,
    pub(super) from: IpAddr,
    pub(super) said: HopSaid,
    pub(super) ttl: Option<u8>,
    /// How long it lay there before it was taken.
    pub(super) age: Duration,
}

impl Heard {
    /// An error that came back by ICMP; `None` for one of this host alone, which no packet brought.
    pub(super) fn error(
        received: &Received,
        reported: Reported,
        question: Option<Question>,
    ) -> Option<Self> {
        let Reported { kind, code, from } = reported;
        let said = HopSaid::Icmp { kind, code };
        Some(Self { question, from: from?, said, ttl: received.ttl, age: received.age })
    }
}

/// A way to ask.
pub(super) trait Wire {
    /// How questions may be spread.
    fn pace(&self) -> Pace;

    /// Both ends of all questions.
    fn ends(&self) -> Ends;

    /// Sends a question.
    fn ask(&mut self, question: Question) -> io::Result<()>;

    /// The next answer that has arrived.
    fn hear(&mut self) -> io::Result<Option<Heard>>;

    /// What to wait on for answers; `None` while there is nothing to wait for.
    fn pending(&self) -> Option<(BorrowedFd<'_>, PollFlags)>;
}

/// How many packets that are not for us are passed over at a time: raw sockets get copies of all.
pub(super) const FOREIGN_MAX: usize = 1_000;
