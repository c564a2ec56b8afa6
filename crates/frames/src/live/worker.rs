//! The thread that reads the ring.

use std::collections::HashMap;
use std::io;
use std::os::fd::OwnedFd;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use rustix::event::{EventfdFlags, PollFd, PollFlags, Timespec, eventfd, poll};
use synrecv_model::{CaptureDevice, Flow, Mono};

use super::block::{self, Captured};
use super::clock::{self, Now};
use super::error::CaptureError;
use super::filter::{self, Scope};
use super::load::{Load, Measured};
use super::ring::{RETIRE_MS, Ring};
use super::selection::Selection;
use crate::Tracker;
use crate::tracker::Batch;

/// Longest pause: what is let pass is reviewed in between.
const PAUSE_MS: u64 = 50;

/// When the capture ends, the block that is being filled is waited for: it is handed over after one
/// or two times [`RETIRE_MS`], by a clock that can be 10 ms coarse.
const LAST_BLOCK_MS: u64 = 3 * RETIRE_MS as u64;

/// Times that handshakes which are not followed any more are left out: when the filter changes, and
/// when what was in the ring by then is read.
const NARROWED: u8 = 2;

/// What the thread and its owner share.
#[derive(Debug)]
pub(super) struct Shared {
    pub(super) tracker: Mutex<Tracker>,
    /// Handshakes to follow in any case; taken by the thread.
    followed: Mutex<Option<Vec<Flow>>>,
    stop: AtomicBool,
    /// Readable when `followed` or `stop` was set.
    wake: OwnedFd,
    /// As in [`Load`].
    pub(super) one_in: AtomicU32,
    pub(super) others_one_in: AtomicU32,
    pub(super) lost: AtomicU64,
}

impl Shared {
    pub(super) fn new(tracker: Tracker) -> io::Result<Self> {
        Ok(Self {
            tracker: Mutex::new(tracker),
            followed: Mutex::default(),
            stop: AtomicBool::new(false),
            wake: eventfd(0, EventfdFlags::CLOEXEC | EventfdFlags::NONBLOCK)?,
            one_in: AtomicU32::new(1),
            others_one_in: AtomicU32::new(1),
            lost: AtomicU64::new(0),
        })
    }

    /// Ends the capture.
    pub(super) fn stop(&self) {
        self.stop.store(true, Ordering::Release);
        self.wake();
    }

    /// Follows these handshakes in any case, as many as fit.
    pub(super) fn follow(&self, flows: Vec<Flow>) {
        *lock(&self.followed) = Some(flows);
        self.wake();
    }

    fn wake(&self) {
        // Full is as good: the thread wakes.
        let _ = rustix::io::write(&self.wake, &1_u64.to_ne_bytes());
    }
}

/// The data, also when a thread panicked while it held the lock: that panic is passed on elsewhere.
pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What the thread has.
#[derive(Debug)]
pub(super) struct Worker {
    ring: Ring,
    scope: Scope,
    selection: Selection,
    load: Load,
    devices: HashMap<u32, u32>,
    /// Time of the latest frame.
    latest: Mono,
    measured: Measured,
    since: Mono,
    cpu_since: Duration,
    /// Reviews after which handshakes that are not followed any more are still to be left out:
    /// frames of theirs can be in the ring.
    narrow_due: u8,
}

impl Worker {
    /// Starts to capture, before the thread is there.
    pub(super) fn open(scope: Scope, ifindex: u32) -> Result<Self, CaptureError> {
        let load = Load::new();
        let selection = Selection::one_in(load.one_in);
        let ring = Ring::open(&filter::program(&scope, &selection), ifindex)?;
        let now = Now::read().mono;
        Ok(Self {
            ring,
            scope,
            selection,
            load,
            devices: HashMap::new(),
            latest: now,
            measured: Measured::default(),
            since: now,
            cpu_since: Duration::ZERO,
            narrow_due: 0,
        })
    }

    /// Reads until it is told to stop, and what came until then.
    pub(super) fn run(mut self, shared: &Shared) -> Result<(), CaptureError> {
        let mut last = None;
        loop {
            while self.read_block(shared) {
                self.review(shared)?;
            }
            self.review(shared)?;
            self.follow(shared)?;
            let now = Now::read().mono;
            if last.is_none() && shared.stop.load(Ordering::Acquire) {
                last = Some(now.plus_ms(LAST_BLOCK_MS));
            }
            if last.is_some_and(|last| now >= last) {
                self.count_lost(shared);
                return Ok(());
            }
            self.pause(shared, last.is_some());
        }
    }

