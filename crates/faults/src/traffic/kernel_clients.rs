//! Ordinary clients: `connect(2)`, hold the connection for a moment, close, again.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::time::{Duration, Instant};

use rustix::event::PollFlags;
use rustix::io::Errno;
use rustix::net::{AddressFamily, SendFlags, SocketFlags, SocketType, ipproto, sockopt};

use super::option::{connect_with_data, sign_with};
use super::{Counts, Stop, Traffic, add_one};
use crate::error::Result;
use crate::namespace::Namespace;

/// Clients that use the kernel's TCP, so they repeat their SYN and answer as real ones do.
#[derive(Debug, Clone)]
pub struct KernelClients {
    /// Server that they connect to.
    pub target: SocketAddr,
    /// Their own addresses, which must be configured where they run.
    pub sources: Vec<IpAddr>,
    /// Least time between two connections of one address.
    pub every: Duration,
    /// Connections of one address at a time.
    pub at_once: usize,
    /// How long an established connection is kept.
    pub hold: Duration,
    /// How long one attempt lasts; its SYN repeats for that time.
    pub patience: Duration,
    /// Whether they send data with their SYN once they know the server (TCP Fast Open).
    pub fast_open: bool,
    /// Whether they ask for Multipath TCP (RFC 8684).
    pub multipath: bool,
    /// Key with which they sign (RFC 2385); only of IPv4.
    pub key: Option<&'static [u8]>,
}

impl KernelClients {
    /// Two connections of each address at a time, one more each second, given up after 30 s.
    pub fn new(target: SocketAddr, sources: impl IntoIterator<Item = IpAddr>) -> Self {
        Self {
            target,
            sources: sources.into_iter().collect(),
            every: Duration::from_secs(1),
            at_once: 2,
            hold: Duration::from_millis(200),
            patience: Duration::from_secs(30),
            fast_open: false,
            multipath: false,
            key: None,
        }
    }

    /// Connects from `namespace` until the result is dropped.
    pub fn start(self, namespace: &Namespace) -> Result<Traffic> {
        Traffic::start(
            namespace,
            &format!("connect to `{}`", self.target),
            || Ok(()),
            move |(), stop, counts| self.keep_connecting(stop, counts),
        )
    }

    fn keep_connecting(self, stop: &Stop, counts: &Counts) {
        let mut clients: Vec<Client> = self
            .sources
            .iter()
            .map(|source| Client { source: *source, next: Instant::now(), attempts: Vec::new() })
            .collect();
        while !stop.is_raised() {
            let now = Instant::now();
            for client in &mut clients {
                client.advance(&self, now, counts);
            }
            let until = clients
                .iter()
                .map(|client| client.next_event(&self))
                .min()
                .unwrap_or(now + Duration::from_secs(1));
            let connecting: Vec<&mut Attempt> = clients
                .iter_mut()
                .flat_map(|client| &mut client.attempts)
                .filter(|attempt| attempt.established.is_none())
                .collect();
            let waiting: Vec<(BorrowedFd<'_>, PollFlags)> =
                connecting.iter().map(|attempt| (attempt.socket.as_fd(), PollFlags::OUT)).collect();
            let ready = stop.wait(&waiting, until);
            for (attempt, ready) in connecting.into_iter().zip(ready) {
                if ready {
                    attempt.finish(counts);
                }
            }
        }
    }
}

struct Client {
    source: IpAddr,
    next: Instant,
    attempts: Vec<Attempt>,
}

struct Attempt {
    socket: OwnedFd,
    began: Instant,
    established: Option<Instant>,
    failed: bool,
}

impl Client {
    fn advance(&mut self, plan: &KernelClients, now: Instant, counts: &Counts) {
        self.attempts.retain(|attempt| match attempt.established {
            Some(at) => now < at + plan.hold,
            None if attempt.failed => false,
            None if now >= attempt.began + plan.patience => {
                add_one(&counts.given_up);
                false
            }
            None => true,
        });
        if now >= self.next && self.attempts.len() < plan.at_once {
            self.next = now + plan.every;
            match connect(self.source, plan) {
                Ok(socket) => {
                    add_one(&counts.started);
                    let attempt = Attempt { socket, began: now, established: None, failed: false };
                    self.attempts.push(attempt);
                }
                Err(_) => add_one(&counts.given_up),
            }
        }
    }

    fn next_event(&self, plan: &KernelClients) -> Instant {
        let start = if self.attempts.len() < plan.at_once {
            self.next
        } else {
            self.next.max(Instant::now() + plan.every)
        };
        self.attempts
            .iter()
            .map(|attempt| match attempt.established {
                Some(at) => at + plan.hold,
                None => attempt.began + plan.patience,
            })
            .fold(start, Ord::min)
    }
}

impl Attempt {
    fn finish(&mut self, counts: &Counts) {
        if let Ok(Ok(())) = sockopt::socket_error(&self.socket) {
            self.established = Some(Instant::now());
            add_one(&counts.completed);
        } else {
            self.failed = true;
            add_one(&counts.given_up);
        }
    }
}

fn connect(source: IpAddr, plan: &KernelClients) -> io::Result<OwnedFd> {
    let target = plan.target;
    let family = match target.ip() {
        IpAddr::V4(_) => AddressFamily::INET,
        IpAddr::V6(_) => AddressFamily::INET6,
    };
    let flags = SocketFlags::CLOEXEC | SocketFlags::NONBLOCK;
    let protocol = if plan.multipath { ipproto::MPTCP } else { ipproto::TCP };
    let socket = rustix::net::socket_with(family, SocketType::STREAM, flags, Some(protocol))?;
    rustix::net::bind(&socket, &SocketAddr::new(source, 0))?;
    if plan.fast_open {
        connect_with_data(&socket)?;
    }
    if let Some(key) = plan.key {
        sign_with(&socket, key)?;
    }
    match rustix::net::connect(&socket, &target) {
        // Of a server that it knows the kernel says so before anything is sent; the first data
        // sends the SYN. The server is not known, or the SYN is under way: as without data.
        Ok(()) if plan.fast_open => match rustix::net::send(&socket, b"GET", SendFlags::NOSIGNAL) {
            Ok(_) | Err(Errno::INPROGRESS | Errno::AGAIN) => Ok(socket),
            Err(error) => Err(error.into()),
        },
        Ok(()) | Err(Errno::INPROGRESS) => Ok(socket),
        Err(error) => Err(error.into()),
    }
}
