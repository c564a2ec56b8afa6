//! Frames of this host, from AF_PACKET.
//!
//! Nothing is sent, no device is made promiscuous, and no module is loaded (whoever starts a capture
//! has to know that `af_packet` is there). Headers are kept, data is not. A thread of its own reads
//! them; what it costs is bounded, and where there is too much a part of the handshakes is followed.

mod block;
mod clock;
mod error;
mod filter;
mod load;
mod ring;
mod selection;
mod worker;

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::thread::{self, JoinHandle};

use synrecv_model::{
    Capture, CaptureOrigin, Flaw, Flow, Foreign, Gap, Reading, Reason, Section, text,
};

pub use error::CaptureError;
pub use filter::Scope;

use self::clock::Now;
use self::worker::{Shared, Worker, lock};
use crate::{Ending, Limits, Tracker};

/// A capture that is going on. It ends when it is dropped.
#[derive(Debug)]
pub struct Live {
    shared: Arc<Shared>,
    /// Gone when the capture ended.
    thread: Option<JoinHandle<Result<(), CaptureError>>>,
    started: Now,
}

impl Live {
    /// Starts to capture in the network namespace of the calling thread, on the device with this
    /// ifindex or on all.
    ///
    /// # Errors
    /// Without CAP_NET_RAW, on kernels without AF_PACKET or without TPACKET_V3 (before 3.2), and when
    /// there is no memory for the ring or no thread to read it.
    pub fn start(scope: Scope, ifindex: Option<u32>) -> Result<Self, CaptureError> {
        let started = Now::read();
        let worker = Worker::open(scope, ifindex.unwrap_or(0))?;
        let shared = Shared::new(Tracker::new(Limits::LIVE)).map_err(CaptureError::Thread)?;
        let shared = Arc::new(shared);
        let theirs = Arc::clone(&shared);
        let thread = thread::Builder::new()
            .name("capture".to_owned())
            .spawn(move || worker.run(&theirs))
            .map_err(CaptureError::Thread)?;
        Ok(Self { shared, thread: Some(thread), started })
    }

    /// True while not all handshakes are followed.
    pub fn is_sampling(&self) -> bool {
        self.shared.one_in.load(Ordering::Relaxed) > 1
    }

    /// Follows these handshakes in any case while others are left out; 64 at most. Those that are
    /// followed already stay while they are among them.
    pub fn follow(&self, flows: Vec<Flow>) {
        self.shared.follow(flows);
    }

    /// What was captured so far; some 40 ms of it are still to be read.
    pub fn so_far(&self) -> Section<Capture> {
        self.section(None)
    }

    /// Ends the capture, which takes some 60 ms.
    pub fn finish(mut self) -> Section<Capture> {
        let failed = self.stop();
        self.section(failed)
    }

    fn stop(&mut self) -> Option<CaptureError> {
        self.shared.stop();
        // A panic of the thread is a panic of the program; the caller reports it.
        let outcome =
            self.thread.take()?.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
        outcome.err()
    }

    fn section(&self, failed: Option<CaptureError>) -> Section<Capture> {
        let ended = Now::read().mono;
        let lost = self.shared.lost.load(Ordering::Relaxed);
        let capture = lock(&self.shared.tracker).capture(&Ending {
            origin: CaptureOrigin::Live,
            started_at: self.started.wall_clock(),
            started: Some(self.started.mono),
            ended: Some(ended),
            lost_count: Some(lost),
            truncated: false,
        });
        let mut flaws = Vec::new();
        flaws.extend((lost > 0).then_some(Flaw::Lost));
        let others = self.shared.others_one_in.load(Ordering::Relaxed);
        if others > 1 {
            let detail = text![
                "one frame in ",
                Foreign(others.to_string()),
                " of ARP, neighbour discovery and ICMP was looked at: there were too many"
            ];
            flaws.push(Flaw::PartMissing(Gap::new(Reason::TimedOut, detail)));
        }
        flaws.extend(failed.map(|error| Flaw::PartMissing(error.gap())));
        let reading = Reading { source: "AF_PACKET".into(), started: self.started.mono, ended };
        Section::from_reading(capture, flaws, reading)
    }
}

impl Drop for Live {
    fn drop(&mut self) {
        if self.thread.is_some() && !thread::panicking() {
            // Nobody wants to know any more.
            let _ = self.stop();
        }
    }
}
