//! Puts the frames of handshakes together, in memory that is bounded whatever comes in.
//!
//! Every flow is counted. The frames of a flow are kept until it completes; when there are too many,
//! those of flows that are no more than a lone SYN go first, but for a sample.

mod arena;
mod claims;
mod finish;
mod flow;
mod index;
mod narrow;
mod pool;
mod services;

use synrecv_model::{CaptureDevice, End, FrameDirection, FrameKind, LinkType, Mono, Outcome};

use self::arena::{Arena, Kept};
use self::claims::Claims;
use self::flow::{FlowState, Ms, State, Step};
use self::index::Index;
use self::pool::Pool;
use self::services::Services;
use crate::RawFrame;
use crate::decode::{self, Envelope, Ip, Node, Packet, Quote, Segment};

pub(crate) use claims::Padded;
pub use finish::Ending;

/// How much a tracker remembers.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Flows that are followed at a time; about 130 octets each.
    pub flows: usize,
    /// Frames that are kept of flows that have not completed; about 150 octets each.
    pub frames: usize,
}

impl Limits {
    /// For capture files: about 75 MiB.
    pub const FILE: Self = Self { flows: 400_000, frames: 131_072 };

    /// For live captures, which last seconds: about 14 MiB.
    pub const LIVE: Self = Self { flows: 65_536, frames: 32_768 };
}

/// Devices that are told apart.
const DEVICES_MAX: usize = 1_024;

/// Steps of the search for a flow to give up.
const SEARCH_MAX: usize = 64;

