//! SYNs of ordinary sockets, one at a time. Needs no rights.
//!
//! A non-blocking `connect` with a small TTL: the error that comes back ends the attempt and is in
//! the queue of its socket. All attempts have the same ports, so that there can be one at a time
//! only. A connection that is made is reset at once.

use std::io;
use std::net::SocketAddr;
use std::os::fd::{AsFd as _, BorrowedFd, OwnedFd};
use std::time::Duration;

use rustix::event::PollFlags;
use rustix::io::Errno;
use rustix::net::sockopt::{set_socket_linger, set_socket_reuseaddr, socket_error};
use rustix::net::{SocketType, bind, connect, getpeername, ipproto};
use rustix::rand::{GetRandomFlags, getrandom};
use synrecv_model::{HopSaid, TraceMethod};

use super::error::TraceError;
use super::queue::next_error;
use super::schedule::{Pace, Question};
use super::socket::{Ends, name, open, set_ttl, source_of};
use super::wire::{Heard, Wire};

/// With half of it added, shorter than the second after which the kernel repeats a SYN by itself.
const PATIENCE: Duration = Duration::from_millis(600);

/// Questions to one hop: one at a time takes its time.
const ASKED_MAX: u8 = 2;

/// A source port that nobody else gets while this lives.
#[derive(Debug)]
pub(super) struct Reserved {
    _socket: OwnedFd,
    local: SocketAddr,
}

impl Reserved {
    /// A port of `source`.
    pub(super) fn new(source: SocketAddr, target: SocketAddr) -> Result<Self, TraceError> {
        let mut wanted = source;
        wanted.set_port(0);
        let socket = attempt(wanted, target.is_ipv4())?;
        let refused = |error| TraceError::Bind { from: source.ip(), source: error };
        let local = name(&socket).map_err(refused)?;
        Ok(Self { _socket: socket, local })
    }

    pub(super) fn local(&self) -> SocketAddr {
        self.local
    }
}

/// A number that nobody can foresee, or at least not the same each time.
pub(super) fn random() -> u32 {
    let mut octets = std::process::id().to_ne_bytes();
    // Before the generator is seeded, the process id has to do.
    let _ = getrandom(&mut octets, GetRandomFlags::NONBLOCK);
    u32::from_ne_bytes(octets)
}

/// A socket with this local end, which others of ours may have too.
fn attempt(local: SocketAddr, v4: bool) -> Result<OwnedFd, TraceError> {
    let socket = open(v4, SocketType::STREAM, ipproto::TCP, TraceMethod::Tcp)?;
    let refused = |errno: Errno| TraceError::Bind { from: local.ip(), source: errno.into() };
    set_socket_reuseaddr(&socket, true).map_err(refused)?;
    bind(&socket, &local).map_err(refused)?;
    Ok(socket)
}

#[derive(Debug)]
pub(super) struct Connect {
    ends: Ends,
    _reserved: Reserved,
    current: Option<(OwnedFd, Question)>,
    /// An answer that `connect` itself gave: the target is this host.
    at_once: Option<(Question, HopSaid)>,
}

impl Connect {
    pub(super) fn open(from: Option<SocketAddr>, target: SocketAddr) -> Result<Self, TraceError> {
        let source = source_of(from, target, TraceMethod::Tcp)?;
        let reserved = Reserved::new(source, target)?;
        let ends = Ends { local: reserved.local(), target };
        Ok(Self { ends, _reserved: reserved, current: None, at_once: None })
    }
}

impl Wire for Connect {
    fn pace(&self) -> Pace {
        Pace { window: 1, asked_max: ASKED_MAX, patience: PATIENCE, ..Pace::SIDE_BY_SIDE }
    }

    fn ends(&self) -> Ends {
        self.ends
    }

    fn ask(&mut self, question: Question) -> io::Result<()> {
        // Its ports are needed.
        self.current = None;
        let v4 = self.ends.is_v4();
        let socket = attempt(self.ends.local, v4).map_err(|error| match error {
            TraceError::Open { source, .. }
            | TraceError::Bind { source, .. }
            | TraceError::Option { source, .. } => source,
            other => io::Error::other(other),
        })?;
        // What is closed while connected is reset.
        set_socket_linger(&socket, Some(Duration::ZERO))?;
        set_ttl(&socket, v4, question.distance)?;
        match connect(&socket, &self.ends.target) {
            Ok(()) => self.at_once = Some((question, HopSaid::SynAck)),
            Err(Errno::CONNREFUSED) => self.at_once = Some((question, HopSaid::Reset)),
            Err(Errno::INPROGRESS) => self.current = Some((socket, question)),
            Err(errno) => return Err(errno.into()),
        }
        Ok(())
    }

    fn hear(&mut self) -> io::Result<Option<Heard>> {
        let from = self.ends.target.ip();
        let heard = |question, said| Heard {
            question: Some(question),
            from,
            said,
            ttl: None,
            age: Duration::ZERO,
        };
        if let Some((question, said)) = self.at_once.take() {
            return Ok(Some(heard(question, said)));
        }
        let Some((socket, question)) = &self.current else { return Ok(None) };
        let question = *question;
        if let Some(received) = next_error(socket)? {
            let error =
                received.error.and_then(|error| Heard::error(&received, error, Some(question)));
            self.current = None;
            return Ok(error);
        }
        let said = match socket_error(socket)? {
            Err(Errno::CONNREFUSED | Errno::CONNRESET) => HopSaid::Reset,
            // No answer, but the end of the attempt.
            Err(_) => {
                self.current = None;
                return Ok(None);
            }
            Ok(()) if getpeername(socket).is_ok() => HopSaid::SynAck,
            Ok(()) => return Ok(None),
        };
        self.current = None;
        Ok(Some(heard(question, said)))
    }

    fn pending(&self) -> Option<(BorrowedFd<'_>, PollFlags)> {
        self.current.as_ref().map(|(socket, _)| (socket.as_fd(), PollFlags::OUT))
    }
}
