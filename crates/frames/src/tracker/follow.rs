//! Follows one flow: its segments, one after another, and what they mean to it.

use synrecv_model::{End, FrameDirection, FrameKind};

use super::arena::Kept;
use super::lone::FlowState;
use super::talk::{Ms, Step};
use super::{Tracker, finish, index};
use crate::RawFrame;
use crate::decode::{self, Address, Envelope, Ip, Packet, Quote, Segment, Sighting};

impl Tracker {
    /// A SYN or SYN-ACK. Of a flow that nothing else is known about, and whose frames are not kept,
    /// no more is looked at.
    pub(super) fn syn(
        &mut self,
        frame: &RawFrame<'_>,
        fingerprint: u64,
        seen: &Sighting,
        greater: bool,
    ) {
        if seen.has_ack {
            self.progress.synack_count += 1;
        } else {
            self.progress.syn_count += 1;
        }
        let now = self.ms(frame.at);
        let found = self.find(fingerprint).or_else(|| self.open((fingerprint, greater), seen, now));
        let Some(flow) = found else { return };
        let Some(state) = self.flows.get_mut(index(flow)) else { return };
        if state.completed && seen.has_ack {
            return;
        }
        let sender = state.sender(greater);
        if state.bare && state.takes_lone(sender, seen, now) {
            state.frames.omit();
        } else {
            self.segment(frame, flow);
        }
    }

    /// Any segment of a flow that is followed.
    pub(super) fn segment(&mut self, frame: &RawFrame<'_>, flow: u32) {
        let Some((envelope, Packet::Segment(ip, segment))) = decode::decode(frame) else { return };
        let Some(state) = self.flows.get(index(flow)) else { return };
        let (_, greater) = self.index.fingerprint(segment.src, segment.dst);
        let sender = state.sender(greater);
        let device = self.device(frame, &envelope);
        let mut kept = Kept::of_segment(frame, &envelope, device, &ip, &segment, sender);
        self.take(flow, &segment, &mut kept);
    }

    pub(super) fn take(&mut self, flow: u32, segment: &Segment<'_>, kept: &mut Kept) {
        let now = self.ms(kept.at);
        let Some(state) = self.flows.get_mut(index(flow)) else { return };
        let sender = kept.sender;
        let seen = segment.sighting(kept.direction);
        kept.copy = self.arena.is_copy(state.frames, kept);
        let copy = kept.copy;
        let step = if seen.is_syn && state.takes_lone(sender, &seen, now) {
            Step::Kept
        } else {
            let talk = state.talk();
            match (kept.kind, sender) {
                (FrameKind::Syn, _) => talk.syn(sender, segment.seq, copy, now),
                (FrameKind::SynAck, _) => talk.synack(sender, segment, copy, now),
                (FrameKind::Rst, _) => talk.reset(sender, copy, now),
                (_, End::Client) => {
                    talk.client_sends(segment, kept.options.dsack.is_some(), copy, now)
                }
                (_, End::Server) => talk.server_sends(segment, copy, now),
            }
        };
        if step == Step::Renews {
            kept.sender = End::Client;
            kept.copy = false;
            self.renew(flow, &seen, now);
        } else if state.completed {
            return;
        }
        kept.between(segment.src, segment.dst);
        self.keep(flow, kept);
        if step == Step::Completes {
            self.complete(flow, now);
        }
    }

    /// A new flow, from its SYN or, when that was not captured, from its SYN-ACK.
    pub(super) fn open(&mut self, known: (u64, bool), seen: &Sighting, now: Ms) -> Option<u32> {
        // A segment from an end to itself is no handshake.
        if seen.src == seen.dst {
            return None;
        }
        let flow = if self.flows.len() < self.limits.flows.min(index::FLOWS_MAX) {
            let state = self.new_flow(known, seen);
            self.flows.push(state);
            u32::try_from(self.flows.len() - 1).ok()?
        } else {
            let given_up = self.give_up(now);
            let state = self.new_flow(known, seen);
            let place = self.flows.get_mut(index(given_up))?;
            let gone = std::mem::replace(place, state).fingerprint;
            let flows = &self.flows;
            let of = |flow| flows.get(index(flow)).map_or(0, |state| state.fingerprint);
            self.index.remove(gone, given_up, of);
            given_up
        };
        self.index.insert(known.0, flow);
        self.unwanted.forget(known.0);
        Some(flow)
    }

