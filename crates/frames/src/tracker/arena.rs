//! Frames that are kept, in lists by flow. The number of all of them is bounded.

use synrecv_model::{
    Checksum, End, Endpoint, Flow, FrameDirection, FrameKind, HandshakeFrame, Mac, Mono, Padding,
    TcpOptions,
};

use super::claims::padding;
use crate::RawFrame;
use crate::decode::{Envelope, Ip, Node, Quote, Segment, Vlans, ip_addr};

/// Frames of one flow: the first half and the last half are kept.
const PER_FLOW_MAX: u8 = 64;

/// A client or server that repeats a segment waits longer than this. What comes again sooner is the
/// same packet, seen at another place.
pub(super) const COPY_MS: u64 = 100;

/// No frame.
const NONE: u32 = u32::MAX;

/// A frame of a handshake.
#[derive(Clone, Copy, Debug)]
pub(super) struct Kept {
    pub(super) at: Mono,
    pub(super) kind: FrameKind,
    pub(super) sender: End,
    pub(super) direction: FrameDirection,
    pub(super) copy: bool,
    pub(super) device: u16,
    pub(super) src_mac: Option<Mac>,
    pub(super) dst_mac: Option<Mac>,
    pub(super) vlans: Vlans,
    pub(super) ttl: u8,
    /// Identification of the IPv4 header.
    pub(super) id: u16,
    pub(super) seq: u32,
    pub(super) ack: u32,
    pub(super) flags: u8,
    pub(super) window: u16,
    pub(super) options: TcpOptions,
    pub(super) payload_len: u32,
    pub(super) checksum: Checksum,
    pub(super) padding: Padding,
    pub(super) frame_len: u32,
    pub(super) captured_len: u32,
    /// Ends of the flow.
    pub(super) client: Node,
    pub(super) server: Node,
}

impl Kept {
    pub(super) fn of_segment(
        frame: &RawFrame<'_>,
        envelope: &Envelope,
        device: u16,
        ip: &Ip<'_>,
        segment: &Segment<'_>,
        sender: End,
    ) -> Self {
        let mut kept =
            Self::of_frame(frame, envelope, device, ip, segment.kind(), sender, segment.seq);
        kept.flags = segment.flags;
        kept.window = segment.window();
        kept.options = segment.options();
        kept.payload_len = segment.payload_len;
        kept.checksum = segment.checksum(ip, frame.checksum_not_ready);
        kept.ack = segment.ack;
        kept
    }

    pub(super) fn of_error(
        frame: &RawFrame<'_>,
        envelope: &Envelope,
        device: u16,
        ip: &Ip<'_>,
        quote: &Quote,
        sender: End,
    ) -> Self {
        let Quote { icmp_type, code, seq, .. } = *quote;
        let kind = FrameKind::Icmp { icmp_type, code, from: ip_addr(ip.src) };
        Self::of_frame(frame, envelope, device, ip, kind, sender, seq)
    }

    fn of_frame(
        frame: &RawFrame<'_>,
        envelope: &Envelope,
        device: u16,
        ip: &Ip<'_>,
        kind: FrameKind,
        sender: End,
        seq: u32,
    ) -> Self {
        let captured = frame.bytes.len().min(usize::try_from(frame.original_len).unwrap_or(0));
        Self {
            at: frame.at,
            kind,
            sender,
            direction: envelope.direction,
            copy: false,
            device,
            src_mac: envelope.src_mac,
            dst_mac: envelope.dst_mac,
            vlans: envelope.vlans,
            ttl: ip.ttl,
            id: ip.id,
            seq,
            ack: 0,
            flags: 0,
            window: 0,
            options: TcpOptions::default(),
            payload_len: 0,
            checksum: Checksum::Unverified,
            padding: padding(frame, envelope, u32::try_from(ip.len).unwrap_or(u32::MAX)),
            frame_len: frame.original_len,
            captured_len: u32::try_from(captured).unwrap_or(u32::MAX),
            client: Node::default(),
            server: Node::default(),
        }
    }

    /// True when `other`, seen before, is the same packet at another device, hop or mirror port.
    ///
    /// A SYN or SYN-ACK is not repeated this soon. An ACK can be, so something must tell the two
    /// sightings apart, or show that it is one packet.
    fn is_copy_of(&self, other: &Self) -> bool {
        let same = self.kind == other.kind
            && self.sender == other.sender
            && (self.seq, self.ack, self.flags, self.payload_len)
                == (other.seq, other.ack, other.flags, other.payload_len);
        let apart = self.at.0.abs_diff(other.at.0) / 1_000_000;
        if !same || apart >= COPY_MS {
            return false;
        }
        let elsewhere = self.device != other.device
            || self.ttl != other.ttl
            || (self.src_mac, self.dst_mac) != (other.src_mac, other.dst_mac)
            || self.vlans != other.vlans;
        match self.kind {
            FrameKind::Syn | FrameKind::SynAck => true,
            _ => elsewhere || (self.id == other.id && (self.id != 0 || apart < 1)),
        }
    }

    /// Notes which end is which.
    pub(super) fn between(&mut self, src: Node, dst: Node) {
        (self.client, self.server) = match self.sender {
            End::Client => (src, dst),
            End::Server => (dst, src),
        };
    }

    pub(super) fn flow(&self) -> Flow {
        let end = |node: Node| Endpoint { ip: ip_addr(node.ip), port: node.port };
        Flow { local: end(self.server), peer: end(self.client) }
    }