/// A flow that was silent this long may be given up first: requests live for 63 s by default.
const SILENT_MS: Ms = 64_000;

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
    /// Frames of one flow in two to the power of this are kept from its first SYN on.
    thinning: u32,
    sampled_one_in: u32,
    closed_count: u64,
    undecoded_count: u64,
    progress: Progress,
    first: Option<Mono>,
    last: Mono,
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
            thinning: 0,
            sampled_one_in: 1,
            closed_count: 0,
            undecoded_count: 0,
            progress: Progress::default(),
            first: None,
            last: Mono(0),
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
        self.progress.frame_count += 1;
        if self.first.is_none() {
            self.first = Some(frame.at);
        }
        self.last = self.last.max(frame.at);
        match decode::decode(frame) {
            Some((envelope, Packet::Segment(ip, segment))) => {
                self.segment(frame, &envelope, &ip, &segment);
            }
            Some((envelope, Packet::Error(ip, quote))) => {
                self.error(frame, &envelope, &ip, &quote);
            }
            Some((envelope, Packet::Resolution(resolution))) => {
                let device = self.device(frame, &envelope);
                self.claims.add(frame, &envelope, device, &resolution);
            }
            Some((_, Packet::Other)) => {}
            Some((_, Packet::Undecoded)) | None => self.undecoded_count += 1,
        }
    }

    fn segment(
        &mut self,
        frame: &RawFrame<'_>,
        envelope: &Envelope,
        ip: &Ip<'_>,
        segment: &Segment<'_>,
    ) {
        let hash = self.index.hash(segment.src, segment.dst);
        let found = self.find(hash, segment.src, segment.dst);
        let kind = segment.kind();
        let flow = match (found, kind) {
            (Some(flow), _) => flow,
            (None, FrameKind::Syn | FrameKind::SynAck) => {
                let Some(flow) = self.open(hash, envelope, segment, frame.at) else { return };
                flow
            }
            // Somewhere in a connection whose beginning was not captured.
            (None, _) => return,
        };
        match kind {
            FrameKind::Syn => self.progress.syn_count += 1,
            FrameKind::SynAck => self.progress.synack_count += 1,
            _ => {}
        }
        let Some(state) = self.flows.get(index(flow)) else { return };
        if state.state == State::Completed && kind != FrameKind::Syn {
            return;
        }
        let kept = self.kept(frame, envelope, ip, segment, state.sender(segment.src));
        self.take(flow, segment, kept);
    }

    /// One segment of a flow that is followed.
    fn take(&mut self, flow: u32, segment: &Segment<'_>, mut kept: Kept) {
        let now = self.ms(kept.at);
        let Some(state) = self.flows.get_mut(index(flow)) else { return };
        let copy = self.arena.is_copy(state.frames, &kept);
        let step = match (kept.kind, kept.sender) {
            (FrameKind::Syn, _) => state.syn(segment.src, segment.seq, copy, now),
            (FrameKind::SynAck, _) => state.synack(segment, copy, now),
            (FrameKind::Rst, sender) => state.reset(sender, copy, now),
            (_, End::Client) => {
                state.client_sends(segment, kept.options.dsack.is_some(), copy, now)
            }
            (_, End::Server) => state.server_sends(segment, copy, now),
        };
        kept.copy = copy;
        if state.state == State::Completed && step != Step::Renews {
            return;
        }
        match step {
            Step::Renews => {
                self.renew(flow, segment, kept.direction, now);
                kept.sender = End::Client;
                if let Some(state) = self.flows.get_mut(index(flow)) {
                    state.syn(segment.src, segment.seq, false, now);
                }
                kept.copy = false;
                self.keep(flow, kept);
            }
            Step::Kept => self.keep(flow, kept),
            Step::Completes => {
                self.keep(flow, kept);
                self.complete(flow);
            }
        }
    }

    /// A new flow, from its SYN or, when that was not captured, from its SYN-ACK.
    fn open(
        &mut self,
        hash: u32,
        envelope: &Envelope,
        segment: &Segment<'_>,
        at: Mono,
    ) -> Option<u32> {
        let (client, server, isn) = if segment.kind() == FrameKind::Syn {
            (segment.src, segment.dst, segment.seq)
        } else {
            (segment.dst, segment.src, segment.ack.wrapping_sub(1))
        };
        let direction = match (segment.kind(), envelope.direction) {
            (FrameKind::SynAck, FrameDirection::Out) => FrameDirection::In,
            (FrameKind::SynAck, FrameDirection::In) => FrameDirection::Out,
            (_, direction) => direction,
        };
        let now = self.ms(at);
        let mut state = FlowState::new(client, server, isn, direction, now);
        state.bare = !self.is_in_sample(&state);
        let flow = if self.flows.len() < self.limits.flows {
            self.flows.push(state);
            u32::try_from(self.flows.len() - 1).ok()?
        } else {
            let given_up = self.give_up(now);
            let place = self.flows.get_mut(index(given_up))?;
            let gone = std::mem::replace(place, state);
            self.index.remove(self.index.hash(gone.client, gone.server), given_up);
            given_up
        };
        self.index.insert(hash, flow);
        Some(flow)
    }

    /// The same ends make another handshake.
    fn renew(&mut self, flow: u32, segment: &Segment<'_>, direction: FrameDirection, now: Ms) {
        self.close(flow, now);
        let mut state = FlowState::new(segment.src, segment.dst, segment.seq, direction, now);
        state.bare = !self.is_in_sample(&state);
        if let Some(place) = self.flows.get_mut(index(flow)) {
            *place = state;
        }
    }

    /// Keeps a frame, and makes room for it where need be.
    fn keep(&mut self, flow: u32, frame: Kept) {
        let Some(state) = self.flows.get_mut(index(flow)) else { return };
        if state.bare && state.is_active() && !self.arena.is_full() {
            state.bare = false;
        }
        if state.bare {
            state.frames.omit();
            return;
        }
        self.arena.push(&mut state.frames, frame);
        if self.arena.is_full() {
            self.thin();
        }
    }

    /// The server has the connection: it is counted, and shown if it is one of the first.
    fn complete(&mut self, flow: u32) {
        let Some(state) = self.flows.get_mut(index(flow)) else { return };
        state.state = State::Completed;
        let shown = self.services.count(state, Outcome::Completed);
        let order = self.closed_count;
        self.closed_count += 1;
        if shown {
            finish::offer(&mut self.pool, &self.arena, state, Outcome::Completed, order);
        } else {
            self.pool.omit();
        }
        self.arena.clear(&mut state.frames, false);
    }

    /// A flow is given up or made anew: what is known about it is all there will be.
    fn close(&mut self, flow: u32, now: Ms) {
        let Some(state) = self.flows.get_mut(index(flow)) else { return };
        if state.state == State::Completed {
            return;
        }
        let order = self.closed_count;
        self.closed_count += 1;
        finish::close(&mut self.services, &mut self.pool, &self.arena, state, order, now);
        self.arena.clear(&mut state.frames, false);
    }

    /// Closes a flow and returns its place: one that completed or was silent for long, or the one
    /// of some that was silent for longest.
    fn give_up(&mut self, now: Ms) -> u32 {
        let mut oldest = (Ms::MAX, self.hand);
        for _ in 0..SEARCH_MAX {
            self.hand = (self.hand + 1) % self.flows.len().max(1);
            let Some(state) = self.flows.get(self.hand) else { break };
            if state.state == State::Completed || now.saturating_sub(state.last_seen()) > SILENT_MS
            {
                oldest = (0, self.hand);
                break;
            }
            oldest = oldest.min((state.last_seen(), self.hand));
        }
        let flow = u32::try_from(oldest.1).unwrap_or(0);
        self.close(flow, now);
        flow
    }

    /// Frees the frames of lone SYNs, but for a sample, and if that does not do, of others too.
    fn thin(&mut self) {
        for lone_only in [true, true, true, false, false, false] {
            self.thinning = (self.thinning + 1).min(31);
            for place in 0..self.flows.len() {
                let Some(state) = self.flows.get(place) else { break };
                if (lone_only && state.is_active()) || self.is_in_sample(state) {
                    continue;
                }
                if let Some(state) = self.flows.get_mut(place) {
                    state.bare = true;
                    self.arena.clear(&mut state.frames, true);
                }
            }
            if self.arena.has_room() {
                return;
            }
        }
    }

    fn is_in_sample(&self, state: &FlowState) -> bool {
        self.thinning == 0
            || index::lot(state.client, state.server).is_multiple_of(1 << self.thinning)
    }

    fn error(&mut self, frame: &RawFrame<'_>, envelope: &Envelope, ip: &Ip<'_>, quote: &Quote) {
        let hash = self.index.hash(quote.src, quote.dst);
        let Some(flow) = self.find(hash, quote.src, quote.dst) else { return };
        let now = self.ms(frame.at);
        let device = self.device(frame, envelope);
        let Some(state) = self.flows.get_mut(index(flow)) else { return };
        if state.state == State::Completed {
            return;
        }
        let kept = Kept::of_error(frame, envelope, device, ip, quote, state.sender(quote.src));
        let copy = self.arena.is_copy(state.frames, &kept);
        // Unreachable ends a handshake; the others advise.
        let ends = quote.icmp_type == if ip.is_v4 { 3 } else { 1 };
        state.error(ends, copy, now);
        self.keep(flow, Kept { copy, ..kept });
    }

    fn kept(
        &mut self,
        frame: &RawFrame<'_>,
        envelope: &Envelope,
        ip: &Ip<'_>,
        segment: &Segment<'_>,
        sender: End,
    ) -> Kept {
        let device = self.device(frame, envelope);
        Kept::of_segment(frame, envelope, device, ip, segment, sender)
    }

    fn find(&self, hash: u32, a: Node, b: Node) -> Option<u32> {
        let joins = |flow| self.flows.get(index(flow)).is_some_and(|state| state.joins(a, b));
        self.index.find(hash, joins)
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
