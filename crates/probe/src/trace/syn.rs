//! SYNs from a raw socket, several at a time. Needs CAP_NET_RAW.
//!
//! The number of a question is in its sequence number, which every quote and every answer gives back.
//! The source port is that of a socket which does nothing else: the kernel answers each SYN-ACK with
//! a reset at once, so that nothing stays half-open at the target.

use std::io;
use std::net::SocketAddr;
use std::os::fd::{AsFd as _, BorrowedFd, OwnedFd};

use rustix::event::PollFlags;
use rustix::net::{SocketType, ipproto};
use synrecv_model::{HopSaid, TraceMethod};

use super::connect::{Reserved, random};
use super::error::TraceError;
use super::octets::{behind_ipv4, tcp_checksum, u16_at, u32_at};
use super::queue::{next_error, next_packet};
use super::schedule::{Pace, Question};
use super::socket::{Ends, join, open, send_with_ttl};
use super::wire::{FOREIGN_MAX, Heard, Wire};

const FIN_SYN_RST_ACK: u8 = 0x17;
const SYN: u8 = 0x02;
const RST: u8 = 0x04;
const ACK: u8 = 0x10;

/// Window and options of an ordinary client: some filters drop SYNs without.
const WINDOW: u16 = 64_240;
/// MSS 1460, window scale 7, SACK permitted.
const OPTIONS: [u8; 12] = [2, 4, 0x05, 0xb4, 1, 3, 3, 7, 1, 1, 4, 2];

#[derive(Debug)]
pub(super) struct Syn {
    socket: OwnedFd,
    ends: Ends,
    /// The sequence number that the numbers of questions are added to.
    base: u32,
    _reserved: Reserved,
}

impl Syn {
    /// # Errors
    /// [`TraceError::Open`] without the right to have raw sockets.
    pub(super) fn open(from: Option<SocketAddr>, target: SocketAddr) -> Result<Self, TraceError> {
        let socket = open(target.is_ipv4(), SocketType::RAW, ipproto::TCP, TraceMethod::Tcp)?;
        let portless = SocketAddr::new(target.ip(), 0);
        let portless = match (portless, target) {
            (SocketAddr::V6(mut portless), SocketAddr::V6(target)) => {
                portless.set_scope_id(target.scope_id());
                portless.into()
            }
            (portless, _) => portless,
        };
        let source = join(&socket, from, portless)?.local;
        let reserved = Reserved::new(source, target)?;
        let ends = Ends { local: reserved.local(), target };
        Ok(Self { socket, ends, base: random(), _reserved: reserved })
    }

    fn numbered(&self, sequence: u32) -> Option<Question> {
        Question::of(u16::try_from(sequence.wrapping_sub(self.base)).ok()?)
    }

    /// The question that is quoted, of which there may be no more than eight octets.
    fn quoted(&self, segment: &[u8]) -> Option<Question> {
        let ports = (u16_at(segment, 0)?, u16_at(segment, 2)?);
        let ours = ports == (self.ends.local.port(), self.ends.target.port());
        if ours { self.numbered(u32_at(segment, 4)?) } else { None }
    }

    /// What the target says, if it is for us.
    fn answered(&self, segment: &[u8]) -> Option<(Option<Question>, HopSaid)> {
        let ports = (u16_at(segment, 2)?, u16_at(segment, 0)?);
        if ports != (self.ends.local.port(), self.ends.target.port()) {
            return None;
        }
        let flags = segment.get(13)? & FIN_SYN_RST_ACK;
        let acknowledged = u32_at(segment, 8)?.wrapping_sub(1);
        let question = if flags & ACK == 0 { None } else { self.numbered(acknowledged) };
        if flags & RST != 0 {
            Some((question, HopSaid::Reset))
        } else if flags == SYN | ACK {
            Some((question, HopSaid::SynAck))
        } else {
            None
        }
    }
}

/// A SYN.
fn segment(ends: Ends, sequence: u32) -> Vec<u8> {
    let mut segment = Vec::with_capacity(20 + OPTIONS.len());
    segment.extend(ends.local.port().to_be_bytes());
    segment.extend(ends.target.port().to_be_bytes());
    segment.extend(sequence.to_be_bytes());
    segment.extend([0; 4]);
    segment.extend([8 << 4, SYN]);
    segment.extend(WINDOW.to_be_bytes());
    segment.extend([0; 4]);
    segment.extend(OPTIONS);
    let sum = tcp_checksum(ends.local.ip(), ends.target.ip(), &segment);
    segment[16..18].copy_from_slice(&sum.to_be_bytes());
    segment
}

impl Wire for Syn {
    fn pace(&self) -> Pace {
        // Each SYN behind the target is one more connection that it has to reset.
        Pace { window: 6, ..Pace::SIDE_BY_SIDE }
    }

    fn ends(&self) -> Ends {
        self.ends
    }

    fn ask(&mut self, question: Question) -> io::Result<()> {
        let segment = segment(self.ends, self.base.wrapping_add(question.number().into()));
        send_with_ttl(&self.socket, self.ends.is_v4(), question.distance, &segment)
    }

    fn hear(&mut self) -> io::Result<Option<Heard>> {
        while let Some(received) = next_error(&self.socket)? {
            let Some(reported) = received.error else { continue };
            let Some(question) = self.quoted(&received.data) else { continue };
            if let Some(heard) = Heard::error(&received, reported, Some(question)) {
                return Ok(Some(heard));
            }
        }
        for _ in 0..FOREIGN_MAX {
            let Some(received) = next_packet(&self.socket).unwrap_or(None) else { break };
            let packet = if self.ends.is_v4() {
                behind_ipv4(&received.data)
            } else {
                Some(&received.data[..])
            };
            if let Some((question, said)) = packet.and_then(|segment| self.answered(segment)) {
                let from = self.ends.target.ip();
                let (ttl, age) = (received.ttl, received.age);
                return Ok(Some(Heard { question, from, said, ttl, age }));
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
    fn a_syn_has_a_checksum_and_the_sequence_number_of_its_question() {
        let ends = Ends {
            local: "10.0.0.1:40000".parse().unwrap(),
            target: "10.0.0.2:80".parse().unwrap(),
        };
        let segment = segment(ends, u32::MAX);
        assert_eq!(segment.len(), 32);
        assert_eq!(segment[12] >> 4, 8);
        assert_eq!(u32_at(&segment, 4), Some(u32::MAX));
        assert_eq!(tcp_checksum(ends.local.ip(), ends.target.ip(), &segment), 0);
    }
}