    pub(super) fn noun(&self) -> HandshakeFrame {
        HandshakeFrame {
            at: self.at,
            kind: self.kind,
            sender: self.sender,
            direction: self.direction,
            copy: self.copy,
            device: u32::from(self.device),
            src_mac: self.src_mac,
            dst_mac: self.dst_mac,
            vlans: self.vlans.as_slice().to_vec(),
            ttl: self.ttl,
            seq: self.seq,
            ack: self.ack,
            flags: self.flags,
            window: self.window,
            options: self.options,
            payload_len: self.payload_len,
            checksum: self.checksum,
            padding: self.padding,
            frame_len: self.frame_len,
            captured_len: self.captured_len,
        }
    }
}

/// The frames of one flow.
#[derive(Clone, Copy, Debug)]
pub(super) struct List {
    head: u32,
    len: u8,
    omitted: u16,
}

impl List {
    pub(super) const EMPTY: Self = Self { head: NONE, len: 0, omitted: 0 };

    /// Frames of the flow that are not kept.
    pub(super) fn omitted_count(self) -> u32 {
        u32::from(self.omitted)
    }

    /// Notes that a frame was not kept.
    pub(super) fn omit(&mut self) {
        self.omitted = self.omitted.saturating_add(1);
    }
}

#[derive(Debug)]
struct Cell {
    frame: Kept,
    next: u32,
}

/// All frames that are kept.
#[derive(Debug)]
pub(super) struct Arena {
    cells: Vec<Cell>,
    /// List of cells that are free.
    free: u32,
    used: usize,
    max: usize,
}

impl Arena {
    pub(super) fn new(max: usize) -> Self {
        Self { cells: Vec::new(), free: NONE, used: 0, max }
    }

    pub(super) fn is_full(&self) -> bool {
        self.used >= self.max
    }

    /// Frames that are kept.
    pub(super) fn used(&self) -> usize {
        self.used
    }

    /// Appends a frame. One that finds no room is counted.
    pub(super) fn push(&mut self, list: &mut List, frame: &Kept) {
        if list.len >= PER_FLOW_MAX {
            self.drop_middle(list);
        } else if self.is_full() {
            list.omit();
            return;
        }
        let cell = Cell { frame: *frame, next: NONE };
        let place = if let Some(slot) = self.cell_mut(self.free) {
            let next = std::mem::replace(slot, cell).next;
            std::mem::replace(&mut self.free, next)
        } else {
            let place = u32::try_from(self.cells.len()).unwrap_or(NONE);
            self.cells.push(cell);
            place
        };
        self.used += 1;
        let tail = self.nth(*list, list.len.wrapping_sub(1));
        list.len += 1;
        match self.cell_mut(tail) {
            Some(before) => before.next = place,
            None => list.head = place,
        }
    }

    /// Place of a frame of a list; no place where there is none.
    fn nth(&self, list: List, number: u8) -> u32 {
        if number >= list.len {
            return NONE;
        }
        (0..number).fold(list.head, |place, _| self.next(place))
    }

    /// Frees the first frame of the last half.
    fn drop_middle(&mut self, list: &mut List) {
        let last_of_first_half = self.nth(*list, PER_FLOW_MAX / 2 - 1);
        let dropped = self.next(last_of_first_half);
        let behind = self.next(dropped);
        let free = std::mem::replace(&mut self.free, dropped);
        if let Some(cell) = self.cell_mut(dropped) {
            cell.next = free;
        }
        if let Some(cell) = self.cell_mut(last_of_first_half) {
            cell.next = behind;
        }
        self.used -= 1;
        list.len -= 1;
        list.omit();
    }

    /// Frees all frames of a flow. `omitted` says whether they count as not kept.
    pub(super) fn clear(&mut self, list: &mut List, omitted: bool) {
        let free = self.free;
        let tail = self.nth(*list, list.len.wrapping_sub(1));
        if let Some(last) = self.cell_mut(tail) {
            last.next = free;
            self.free = list.head;
        }
        self.used -= usize::from(list.len);
        let omitted_count = if omitted { u16::from(list.len) } else { 0 };
        *list = List { omitted: list.omitted.saturating_add(omitted_count), ..List::EMPTY };
    }

    pub(super) fn frames(&self, list: List) -> impl Iterator<Item = &Kept> {
        let first = self.cells.get(index(list.head));
        std::iter::successors(first, |cell| self.cells.get(index(cell.next))).map(|c| &c.frame)
    }

    /// True when the list holds the same packet, seen elsewhere.
    pub(super) fn is_copy(&self, list: List, frame: &Kept) -> bool {
        let is_answer = |other: &Kept| {
            frame.kind == FrameKind::SynAck && other.kind == FrameKind::Syn && !other.copy
        };
        // A SYN-ACK of the timer and one that answers a repeated SYN can be close together.
        self.frames(list)
            .fold(false, |copy, other| (copy && !is_answer(other)) || frame.is_copy_of(other))
    }

    fn next(&self, place: u32) -> u32 {
        self.cells.get(index(place)).map_or(NONE, |cell| cell.next)
    }

    fn cell_mut(&mut self, place: u32) -> Option<&mut Cell> {
        self.cells.get_mut(index(place))
    }
}

fn index(place: u32) -> usize {
    usize::try_from(place).unwrap_or(usize::MAX)
}
