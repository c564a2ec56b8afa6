//! A netlink socket with one receive buffer.

use std::fmt;
use std::io;
use std::os::fd::AsRawFd;
use std::time::{Duration, Instant};

use mio::unix::SourceFd;
use mio::{Events, Interest, Poll, Token};
use neli::consts::socket::{Msg, NlFamily};
use neli::socket::NlSocket;
use neli::utils::Groups;

use crate::NetlinkError;

/// The kernel caps a dump datagram at about 32 KiB; a larger buffer gains nothing.
const BUFFER_LEN: usize = 32 * 1024;
const TIMEOUT: Duration = Duration::from_secs(5);

/// What is at the other end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Protocol {
    /// `NETLINK_ROUTE`: links, addresses, routes, rules, neighbours.
    Route,
    /// `NETLINK_SOCK_DIAG`: sockets. Asking may autoload `tcp_diag` and `inet_diag`.
    SockDiag,
    /// `NETLINK_NETFILTER`: conntrack, `nf_tables`. Opening it may autoload `nfnetlink`.
    Netfilter,
}

impl Protocol {
    /// For people.
    pub fn name(self) -> &'static str {
        match self {
            Self::Route => "rtnetlink",
            Self::SockDiag => "sock_diag",
            Self::Netfilter => "nfnetlink",
        }
    }

    fn family(self) -> NlFamily {
        match self {
            Self::Route => NlFamily::Route,
            Self::SockDiag => NlFamily::SockOrInetDiag,
            Self::Netfilter => NlFamily::Netfilter,
        }
    }
}

/// What one receive brought.
pub(crate) enum Received {
    /// A datagram of this length, now in the buffer.
    Datagram(usize),
    /// A datagram that did not fit the buffer.
    Truncated,
    /// ENOBUFS: the kernel dropped messages for want of space.
    Overflow,
    /// Nothing there.
    Nothing,
}

/// A netlink socket of the calling thread's network namespace.
pub struct Socket {
    inner: NlSocket,
    pub(crate) protocol: Protocol,
    pub(crate) port: u32,
    pub(crate) buffer: Box<[u8]>,
    poll: Option<Poll>,
    timeout: Duration,
    strict: bool,
    seq: u32,
    /// An answer was left unread; a new socket is needed before the next request.
    pub(crate) stale: bool,
}

impl fmt::Debug for Socket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { protocol, port, .. } = self;
        f.debug_struct("Socket")
            .field("protocol", protocol)
            .field("port", port)
            .finish_non_exhaustive()
    }
}

impl Socket {
    /// Makes a socket in the network namespace of the calling thread. The time-out is 5 s.
    pub fn open(protocol: Protocol) -> Result<Self, NetlinkError> {
        let (inner, port) = connect(protocol)?;
        Ok(Self {
            inner,
            protocol,
            port,
            buffer: vec![0; BUFFER_LEN].into_boxed_slice(),
            poll: None,
            timeout: TIMEOUT,
            strict: false,
            seq: 0,
            stale: false,
        })
    }

    /// `NETLINK_GET_STRICT_CHK`: the kernel honours filters in dump requests (Linux 4.20).
    pub fn set_strict_check(&mut self, on: bool) -> Result<(), NetlinkError> {
        self.inner
            .enable_strict_checking(on)
            .map_err(|source| NetlinkError::Option { option: "NETLINK_GET_STRICT_CHK", source })?;
        self.strict = on;
        Ok(())
    }

    /// How long to wait for the next datagram of an answer.
    pub fn set_timeout(&mut self, timeout: Duration) {
        self.timeout = timeout;
    }

    /// Joins multicast groups by number (`RTNLGRP_*`).
    pub(crate) fn join(&self, groups: &[u32]) -> Result<(), NetlinkError> {
        self.inner
            .add_mcast_membership(Groups::new_groups(groups))
            .map_err(|source| NetlinkError::Option { option: "NETLINK_ADD_MEMBERSHIP", source })
    }

