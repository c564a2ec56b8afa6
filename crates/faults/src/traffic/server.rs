//! Applications that listen: one that accepts, one that does not, one that is too slow.

use std::collections::VecDeque;
use std::io::{self, Read};
use std::net::{IpAddr, SocketAddr, TcpStream};
use std::os::fd::{AsFd, OwnedFd};
use std::time::{Duration, Instant};

use rustix::event::PollFlags;
use rustix::net::{AddressFamily, SocketFlags, SocketType, ipproto, sockopt};

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
}

/// Connections that an accepting server keeps at most; the oldest is closed first.
const MOST_CONNECTIONS: usize = 512;

impl Server {
    /// A server that accepts, with the backlog that large servers ask for (4096).
    pub fn accepting(local: SocketAddr) -> Self {
        Self { local, backlog: 4096, app: App::Accepts }
    }

    /// Listens in `namespace` and serves until the result is dropped.
    pub fn start(self, namespace: &Namespace) -> Result<Traffic> {
        Traffic::start(
            namespace,
            &format!("listen on `{}`", self.local),
            move || self.listen(),
            move |listener, stop, counts| self.serve(&listener, stop, counts),
        )
    }

    fn listen(&self) -> io::Result<OwnedFd> {
        let family = match self.local.ip() {
            IpAddr::V4(_) => AddressFamily::INET,
            IpAddr::V6(_) => AddressFamily::INET6,
        };
        let flags = SocketFlags::CLOEXEC | SocketFlags::NONBLOCK;
        let socket =
            rustix::net::socket_with(family, SocketType::STREAM, flags, Some(ipproto::TCP))?;
        sockopt::set_socket_reuseaddr(&socket, true)?;
        rustix::net::bind(&socket, &self.local)?;
        rustix::net::listen(&socket, self.backlog)?;
        Ok(socket)
    }

    fn serve(self, listener: &OwnedFd, stop: &Stop, counts: &Counts) {
        match self.app {
            App::Accepts => serve_all(listener, stop, counts),
            App::Slow { batch, pause } => {
                while !stop.is_raised() {
                    pause_for(pause, stop);
                    for _ in 0..batch {
                        if rustix::net::accept(listener).is_ok() {
                            add_one(&counts.completed);
                        }
                    }
                }
            }
            App::Late(pause) => {
                pause_for(pause, stop);
                serve_all(listener, stop, counts);
            }
            App::Stuck => {
                while !stop.is_raised() {
                    pause_for(Duration::from_secs(1), stop);
                }
            }
        }
    }
}

fn pause_for(pause: Duration, stop: &Stop) {
    let until = Instant::now() + pause;
    while Instant::now() < until && !stop.is_raised() {
        stop.wait(&[], until);
    }
}

fn serve_all(listener: &OwnedFd, stop: &Stop, counts: &Counts) {
    let mut open: VecDeque<TcpStream> = VecDeque::new();
    while !stop.is_raised() {
        let mut waiting = vec![(listener.as_fd(), PollFlags::IN)];
        waiting.extend(open.iter().map(|stream| (stream.as_fd(), PollFlags::IN)));
        let ready = stop.wait(&waiting, Instant::now() + Duration::from_secs(1));
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
