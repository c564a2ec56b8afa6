//! Datagrams to a port where nobody should listen. Needs no rights: errors come by the queue of the
//! socket (IP_RECVERR), which names who reports them.
//!
//! The number of a question is the beginning of its datagram, so that ports and length stay the same.
//! A router that quotes no more than the UDP header gives it not back.

use std::io;
use std::os::fd::{AsFd as _, BorrowedFd, OwnedFd};

use rustix::event::PollFlags;
use rustix::net::{SocketType, ipproto};
use synrecv_model::{HopSaid, TraceMethod};

use super::error::TraceError;
use super::queue::{next_error, next_packet};
use super::schedule::{Pace, Question};
use super::socket::{Ends, join, open, send_with_ttl};
use super::wire::{Heard, Wire};

/// Follows the number.
const FILLING: [u8; 10] = *b"synrecv-dr";

#[derive(Debug)]
pub(super) struct Udp {
    socket: OwnedFd,
    ends: Ends,
    pace: Pace,
}

impl Udp {
    pub(super) fn open(
        from: Option<std::net::SocketAddr>,
        target: std::net::SocketAddr,
        pace: Pace,
    ) -> Result<Self, TraceError> {
        let socket = open(target.is_ipv4(), SocketType::DGRAM, ipproto::UDP, TraceMethod::Udp)?;
        let ends = join(&socket, from, target)?;
        Ok(Self { socket, ends, pace })
    }
}

fn payload(question: Question) -> Vec<u8> {
    [&question.number().to_be_bytes()[..], &FILLING].concat()
}

fn asked(payload: &[u8]) -> Option<Question> {
    Question::of(u16::from_be_bytes(*payload.first_chunk()?))
}

impl Wire for Udp {
    fn pace(&self) -> Pace {
        self.pace
    }

    fn ends(&self) -> Ends {
        self.ends
    }

    fn ask(&mut self, question: Question) -> io::Result<()> {
        send_with_ttl(&self.socket, self.ends.is_v4(), question.distance, &payload(question))
    }

    fn hear(&mut self) -> io::Result<Option<Heard>> {
        while let Some(received) = next_error(&self.socket)? {
            let Some(reported) = received.error else { continue };
            if let Some(heard) = Heard::error(&received, reported, asked(&received.data)) {
                return Ok(Some(heard));
            }
        }
        // An error that is pending was in the queue, too.
        let received = next_packet(&self.socket).unwrap_or(None);
        Ok(received.map(|received| Heard {
            question: None,
            from: self.ends.target.ip(),
            said: HopSaid::Datagram,
            ttl: received.ttl,
            age: received.age,
        }))
    }

    fn pending(&self) -> Option<(BorrowedFd<'_>, PollFlags)> {
        Some((self.socket.as_fd(), PollFlags::IN))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quote_says_what_it_is_for_if_it_is_long_enough() {
        let question = Question { distance: 7, attempt: 2 };
        let sent = payload(question);
        assert_eq!(asked(&sent), Some(question));
        assert_eq!(asked(&sent[..2]), Some(question));
        assert_eq!(asked(&sent[..1]), None);
        // Padding of RFC 4884 behind a short quote.
        assert_eq!(asked(&[0; 100]), None);
    }
}
