//! Traffic that keeps a fault alive: servers, kernel clients and crafted peers.
//!
//! Every generator is one thread inside a namespace, ends when its [`Traffic`] is dropped, and
//! has a bounded rate and a bounded number of connections.

mod asker;
mod cgroup;
mod cgroup_server;
mod failover;
mod flapping_route;
mod kernel_clients;
mod md5;
mod moving_addresses;
mod nd_responder;
mod option;
mod raw_peers;
mod router_advertiser;
mod script;
mod segment;
mod server;
mod stopped;

use std::io;
use std::os::fd::{BorrowedFd, OwnedFd};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::{Builder, JoinHandle};
use std::time::{Duration, Instant};

use rustix::event::{EventfdFlags, PollFd, PollFlags, Timespec, eventfd, poll};

pub use asker::Asker;
pub use cgroup_server::{CgroupServer, Dropped};
pub use failover::Failover;
pub use flapping_route::FlappingRoute;
pub use kernel_clients::KernelClients;
pub use moving_addresses::{Holder, MovingAddresses};
pub use nd_responder::NdResponder;
pub use option::ListenerOption;
pub use raw_peers::RawPeers;
pub use router_advertiser::{AdvertisedPrefix, RouterAdvertiser, RouterPreference};
pub use script::{Exchange, Pace, Reply, Script};
pub use segment::{Flags, Segment};
pub use server::{App, Server};
pub use stopped::StoppedServer;

use crate::error::{LabError, Result};
use crate::namespace::Namespace;

/// Handshakes as their initiator or acceptor sees them, counted since the traffic started.
#[derive(Debug, Default)]
pub struct Counts {
    started: AtomicU64,
    completed: AtomicU64,
    given_up: AtomicU64,
}

impl Counts {
    /// Connections begun: first SYNs sent, or for a server 0.
    pub fn started(&self) -> u64 {
        self.started.load(Ordering::Relaxed)
    }

    /// Handshakes completed: connected sockets, ACKs sent, or for a server connections accepted.
    pub fn completed(&self) -> u64 {
        self.completed.load(Ordering::Relaxed)
    }

    /// Connections that ended in an error or in the client's patience running out.
    pub fn given_up(&self) -> u64 {
        self.given_up.load(Ordering::Relaxed)
    }
}

fn add_one(counter: &AtomicU64) {
    counter.fetch_add(1, Ordering::Relaxed);
}

/// A running traffic generator. Dropping it stops and joins its thread.
#[derive(Debug)]
pub struct Traffic {
    stop: Arc<Stop>,
    counts: Arc<Counts>,
    thread: Option<JoinHandle<()>>,
}

impl Traffic {
    /// What it did so far.
    pub fn counts(&self) -> &Arc<Counts> {
        &self.counts
    }

    /// Opens the sockets of a generator inside `namespace` and then runs its loop on a thread of
    /// that namespace. Errors while opening are returned; the loop itself handles its own.
    fn start<S, O, L>(namespace: &Namespace, doing: &str, open: O, body: L) -> Result<Self>
    where
        S: Send + 'static,
        O: FnOnce() -> io::Result<S> + Send + 'static,
        L: FnOnce(S, &Stop, &Counts) + Send + 'static,
    {
        let failed = |source| LabError::Traffic {
            doing: doing.to_owned(),
            namespace: namespace.name().to_owned(),
            source,
        };
        let stop = Arc::new(Stop::new().map_err(failed)?);
        let counts = Arc::new(Counts::default());
        let (their_stop, their_counts) = (Arc::clone(&stop), Arc::clone(&counts));
        let name = format!("traffic-{}", namespace.name());
        // A thread started by the namespace's thread is in the namespace as well.
        let thread = namespace
            .run(move || {
                let opened = open()?;
                Builder::new().name(name).spawn(move || body(opened, &their_stop, &their_counts))
            })?
            .map_err(failed)?;
        Ok(Self { stop, counts, thread: Some(thread) })
    }
}

impl Drop for Traffic {
    fn drop(&mut self) {
        self.stop.raise();
        if let Some(thread) = self.thread.take() {
            // A panic of the thread was already reported by the panic hook.
            let _ = thread.join();
        }
    }
}

/// Tells a generator to end, and wakes it.
#[derive(Debug)]
struct Stop {
    raised: AtomicBool,
    wake: OwnedFd,
}

impl Stop {
    fn new() -> io::Result<Self> {
        let wake = eventfd(0, EventfdFlags::CLOEXEC | EventfdFlags::NONBLOCK)?;
        Ok(Self { raised: AtomicBool::new(false), wake })
    }

    fn raise(&self) {
        self.raised.store(true, Ordering::Release);
        // The flag alone ends the loop at its next wake-up; this only makes it sooner.
        let _ = rustix::io::write(&self.wake, &1_u64.to_ne_bytes());
    }

    fn is_raised(&self) -> bool {
        self.raised.load(Ordering::Acquire)
    }

    /// Waits for this long, or until the stop is raised.
    fn pause(&self, time: Duration) {
        let until = Instant::now() + time;
        while Instant::now() < until && !self.is_raised() {
            self.wait(&[], until);
        }
    }

    /// Waits until one of the descriptors is ready, `until` passes, or the stop is raised; returns
    /// for each descriptor whether it is ready.
    fn wait(&self, waiting: &[(BorrowedFd<'_>, PollFlags)], until: Instant) -> Vec<bool> {
        let mut polled: Vec<PollFd<'_>> =
            waiting.iter().map(|(fd, events)| PollFd::from_borrowed_fd(*fd, *events)).collect();
        polled.push(PollFd::new(&self.wake, PollFlags::IN));
        let left = until.saturating_duration_since(Instant::now()).min(Duration::from_secs(1));
        // Rounded up, so that a deadline less than a tick away does not spin.
        let left = left + Duration::from_micros(200);
        let timeout = Timespec {
            tv_sec: i64::try_from(left.as_secs()).unwrap_or(1),
            tv_nsec: left.subsec_nanos().into(),
        };
        match poll(&mut polled, Some(&timeout)) {
            Ok(_) => polled[..waiting.len()].iter().map(|fd| !fd.revents().is_empty()).collect(),
            Err(_) => vec![false; waiting.len()],
        }
    }
}
