//! Frames that a tool printed, as a capture: what a text leaves out stays unknown, or is what was due.
//!
//! Sequence numbers that a tool counts from the start of a connection begin at 0 here. Without times
//! the frames are as far apart as they are at least: a SYN or SYN-ACK is sent again after a second.

mod clock;
mod length;
mod numbers;

use std::collections::HashMap;
use std::net::IpAddr;

use synrecv_model::{
    Capture, CaptureDevice, CaptureOrigin, ClaimKind, Endpoint, Foreign, FrameDirection, Handshake,
    LinkType, Outcome, PrintedFrame, PrintedPacket, PrintedSegment, Service, WallClock,
};

use self::length::Link;
use self::numbers::Numbers;
use crate::decode::{Address, Claim, Node, Question, Quote, Resolution, Segment, Vlans, mapped};
use crate::file::{CaptureFile, Damage};
use crate::tracker::Told;
use crate::vantage::Timing;
use crate::{Ending, Limits, Tracker};

/// What a text says about its capture as a whole.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Excerpt {
    /// Rows are missing from it: absence proves nothing.
    pub cut: bool,
    /// Frames that the capture lost (`dropped by kernel`); `None` when the text does not say.
    pub lost_count: Option<u64>,
}

/// Seconds from which on times count from 1970, not from midnight or the first frame.
const EPOCH_LEAST_NS: u64 = 100_000_000 * 1_000_000_000;

/// Whoever pastes more than so many frames did not choose them one by one.
const FEW_FRAMES: u64 = 64;

/// Octets of an ARP packet.
const ARP_LEN: u32 = 28;

/// The capture that a tool printed, in the shape that [`observed`](crate::observed) reads.
///
/// The frames are those of one capture: their times count from one origin.
pub fn printed(frames: &[PrintedFrame], excerpt: Excerpt) -> CaptureFile {
    let clock = clock::times(frames);
    let mut tracker = Tracker::new(Limits::FILE);
    tracker.set_timing(if clock.is_fine { Timing::Text } else { Timing::Coarse });
    let link = length::link(frames);
    let devices = devices(frames, link, &mut tracker);
    let mut teller = Teller {
        tracker,
        numbers: Numbers::default(),
        link,
        devices,
        sent: Vec::new(),
        askers: HashMap::new(),
    };
    let mut order: Vec<usize> = (0..frames.len()).collect();
    // A text can hold several captures of one time, one behind the other.
    order.sort_by_key(|&place| clock.at.get(place).copied());
    for place in order {
        if let (Some(frame), Some(&at)) = (frames.get(place), clock.at.get(place)) {
            teller.tell(frame, at);
        }
    }
    let capture = teller.capture(clock.is_timed, excerpt);
    let damage = excerpt.cut.then_some(Damage::Excerpt);
    CaptureFile { capture, damage }
}

/// One device for each name, and one for frames without.
fn devices(
    frames: &[PrintedFrame],
    link: Link,
    tracker: &mut Tracker,
) -> HashMap<Option<Foreign>, u32> {
    let mut devices = HashMap::new();
    for frame in frames {
        if !devices.contains_key(&frame.device) {
            let directed = frame.direction != FrameDirection::Unknown && frame.dst_mac.is_none();
            let number = tracker.add_device(CaptureDevice {
                name: frame.device.clone(),
                ifindex: None,
                link: if link == Link::Ethernet || frame.dst_mac.is_some() {
                    LinkType::Ethernet
                } else if directed {
                    LinkType::CookedV2
                } else {
                    // LINKTYPE_NULL is 0; nobody has this one.
                    LinkType::Other(u32::MAX)
                },
                mac: None,
                lost_count: None,
            });
            devices.insert(frame.device.clone(), number);
        }
    }
    devices
}

/// Tells the tracker what was printed.
struct Teller {
    tracker: Tracker,
    numbers: Numbers,
    link: Link,
    devices: HashMap<Option<Foreign>, u32>,
    /// Segments so far that no error is about: ends and sequence number.
    sent: Vec<(Endpoint, Endpoint, u32)>,
    /// Who asked last for an address.
    askers: HashMap<IpAddr, IpAddr>,
}

/// Segments that an error can be about.
const SENT_MAX: usize = 4_096;

impl Teller {
    fn tell(&mut self, frame: &PrintedFrame, at: synrecv_model::Mono) {
        let mut vlans = Vlans::default();
        frame.vlans.iter().for_each(|&id| vlans.push(id));
        let told = Told {
            at,
            device: self.devices.get(&frame.device).copied().unwrap_or(0),
            direction: frame.direction,
            src_mac: frame.src_mac,
            dst_mac: frame.dst_mac,
            vlans,
            ttl: frame.ttl.unwrap_or(0),
            frame_len: frame.frame_len.unwrap_or(0),
            padding: length::padding(frame, self.link),
        };
        match &frame.packet {
            PrintedPacket::Tcp(segment) => self.segment(&told, segment),
            PrintedPacket::Error { icmp_type, code, from, src, dst } => {
                self.error(&told, (*icmp_type, *code), *from, (*src, *dst));
            }
            PrintedPacket::Claim { kind, address, mac } => {
                // No tool prints whom an answer goes to; it comes after its question.
                let answers =
                    if kind.is_answer() { self.askers.get(address).copied() } else { None };
                let claim = Claim { kind: *kind, address: *address, mac: *mac, answers };
                self.resolution(&told, Some(claim), None, *address);
            }
            PrintedPacket::Question { address, asker } => {
                self.askers.extend(asker.map(|asker| (*address, asker)));
                let question = Question { address: *address, asker: *asker, mac: told.src_mac };
                // Who asks says who he is, and with the link-layer header what address he has.
                let kind =
                    if address.is_ipv4() { ClaimKind::ArpRequest } else { ClaimKind::Solicitation };
                let claim = asker.zip(told.src_mac).map(|(address, mac)| Claim {
                    kind,
                    address,
                    mac: Some(mac),
                    answers: None,
                });
                self.resolution(&told, claim, Some(question), *address);
            }
        }
    }

