//! Applications that listen: those that accept, and those that treat their listener badly.

use std::collections::VecDeque;
use std::io::{self, Read};
use std::net::{IpAddr, SocketAddr, TcpStream};
use std::os::fd::{AsFd, OwnedFd};
use std::time::{Duration, Instant};

use rustix::event::PollFlags;
use rustix::net::{AddressFamily, SocketFlags, SocketType, ipproto, sockopt};

use super::option::ListenerOption;
use super::{Counts, Stop, Traffic, add_one};
use crate::error::Result;
use crate::namespace::Namespace;

/// How an application treats its accept queue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum App {
    /// Accepts at once and closes when the client does.
    Accepts,
    /// Accepts `batch` connections, closes them, and then does something else for `pause`.
    Slow {
        /// Connections taken from the queue at a time.
        batch: usize,
        /// Time between two batches.
        pause: Duration,
    },
    /// Accepts nothing for this long, and from then on at once.
    Late(Duration),
    /// Never accepts.
    Stuck,
    /// Accepts at once, but closes its listener now and then and opens it again later.
    Reopens {
        /// How long it listens.
        open: Duration,
        /// How long there is no listener.
        closed: Duration,
    },
    /// Accepts at once, and passes its listener on to a successor now and then, as an application
    /// does that restarts without closing it.
    HandsOver {
        /// How long each has it.
        every: Duration,
    },
    /// Accepts everything, makes its queue as small as `backlog`, and does something else for
    /// `pause`; then makes it large again, and so on.
    Shrinks {
        /// Argument of the second `listen(2)`.
        backlog: i32,
        /// How long the queue is large.
        large: Duration,
        /// How long it is small and nothing is accepted.
        pause: Duration,
    },
}

/// A listening application.
#[derive(Debug, Clone, Copy)]
pub struct Server {
    /// Address and port to listen on.
    pub local: SocketAddr,
    /// Argument of `listen(2)`.
    pub backlog: i32,
    /// What the application does.
    pub app: App,
    /// Set before it listens.
    pub options: &'static [ListenerOption],
}

/// Connections that an accepting server keeps at most; the oldest is closed first.
const MOST_CONNECTIONS: usize = 512;

impl Server {
    /// A server that accepts, with the backlog that large servers ask for (4096).
    pub fn accepting(local: SocketAddr) -> Self {
        Self::new(local, 4096, App::Accepts)
    }

    /// A server with this backlog and behaviour.
    pub fn new(local: SocketAddr, backlog: i32, app: App) -> Self {
        Self { local, backlog, app, options: &[] }
    }

    /// The same with options of its listener.
    #[must_use]
    pub fn with(self, options: &'static [ListenerOption]) -> Self {
        Self { options, ..self }
    }

    /// Listens in `namespace` and serves until the result is dropped.
    pub fn start(self, namespace: &Namespace) -> Result<Traffic> {
        Traffic::start(
            namespace,
            &format!("listen on `{}`", self.local),
            move || self.listen(),
            move |listener, stop, counts| self.serve(listener, stop, counts),
        )
    }

    pub(super) fn listen(&self) -> io::Result<OwnedFd> {
        let family = match self.local.ip() {
            IpAddr::V4(_) => AddressFamily::INET,
            IpAddr::V6(_) => AddressFamily::INET6,
        };
        let flags = SocketFlags::CLOEXEC | SocketFlags::NONBLOCK;
        let multipath = self.options.contains(&ListenerOption::Multipath);
        let protocol = if multipath { ipproto::MPTCP } else { ipproto::TCP };
        let socket = rustix::net::socket_with(family, SocketType::STREAM, flags, Some(protocol))?;
        sockopt::set_socket_reuseaddr(&socket, true)?;
        self.options.iter().try_for_each(|option| option.set(&socket))?;
        rustix::net::bind(&socket, &self.local)?;
        rustix::net::listen(&socket, self.backlog)?;
        Ok(socket)
    }

    pub(super) fn serve(self, listener: OwnedFd, stop: &Stop, counts: &Counts) {
        match self.app {
            App::Accepts => serve_all(&listener, None, stop, counts),
            App::Slow { batch, pause } => {
                while !stop.is_raised() {
                    stop.pause(pause);
                    accept_and_close(&listener, batch, counts);
                }
            }
            App::Late(pause) => {
                stop.pause(pause);
                serve_all(&listener, None, stop, counts);
            }
            App::Stuck => {
                while !stop.is_raised() {
                    stop.pause(Duration::from_secs(1));
                }
            }
            App::Reopens { open, closed } => {
                let mut listener = Some(listener);
                while !stop.is_raised() {
                    // While another socket has the port the old one stays closed.
                    if let Some(listener) = listener.take().or_else(|| self.listen().ok()) {
                        serve_all(&listener, Some(Instant::now() + open), stop, counts);
                    }
                    stop.pause(closed);
                }
            }
            App::HandsOver { every } => {
                let mut listener = listener;
                while !stop.is_raised() {
                    serve_all(&listener, Some(Instant::now() + every), stop, counts);
                    // Without a descriptor to spare it stays where it is.
                    if let Ok(successor) = listener.try_clone() {
                        listener = successor;
                    }
                }
            }
            App::Shrinks { backlog, large, pause } => {
                while !stop.is_raised() {
                    accept_and_close(&listener, usize::MAX, counts);
                    // Changing the backlog of a listener cannot fail.
                    let _ = rustix::net::listen(&listener, self.backlog);
                    stop.pause(large);
                    let _ = rustix::net::listen(&listener, backlog);
                    stop.pause(pause);
                }
            }
        }
    }
}

fn accept_and_close(listener: &OwnedFd, most: usize, counts: &Counts) {
    for _ in 0..most {
        if rustix::net::accept(listener).is_err() {
            return;
        }
        add_one(&counts.completed);
    }
}

/// Accepts until the stop is raised or `until` passes.
fn serve_all(listener: &OwnedFd, until: Option<Instant>, stop: &Stop, counts: &Counts) {
    let mut open: VecDeque<TcpStream> = VecDeque::new();
    while !stop.is_raised() && until.is_none_or(|until| Instant::now() < until) {
        let mut waiting = vec![(listener.as_fd(), PollFlags::IN)];
        waiting.extend(open.iter().map(|stream| (stream.as_fd(), PollFlags::IN)));
        let next_look = Instant::now() + Duration::from_secs(1);
        let ready = stop.wait(&waiting, until.map_or(next_look, |until| until.min(next_look)));
        let mut ready = ready.into_iter();
        let incoming = ready.next().unwrap_or(false);
        open.retain_mut(|stream| !ready.next().unwrap_or(false) || still_open(stream));
        while incoming
            && let Ok(accepted) =
                rustix::net::accept_with(listener, SocketFlags::CLOEXEC | SocketFlags::NONBLOCK)
        {
            add_one(&counts.completed);
            open.push_back(TcpStream::from(accepted));
            if open.len() > MOST_CONNECTIONS {
                open.pop_front();
            }
        }
    }
}

fn still_open(stream: &mut TcpStream) -> bool {
    let mut discarded = [0; 512];
    match stream.read(&mut discarded) {
        Ok(0) => false,
        Ok(_) => true,
        Err(error) => error.kind() == io::ErrorKind::WouldBlock,
    }
}
