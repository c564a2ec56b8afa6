//! Frames that were taken apart by others: by the tool that printed them.

use synrecv_model::{Checksum, FrameDirection, FrameKind, Mac, Mono, Padding, TcpOptions};

use super::arena::Kept;
use super::{Tracker, index};
use crate::RawFrame;
use crate::decode::{Envelope, Node, Quote, Resolution, Segment, Sighting, Vlans, ip_addr};
use crate::vantage::Timing;

/// What is known of a frame besides its packet.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Told {
    pub(crate) at: Mono,
    pub(crate) device: u32,
    pub(crate) direction: FrameDirection,
    pub(crate) src_mac: Option<Mac>,
    pub(crate) dst_mac: Option<Mac>,
    pub(crate) vlans: Vlans,
    /// 0 when it is not known.
    pub(crate) ttl: u8,
    /// 0 when it is not known.
    pub(crate) frame_len: u32,
    pub(crate) padding: Padding,
}

impl Tracker {
    /// Says what the times of frames can tell.
    pub(crate) fn set_timing(&mut self, timing: Timing) {
        self.timing = timing;
    }

    /// Takes in a segment.
    pub(crate) fn told_segment(
        &mut self,
        told: &Told,
        segment: &Segment<'_>,
        window: u16,
        options: TcpOptions,
        checksum: Checksum,
    ) {
        self.told_frame(told.at);
        let seen = segment.sighting(told.direction);
        let (fingerprint, greater) = self.index.fingerprint(seen.src, seen.dst);
        let found = if seen.is_syn {
            self.count_syn(&seen);
            let now = self.ms(told.at);
            self.find(fingerprint).or_else(|| self.open((fingerprint, greater), &seen, now))
        } else {
            self.find_open(fingerprint)
        };
        let Some(flow) = found else { return };
        let Some(state) = self.flows.get(index(flow)) else { return };
        if state.completed && (seen.has_ack || !seen.is_syn) {
            return;
        }
        let mut kept = told.kept(self.told_device(told), segment.kind());
        kept.sender = state.sender(greater);
        (kept.seq, kept.ack, kept.flags) = (segment.seq, segment.ack, segment.flags);
        (kept.window, kept.options, kept.checksum) = (window, options, checksum);
        kept.payload_len = segment.payload_len;
        self.take(flow, segment, &mut kept);
    }

    /// Takes in an ICMP error about a segment, from this address.
    pub(crate) fn told_error(&mut self, told: &Told, from: Node, quote: &Quote) {
        self.told_frame(told.at);
        let (fingerprint, greater) = self.index.fingerprint(quote.src, quote.dst);
        let Some(flow) = self.find(fingerprint) else { return };
        let device = self.told_device(told);
        let Some(state) = self.flows.get(index(flow)) else { return };
        if state.completed {
            return;
        }
        let Quote { icmp_type, code, seq, .. } = *quote;
        let mut kept =
            told.kept(device, FrameKind::Icmp { icmp_type, code, from: ip_addr(from.ip) });
        (kept.sender, kept.seq) = (state.sender(greater), seq);
        self.take_error(flow, quote, from.ip, &mut kept);
    }

    /// Takes in a question for an address, or a claim of one.
    pub(crate) fn told_resolution(&mut self, told: &Told, resolution: &Resolution) {
        self.told_frame(told.at);
        let envelope = Envelope {
            src_mac: told.src_mac,
            dst_mac: told.dst_mac,
            vlans: told.vlans,
            direction: told.direction,
            ifindex: None,
            header_len: ETHERNET_HEADER,
        };
        let frame = RawFrame {
            at: told.at,
            link: synrecv_model::LinkType::Ethernet,
            device: told.device,
            direction: None,
            vlan: None,
            bytes: &[],
            original_len: told.frame_len,
            checksum_not_ready: false,
        };
        let device = self.told_device(told);
        self.claims.add(&frame, &envelope, device, resolution);
    }

    /// Counts a frame of which nothing is known but that it was there.
    pub(crate) fn told_frame(&mut self, at: Mono) {
        self.progress.frame_count += 1;
        self.first.get_or_insert(at);
        self.last = self.last.max(at);
    }

    /// An ACK shows that the server sent its SYN-ACK so many times before the one that was seen first,
    /// so long ago in all, and that the client answered.
    pub(crate) fn told_before(&mut self, client: Node, server: Node, times: u8, since_ms: u64) {
        let (fingerprint, _) = self.index.fingerprint(client, server);
        let Some(flow) = self.find_open(fingerprint) else { return };
        if let Some(state) = self.flows.get_mut(index(flow)) {
            state.talk().sent_before(times, u32::try_from(since_ms).unwrap_or(u32::MAX));
        }
    }

    fn count_syn(&mut self, seen: &Sighting) {
        let progress = &mut self.progress;
        let count = if seen.has_ack { &mut progress.synack_count } else { &mut progress.syn_count };
        *count += 1;
    }

    fn told_device(&self, told: &Told) -> u16 {
        let last = super::last_of(&self.devices);
        u16::try_from(told.device).unwrap_or(u16::MAX).min(last)
    }
}

/// Octets of an Ethernet header.
const ETHERNET_HEADER: u32 = 14;

impl Told {
    fn kept(&self, device: u16, kind: FrameKind) -> Kept {
        Kept {
            at: self.at,
            kind,
            sender: synrecv_model::End::Client,
            direction: self.direction,
            copy: false,
            device,
            src_mac: self.src_mac,
            dst_mac: self.dst_mac,
            vlans: self.vlans,
            ttl: self.ttl,
            id: 0,
            seq: 0,
            ack: 0,
            flags: 0,
            window: 0,
            options: TcpOptions::default(),
            payload_len: 0,
            checksum: Checksum::Unverified,
            padding: self.padding,
            frame_len: self.frame_len,
            captured_len: 0,
            client: Node::default(),
            server: Node::default(),
        }
    }
}