    /// Waits for a block or for something to do.
    fn pause(&self, shared: &Shared, stopping: bool) {
        let ring = PollFd::new(&self.ring, PollFlags::IN);
        let wake = PollFd::new(&shared.wake, PollFlags::IN);
        let limit = if stopping { u64::from(RETIRE_MS) } else { PAUSE_MS };
        let limit = Timespec::try_from(Duration::from_millis(limit)).ok();
        let mut both = [ring, wake];
        let fds = if stopping { &mut both[..1] } else { &mut both[..] };
        // A signal is a reason to look like any other.
        let _ = poll(fds, limit.as_ref());
        let _ = rustix::io::read(&shared.wake, &mut [0_u8; 8]);
    }

    fn read_block(&mut self, shared: &Shared) -> bool {
        let Self { ring, devices, latest, measured, .. } = self;
        let mut tracker = lock(&shared.tracker);
        ring.take(|block| {
            let now = Now::read();
            let mut batch = Batch::new();
            for frame in block::frames(block) {
                if frame.is_segment() {
                    measured.segments += 1;
                } else {
                    measured.others += 1;
                }
                let device = *devices
                    .entry(frame.ifindex)
                    .or_insert_with(|| tracker.add_device(device(&frame)));
                let at = now.time_of(frame.wall_ns, *latest);
                *latest = at.max(*latest);
                batch.push(frame.raw(at, device), &mut tracker);
            }
            batch.flush(&mut tracker);
        })
    }

    /// Lets pass what may pass from now on.
    fn review(&mut self, shared: &Shared) -> Result<(), CaptureError> {
        let now = Now::read().mono;
        self.measured.time = now.since(self.since);
        if !self.measured.is_enough(self.load) {
            return Ok(());
        }
        let cpu = clock::cpu_time();
        self.measured.cpu = cpu.saturating_sub(self.cpu_since);
        self.count_lost(shared);
        let before = self.load;
        self.load = before.after(&self.measured);
        (self.measured, self.since, self.cpu_since) = (Measured::default(), now, cpu);
        shared.one_in.store(self.load.one_in, Ordering::Relaxed);
        shared.others_one_in.store(self.load.others_one_in, Ordering::Relaxed);
        self.selection.one_in = self.load.one_in;
        self.selection.others_one_in = self.load.others_one_in;
        let others = (before.others_one_in, self.load.others_one_in);
        if before.one_in != self.load.one_in || others.0 != others.1 {
            self.attach()?;
        }
        if self.load.one_in > before.one_in {
            self.narrow_due = NARROWED;
        }
        if self.narrow_due > 0 {
            self.narrow_due -= 1;
            lock(&shared.tracker)
                .narrow(self.load.one_in, |number| self.selection.includes(number));
        }
        Ok(())
    }

    /// Takes over the handshakes that are to be followed in any case. That matters only while others
    /// are left out.
    fn follow(&mut self, shared: &Shared) -> Result<(), CaptureError> {
        let Some(flows) = lock(&shared.followed).take() else { return Ok(()) };
        if !self.selection.follow(flows) || self.selection.one_in == 1 {
            return Ok(());
        }
        self.attach()?;
        lock(&shared.tracker).favour(&self.selection.followed);
        Ok(())
    }

    fn attach(&self) -> Result<(), CaptureError> {
        self.ring.filter(&filter::program(&self.scope, &self.selection))
    }

    fn count_lost(&mut self, shared: &Shared) {
        // The option is as old as the ring, and the socket is there.
        let lost = u64::from(self.ring.lost().unwrap_or(0));
        self.measured.lost += lost;
        shared.lost.fetch_add(lost, Ordering::Relaxed);
    }
}

/// The device of a frame. Its name and address are for those to fill in who have the links.
fn device(frame: &Captured<'_>) -> CaptureDevice {
    CaptureDevice {
        name: None,
        ifindex: Some(frame.ifindex),
        link: frame.link(),
        mac: None,
        lost_count: None,
    }
}