    /// `known` is the fingerprint, and whether the source of the segment is the greater end.
    #[inline]
    fn new_flow(&mut self, known: (u64, bool), seen: &Sighting) -> FlowState {
        let (fingerprint, greater) = known;
        let (client, server, isn, direction) = if seen.has_ack {
            let opposite = match seen.direction {
                FrameDirection::In => FrameDirection::Out,
                FrameDirection::Out => FrameDirection::In,
                other => other,
            };
            (seen.dst, seen.src, seen.ack.wrapping_sub(1), opposite)
        } else {
            (seen.src, seen.dst, seen.seq, seen.direction)
        };
        let service = self.services.number(server, direction);
        let number = index::number(client, server);
        let known_by = (fingerprint, number);
        let mut state = FlowState::new(known_by, service, isn, greater == seen.has_ack);
        state.favoured = self.favoured.binary_search(&number).is_ok();
        state.bare = !self.thinning.holds(&state);
        state
    }

    /// The same ends make another handshake.
    fn renew(&mut self, flow: u32, seen: &Sighting, now: Ms) {
        self.close(flow, now);
        let Some(place) = self.flows.get(index(flow)) else { return };
        let fingerprint = place.fingerprint;
        self.unwanted.forget(fingerprint);
        let (_, greater) = self.index.fingerprint(seen.src, seen.dst);
        let mut state = self.new_flow((fingerprint, greater), seen);
        state.takes_lone(End::Client, seen, now);
        if let Some(place) = self.flows.get_mut(index(flow)) {
            *place = state;
        }
    }

    /// Keeps a frame, and makes room for it where need be.
    fn keep(&mut self, flow: u32, frame: &Kept) {
        let Some(state) = self.flows.get_mut(index(flow)) else { return };
        if state.bare && state.is_active() && self.thinning.holds(state) {
            state.bare = false;
        }
        if state.bare {
            state.frames.omit();
            return;
        }
        self.arena.push(&mut state.frames, frame);
        if self.arena.used() >= self.thinning.start_at {
            self.thin();
        }
    }

    /// The server has the connection: it is counted, and shown if it is one of the first.
    fn complete(&mut self, flow: u32, now: Ms) {
        if let Some(state) = self.flows.get_mut(index(flow)) {
            state.completed = true;
        }
        self.close(flow, now);
    }

    /// What is known about a flow is all there will be.
    pub(super) fn close(&mut self, flow: u32, now: Ms) {
        let Some(state) = self.flows.get_mut(index(flow)) else { return };
        if std::mem::replace(&mut state.closed, true) {
            return;
        }
        let order = self.closed_count;
        self.closed_count += 1;
        finish::close(&mut self.services, &mut self.pool, &self.arena, state, order, now);
        self.arena.clear(&mut state.frames, false);
    }

    /// An ICMP error about a segment.
    pub(super) fn error(
        &mut self,
        frame: &RawFrame<'_>,
        envelope: &Envelope,
        ip: &Ip<'_>,
        quote: &Quote,
    ) {
        let (fingerprint, greater) = self.index.fingerprint(quote.src, quote.dst);
        let Some(flow) = self.find(fingerprint) else { return };
        let device = self.device(frame, envelope);
        let Some(state) = self.flows.get(index(flow)) else { return };
        if state.completed {
            return;
        }
        let sender = state.sender(greater);
        let mut kept = Kept::of_error(frame, envelope, device, ip, quote, sender);
        self.take_error(flow, quote, ip.src, &mut kept);
    }

    /// An ICMP error about a segment of this flow, reported from this address.
    pub(super) fn take_error(&mut self, flow: u32, quote: &Quote, from: Address, kept: &mut Kept) {
        let now = self.ms(kept.at);
        let Some(state) = self.flows.get_mut(index(flow)) else { return };
        kept.copy = self.arena.is_copy(state.frames, kept);
        // Unreachable ends a handshake; the others advise. A host that tells itself found nobody to
        // send the segment to, and it was not sent.
        let is_v4 = decode::ip_addr(from).is_ipv4();
        let unreachable = quote.icmp_type == if is_v4 { 3 } else { 1 };
        let ends = unreachable && from != quote.src.ip;
        state.talk().error(ends, kept.copy, now);
        kept.between(quote.src, quote.dst);
        self.keep(flow, kept);
    }
}
