//! Puts the frames of handshakes together, in memory that is bounded whatever comes in.
//!
//! Every flow is counted. The frames of a flow are kept until it completes; when there are too many,
//! those of flows that are no more than a lone SYN go first, but for a sample.

mod arena;
mod batch;
mod claims;
mod finish;
mod follow;
mod index;
mod lone;
mod narrow;
mod pool;
mod room;
mod services;
mod talk;
mod told;

use synrecv_model::{CaptureDevice, LinkType, Mono};

use self::arena::Arena;
use self::batch::{Glance, Unwanted};
use self::claims::Claims;
use self::index::Index;
use self::lone::FlowState;
use self::pool::Pool;
use self::room::Thinning;
use self::services::Services;
use self::talk::Ms;
use crate::RawFrame;
use crate::decode::{self, Envelope, Packet};
use crate::vantage::Timing;

pub(crate) use batch::Batch;
pub(crate) use claims::Padded;
pub use finish::Ending;
#[cfg(any(feature = "read", test))]
pub(crate) use index::number;
pub(crate) use told::Told;

/// How much a tracker remembers.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Flows that are followed at a time; 56 octets each, and
    /// 10 for finding them.
    pub flows: usize,
    /// Frames that are kept of flows that have not completed; about 190 octets each.
    pub frames: usize,
}

impl Limits {
    /// For capture files: about 36 MiB.
    pub const FILE: Self = Self { flows: 393_216, frames: 65_536 };

    /// For live captures, which last seconds: about 9 MiB.
    pub const LIVE: Self = Self { flows: 65_536, frames: 16_384 };
}

/// Devices that are told apart.
const DEVICES_MAX: usize = 1_024;

/// What a tracker counted so far, for a progress line.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    /// Frames read.
    pub frame_count: u64,
    /// SYNs without ACK.
    pub syn_count: u64,
    /// SYN-ACKs.
    pub synack_count: u64,
}

/// Follows handshakes.
#[derive(Debug)]
pub struct Tracker {
    limits: Limits,
    devices: Vec<CaptureDevice>,
    /// Devices of cooked captures of version 2: those of the capture and their ifindex.
    by_ifindex: Vec<(u32, u32, u16)>,
    flows: Vec<FlowState>,
    index: Index,
    arena: Arena,
    claims: Claims,
    services: Services,
    pool: Pool,
    /// Where the search for a flow to give up goes on.
    hand: usize,
    thinning: Thinning,
    unwanted: Unwanted,
    /// Numbers of flows that matter, in order.
    favoured: Vec<u32>,
    sampled_one_in: u32,
    closed_count: u64,
    undecoded_count: u64,
    progress: Progress,
    first: Option<Mono>,
    last: Mono,
    /// What the times of frames can tell.
    timing: Timing,
}

impl Tracker {
    /// An empty tracker.
    pub fn new(limits: Limits) -> Self {
        Self {
            limits,
            devices: Vec::new(),
            by_ifindex: Vec::new(),
            flows: Vec::new(),
            index: Index::new(limits.flows),
            arena: Arena::new(limits.frames),
            claims: Claims::default(),
            services: Services::new(),
            pool: Pool::default(),
            hand: 0,
            thinning: Thinning::new(limits),
            unwanted: Unwanted::new(),
            favoured: Vec::new(),
            sampled_one_in: 1,
            closed_count: 0,
            undecoded_count: 0,
            progress: Progress::default(),
            first: None,
            last: Mono(0),
            timing: Timing::Packets,
        }
    }

    /// Adds a device and returns its number. Frames of devices beyond 1,024 are put to the last one.
    pub fn add_device(&mut self, device: CaptureDevice) -> u32 {
        if self.devices.len() < DEVICES_MAX {
            self.devices.push(device);
        }
        u32::from(last_of(&self.devices))
    }

    /// Devices so far.
    pub fn devices(&self) -> &[CaptureDevice] {
        &self.devices
    }

    /// When the first frame was captured.
    pub(crate) fn first(&self) -> Mono {
        self.first.unwrap_or_default()
    }

    /// Devices so far; their loss counts can still change.
    pub fn devices_mut(&mut self) -> &mut [CaptureDevice] {
        &mut self.devices
    }

    /// What was counted so far.
    pub fn progress(&self) -> Progress {
        self.progress
    }

    /// Takes in one frame.
    pub fn push(&mut self, frame: &RawFrame<'_>) {
        self.take_in(frame, self.glance(frame));
    }

    fn take_in(&mut self, frame: &RawFrame<'_>, glance: Glance) {
        self.progress.frame_count += 1;
        if self.first.is_none() {
            self.first = Some(frame.at);
        }
        self.last = self.last.max(frame.at);
        match glance {
            Glance::Syn(fingerprint, seen, greater) => {
                self.syn(frame, fingerprint, &seen, greater);
            }
            Glance::Segment(fingerprint) => {
                if let Some(flow) = self.find_open(fingerprint) {
                    self.segment(frame, flow);
                }
            }
            Glance::Other => {}
            Glance::Unclear => match decode::decode(frame) {
                Some((envelope, Packet::Error(ip, quote))) => {
                    self.error(frame, &envelope, &ip, &quote);
                }
                Some((envelope, Packet::Resolution(resolution))) => {
                    let device = self.device(frame, &envelope);
                    self.claims.add(frame, &envelope, device, &resolution);
                }
                Some((_, Packet::Other)) => {}
                _ => self.undecoded_count += 1,
            },
        }
    }

    fn find(&self, fingerprint: u64) -> Option<u32> {
        let is_it =
            |flow| self.flows.get(index(flow)).is_some_and(|it| it.fingerprint == fingerprint);
        self.index.find(fingerprint, is_it)
    }

    /// Number of the device of a frame; that of a cooked header when it has one.
    fn device(&mut self, frame: &RawFrame<'_>, envelope: &Envelope) -> u16 {
        let last = last_of(&self.devices);
        let base = u16::try_from(frame.device).unwrap_or(u16::MAX).min(last);
        let Some(ifindex) = envelope.ifindex else { return base };
        let known =
            self.by_ifindex.iter().find(|known| (known.0, known.1) == (frame.device, ifindex));
        if let Some(&(_, _, device)) = known {
            return device;
        }
        if self.devices.len() >= DEVICES_MAX {
            return base;
        }
        self.devices.push(CaptureDevice {
            name: None,
            ifindex: Some(ifindex),
            link: LinkType::CookedV2,
            mac: None,
            lost_count: None,
        });
        let device = last_of(&self.devices);
        self.by_ifindex.push((frame.device, ifindex, device));
        device
    }

    /// Milliseconds since the first frame, plus one.
    fn ms(&self, at: Mono) -> Ms {
        let since = at.ms_since(self.first.unwrap_or(at));
        Ms::try_from(since.saturating_add(1)).unwrap_or(Ms::MAX)
    }
}

fn last_of(devices: &[CaptureDevice]) -> u16 {
    u16::try_from(devices.len().saturating_sub(1)).unwrap_or(u16::MAX)
}

fn index(flow: u32) -> usize {
    usize::try_from(flow).unwrap_or(usize::MAX)
}