    /// Asks for a larger receive buffer; the kernel caps it.
    pub(crate) fn enlarge_receive_buffer(&self, bytes: usize) -> Result<(), NetlinkError> {
        self.inner
            .set_recv_buffer_size(bytes)
            .map_err(|source| NetlinkError::Option { option: "SO_RCVBUF", source })
    }

    /// A sequence number, never 0, which belongs to notices.
    pub(crate) fn next_seq(&mut self) -> u32 {
        self.seq = self.seq.checked_add(1).unwrap_or(1);
        self.seq
    }

    /// Leaves unread answers behind by making a new socket.
    pub(crate) fn refresh(&mut self) -> Result<(), NetlinkError> {
        if self.stale {
            let (inner, port) = connect(self.protocol)?;
            (self.inner, self.port, self.poll, self.stale) = (inner, port, None, false);
            if self.strict {
                self.set_strict_check(true)?;
            }
        }
        Ok(())
    }

    pub(crate) fn send(&self, kind: u16, request: &[u8]) -> Result<(), NetlinkError> {
        loop {
            match self.inner.send(request, Msg::empty()) {
                Ok(_) => return Ok(()),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(source) => {
                    return Err(NetlinkError::Send {
                        protocol: self.protocol.name(),
                        kind,
                        source,
                    });
                }
            }
        }
    }

    /// Takes one datagram if there is one.
    pub(crate) fn receive_now(&mut self) -> Result<Received, NetlinkError> {
        loop {
            // With MSG_TRUNC the true length comes back, so that a cut datagram shows.
            match self.inner.recv(&mut self.buffer[..], Msg::TRUNC) {
                Ok((len, _)) if len > self.buffer.len() => return Ok(Received::Truncated),
                Ok((len, _)) => return Ok(Received::Datagram(len)),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    return Ok(Received::Nothing);
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) if is_enobufs(&error) => return Ok(Received::Overflow),
                Err(source) => {
                    return Err(NetlinkError::Receive { protocol: self.protocol.name(), source });
                }
            }
        }
    }

    /// Takes one datagram, waiting up to the time-out.
    pub(crate) fn receive(&mut self) -> Result<Received, NetlinkError> {
        let mut deadline = None;
        loop {
            match self.receive_now()? {
                Received::Nothing => {}
                received => return Ok(received),
            }
            // The kernel queues an answer before `send` returns, so this is rarely reached.
            let deadline = *deadline.get_or_insert_with(|| Instant::now() + self.timeout);
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                self.stale = true;
                let timeout_ms = u64::try_from(self.timeout.as_millis()).unwrap_or(u64::MAX);
                return Err(NetlinkError::TimedOut { protocol: self.protocol.name(), timeout_ms });
            }
            self.wait(left).map_err(|source| NetlinkError::Receive {
                protocol: self.protocol.name(),
                source,
            })?;
        }
    }

    fn wait(&mut self, left: Duration) -> io::Result<()> {
        let poll = if let Some(poll) = &mut self.poll {
            poll
        } else {
            let poll = Poll::new()?;
            // neli lends no `BorrowedFd`; mio takes the raw descriptor, which `inner` keeps open.
            let descriptor = self.inner.as_raw_fd();
            poll.registry().register(&mut SourceFd(&descriptor), Token(0), Interest::READABLE)?;
            self.poll.insert(poll)
        };
        match poll.poll(&mut Events::with_capacity(1), Some(left)) {
            Err(error) if error.kind() != io::ErrorKind::Interrupted => Err(error),
            _ => Ok(()),
        }
    }
}

fn connect(protocol: Protocol) -> Result<(NlSocket, u32), NetlinkError> {
    let attempt = || {
        let socket = NlSocket::connect(protocol.family(), None, Groups::empty())?;
        socket.nonblock()?;
        // Extended acks are only nicer words for an error; kernels before 4.12 lack them.
        let _ = socket.enable_ext_ack(true);
        let port = socket.pid()?;
        Ok((socket, port))
    };
    attempt().map_err(|source| NetlinkError::Open { protocol: protocol.name(), source })
}

fn is_enobufs(error: &io::Error) -> bool {
    rustix::io::Errno::from_io_error(error) == Some(rustix::io::Errno::NOBUFS)
}