    fn segment(&mut self, told: &Told, segment: &PrintedSegment) {
        let (client, server) = (segment.src, segment.dst);
        if let Some(before) = self.numbers.echo(segment) {
            self.tracker.told_before(node(client), node(server), before.times, before.since_ms);
        }
        let filled = self.numbers.fill(segment);
        let fields = Segment::of_fields(
            (node(segment.src), node(segment.dst)),
            (filled.seq, filled.ack),
            segment.flags,
            filled.payload_len,
        );
        if self.sent.len() >= SENT_MAX {
            self.sent.drain(..SENT_MAX / 2);
        }
        self.sent.push((segment.src, segment.dst, filled.seq));
        let window = segment.window.unwrap_or(0);
        self.tracker.told_segment(told, &fields, window, filled.options, segment.checksum);
    }

    /// An error need not say which segment it is about: the last one that fits, and none twice.
    fn error(
        &mut self,
        told: &Told,
        (icmp_type, code): (u8, u8),
        from: IpAddr,
        ends: (Endpoint, Endpoint),
    ) {
        let fits = |printed: Endpoint, sent: Endpoint| {
            (printed.ip == sent.ip || printed.ip.is_unspecified())
                && (printed.port == sent.port || printed.port == 0)
        };
        let found = self.sent.iter().rposition(|sent| fits(ends.0, sent.0) && fits(ends.1, sent.1));
        // A segment that found no way out was not captured: the other end's tell its connection.
        let known = !ends.1.ip.is_unspecified();
        let mut opposite = self.sent.iter().rev().filter(|_| known);
        let (src, dst, seq) = if let Some(place) = found {
            self.sent.remove(place)
        } else if ends.0.port != 0 && ends.1.port != 0 {
            (ends.0, ends.1, 0)
        } else if let Some(&(dst, src, _)) =
            opposite.find(|sent| fits(ends.0, sent.1) && fits(ends.1, sent.0))
        {
            (src, dst, 0)
        } else {
            self.tracker.told_frame(told.at);
            return;
        };
        let quote = Quote { icmp_type, code, src: node(src), dst: node(dst), seq };
        self.tracker.told_error(told, Node { ip: address(from), port: 0 }, &quote);
    }

    fn resolution(
        &mut self,
        told: &Told,
        claim: Option<Claim>,
        question: Option<Question>,
        about: IpAddr,
    ) {
        // Only of ARP is the length known, and then only on Ethernet.
        let is_short = about.is_ipv4() && told.frame_len > 0 && self.link == Link::Ethernet;
        let len = if is_short { ARP_LEN } else { 0 };
        self.tracker.told_resolution(told, &Resolution { claim, question, len });
    }

    fn capture(self, timed: bool, excerpt: Excerpt) -> Capture {
        let first = self.tracker.first().0;
        let started_ms = if first >= EPOCH_LEAST_NS { first / 1_000_000 } else { 0 };
        let mut capture = self.tracker.capture(&Ending {
            origin: CaptureOrigin::Printed { timed },
            started_at: WallClock(i64::try_from(started_ms).unwrap_or(i64::MAX)),
            started: None,
            ended: None,
            lost_count: excerpt.lost_count,
            truncated: excerpt.cut,
        });
        if capture.received_count <= FEW_FRAMES {
            for handshake in &mut capture.handshakes {
                settle(handshake, &mut capture.services);
            }
        }
        capture
    }
}

/// Whoever pastes a few rows of a capture ends them where they have shown what is wrong: something was
/// sent again, and nobody answered.
fn settle(handshake: &mut Handshake, services: &mut [Service]) {
    let counts = handshake.counts;
    let outcome = match (counts.syn_count, counts.synack_count, counts.ack_count) {
        _ if handshake.outcome != Outcome::TooEarly => return,
        (_, 2.., 0) => Outcome::AckMissing,
        (2.., 0, 0) => Outcome::Unanswered,
        _ => return,
    };
    handshake.outcome = outcome;
    if let Some(service) = services.iter_mut().find(|it| it.local == handshake.flow.local) {
        service.too_early_count = service.too_early_count.saturating_sub(1);
        match outcome {
            Outcome::AckMissing => service.ack_missing_count += 1,
            _ => service.unanswered_count += 1,
        }
    }
}

fn node(end: Endpoint) -> Node {
    Node { ip: address(end.ip), port: end.port }
}

fn address(ip: IpAddr) -> Address {
    match ip {
        IpAddr::V4(v4) => mapped(v4.octets()),
        IpAddr::V6(v6) => v6.octets(),
    }
}

#[cfg(test)]
mod tests;
