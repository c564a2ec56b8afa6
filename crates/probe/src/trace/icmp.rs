//! Echo requests, from a ping socket where the group may have one, else from a raw socket.
//!
//! The number of a question is its sequence number. Data that complements it keeps the checksum the
//! same, by which routers share load, too.

use std::io;
use std::net::SocketAddr;
use std::os::fd::{AsFd as _, BorrowedFd, OwnedFd};

use rustix::event::PollFlags;
use rustix::io::Errno;
use rustix::net::{SocketType, ipproto};
use synrecv_model::{HopSaid, TraceMethod};

use super::error::TraceError;
use super::octets::{behind_ipv4, checksum, u16_at};
use super::queue::{next_error, next_packet};
use super::schedule::{Pace, Question};
use super::socket::{Ends, join, open, send_with_ttl};
use super::wire::{FOREIGN_MAX, Heard, Wire};

/// Follows the number and its complement.
const FILLING: [u8; 8] = *b"synrecv-";

/// What suffices for a socket.
const NEEDS: &str = "CAP_NET_RAW, or a group within net.ipv4.ping_group_range";

#[derive(Debug)]
pub(super) struct Icmp {
    socket: OwnedFd,
    ends: Ends,
    raw: bool,
    identifier: u16,
}

impl Icmp {
    pub(super) fn open(from: Option<SocketAddr>, target: SocketAddr) -> Result<Self, TraceError> {
        let v4 = target.is_ipv4();
        let protocol = if v4 { ipproto::ICMP } else { ipproto::ICMPV6 };
        let of_kind = |kind| open(v4, kind, protocol, TraceMethod::Icmp);
        let (socket, raw) = match of_kind(SocketType::DGRAM) {
            Ok(socket) => (socket, false),
            Err(error) if is_denied(&error) => match of_kind(SocketType::RAW) {
                Err(error) if is_denied(&error) => {
                    let method = TraceMethod::Icmp;
                    return Err(TraceError::NotPermitted { method, needs: NEEDS });
                }
                socket => (socket?, true),
            },
            Err(error) => return Err(error),
        };
        let ends = join(&socket, from, target)?;
        // The kernel gives ping sockets one of their own.
        let identifier = if raw { (std::process::id() & 0xffff) as u16 } else { ends.local.port() };
        Ok(Self { socket, ends, raw, identifier })
    }

    /// Types of request and reply.
    fn types(&self) -> (u8, u8) {
        if self.ends.is_v4() { (8, 0) } else { (128, 129) }
    }

    /// The question of a request or reply of this type, if it is one of ours.
    fn asked(&self, message: &[u8], kind: u8) -> Option<Question> {
        let ours = *message.first()? == kind && u16_at(message, 4)? == self.identifier;
        if ours { Question::of(u16_at(message, 6)?) } else { None }
    }
}

/// Whether a socket was refused for want of rights.
pub(super) fn is_denied(error: &TraceError) -> bool {
    let TraceError::Open { source, .. } = error else { return false };
    matches!(Errno::from_io_error(source), Some(Errno::ACCESS | Errno::PERM))
}

/// An echo request.
fn request(kind: u8, identifier: u16, number: u16) -> Vec<u8> {
    let mut message = vec![kind, 0, 0, 0];
    for field in [identifier, number, !number] {
        message.extend(field.to_be_bytes());
    }
    message.extend(FILLING);
    // Kernels compute it themselves for IPv6 and for ping sockets.
    let sum = checksum(&message);
    message[2..4].copy_from_slice(&sum.to_be_bytes());
    message
}

impl Wire for Icmp {
    fn pace(&self) -> Pace {
        Pace::SIDE_BY_SIDE
    }

    fn ends(&self) -> Ends {
        self.ends
    }

    fn ask(&mut self, question: Question) -> io::Result<()> {
        let message = request(self.types().0, self.identifier, question.number());
        send_with_ttl(&self.socket, self.ends.is_v4(), question.distance, &message)
    }

    fn hear(&mut self) -> io::Result<Option<Heard>> {
        let (request, reply) = self.types();
        while let Some(received) = next_error(&self.socket)? {
            let Some(reported) = received.error else { continue };
            // Errors of others' echo requests come to raw sockets as well.
            let Some(question) = self.asked(&received.data, request) else { continue };
            if let Some(heard) = Heard::error(&received, reported, Some(question)) {
                return Ok(Some(heard));
            }
        }
        for _ in 0..FOREIGN_MAX {
            let Some(received) = next_packet(&self.socket).unwrap_or(None) else { break };
            let with_header = self.raw && self.ends.is_v4();
            let message =
                if with_header { behind_ipv4(&received.data) } else { Some(&received.data[..]) };
            if let Some(question) = message.and_then(|message| self.asked(message, reply)) {
                return Ok(Some(Heard {
                    question: Some(question),
                    from: self.ends.target.ip(),
                    said: HopSaid::Icmp { kind: reply, code: 0 },
                    ttl: received.ttl,
                    age: received.age,
                }));
            }
        }
        Ok(None)
    }

    fn pending(&self) -> Option<(BorrowedFd<'_>, PollFlags)> {
        Some((self.socket.as_fd(), PollFlags::IN))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_checksum_is_the_same_for_all_questions() {
        let first = request(8, 4711, 4);
        for number in [5, 6, 100, 127] {
            let other = request(8, 4711, number);
            assert_eq!(other[..6], first[..6]);
            assert_ne!(other[6..8], first[6..8]);
            assert_eq!(checksum(&other), 0);
        }
    }
}
