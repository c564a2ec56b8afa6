//! A capture as a whole: from where, how much, and what it could not see.

use std::net::IpAddr;

use super::{AddressClaim, AddressQuestion, FrameDirection, Handshake, HandshakeFrame, Vantage};
use crate::{Endpoint, Foreign, Mac, Mono, Outcome, Place, WallClock};

/// The frames of handshakes and address questions of one capture.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Capture {
    /// Live or from a file.
    pub origin: CaptureOrigin,
    /// Wall clock at `started`.
    pub started_at: WallClock,
    /// First frame of a file, or when the live capture started. In a file, points in time are
    /// nanoseconds since 1970; live ones are on CLOCK_MONOTONIC.
    pub started: Mono,
    /// Last frame of a file, or when the live capture ended.
    pub ended: Mono,
    /// Devices; frames refer to them by index.
    pub devices: Vec<CaptureDevice>,
    /// Frames read.
    pub received_count: u64,
    /// Frames that were lost before they could be read; `None` when the input does not say.
    pub lost_count: Option<u64>,
    /// Frames of which too little was captured, or that are malformed or of an unknown link type.
    pub undecoded_count: u64,
    /// One handshake in so many was followed, chosen by its ends; 1 for all.
    pub sampled_one_in: u32,
    /// The file ends in the middle of a packet or is damaged: what came after is not known.
    pub truncated: bool,
    /// Handshakes in order of flow, then time: those that did not complete, and a sample of those
    /// that did.
    pub handshakes: Vec<Handshake>,
    /// Handshakes that are counted in `services` and not in `handshakes`.
    pub omitted_handshake_count: u64,
    /// Handshakes by the end that the SYN went to, in order. Those to more than 4,096 ends are
    /// counted under the unspecified IPv6 address and port 0.
    pub services: Vec<Service>,
    /// Where the capture was taken, by address of the server; in order.
    pub vantages: Vec<Vantage>,
    /// Who claimed which address, in order of time.
    pub claims: Vec<AddressClaim>,
    /// Who asked for which address, in order of time.
    pub questions: Vec<AddressQuestion>,
    /// Claims and questions that are not kept: there were too many.
    pub omitted_claim_count: u64,
}

impl Capture {
    /// The device a frame was seen at.
    pub fn device(&self, frame: &HandshakeFrame) -> Option<&CaptureDevice> {
        self.devices.get(usize::try_from(frame.device).ok()?)
    }

    /// Where the capture was taken, seen from the connections of this server address.
    pub fn place(&self, server: IpAddr) -> Place {
        let found = self.vantages.iter().find(|vantage| vantage.server == server);
        found.map_or(Place::Unknown, |vantage| vantage.place)
    }

    /// Handshakes with this outcome, those that are not kept included.
    pub fn count(&self, outcome: Outcome) -> u64 {
        self.services.iter().map(|service| service.count(outcome)).sum()
    }
}

/// Where frames came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum CaptureOrigin {
    /// AF_PACKET on this host.
    Live,
    /// A pcap or pcapng file.
    File,
    /// What a tool printed of frames. A TTL or window of 0 is not known; neither are the sequence
    /// numbers of segments without data, which are those that were due. Without dates points in time
    /// are nanoseconds since midnight or since the first frame, and `started_at` is 0.
    Printed {
        /// It has times. Without, points in time only tell the order.
        timed: bool,
    },
}

/// A device, or an interface of a capture file.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct CaptureDevice {
    /// Name; classic pcap has none, and pcapng need not.
    pub name: Option<Foreign>,
    /// Index on the host that took the capture; live, and in cooked captures of version 2.
    pub ifindex: Option<u32>,
    /// Link type.
    pub link: LinkType,
    /// Own link-layer address: live, and in pcapng files that say so (`if_MACaddr`).
    pub mac: Option<Mac>,
    /// Frames that the device's capture lost; `None` when the input does not say.
    pub lost_count: Option<u64>,
}

/// Link-layer header of frames. LINKTYPE_* of the tcpdump group.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum LinkType {
    /// 1
    Ethernet,
    /// 113: Linux cooked capture of version 1 (`any`).
    CookedV1,
    /// 276: Linux cooked capture of version 2.
    CookedV2,
    /// 101 and the numbers that systems use for it; 228 and 229: IP without a link-layer header.
    RawIp,
    /// 0 and 108: BSD loopback.
    Loopback,
    /// Any other number; its frames are not decoded.
    Other(u32),
}

impl LinkType {
    /// For people.
    pub fn name(self) -> &'static str {
        match self {
            Self::Ethernet => "Ethernet",
            Self::CookedV1 => "Linux cooked v1",
            Self::CookedV2 => "Linux cooked v2",
            Self::RawIp => "raw IP",
            Self::Loopback => "loopback",
            Self::Other(_) => "unknown",
        }
    }

    /// True when a frame of it carries the link-layer address that it was sent to.
    pub fn has_destination(self) -> bool {
        matches!(self, Self::Ethernet)
    }
}

/// Handshakes to one address and port, counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Service {
    /// The end that the SYN went to.
    pub local: Endpoint,
    /// Way of the first SYN to it: `Out` means that the host that took the capture is a client.
    pub direction: FrameDirection,
    /// [`Outcome::Completed`].
    pub completed_count: u64,
    /// Completed ones in which a SYN or a SYN-ACK was sent more than once.
    pub late_completed_count: u64,
    /// [`Outcome::AckMissing`].
    pub ack_missing_count: u64,
    /// [`Outcome::AckIgnored`].
    pub ack_ignored_count: u64,
    /// [`Outcome::Refused`].
    pub refused_count: u64,
    /// [`Outcome::Unanswered`].
    pub unanswered_count: u64,
    /// [`Outcome::ReplyUnseen`].
    pub reply_unseen_count: u64,
    /// [`Outcome::TooEarly`].
    pub too_early_count: u64,
}

impl Service {
    /// A service without handshakes.
    pub fn new(local: Endpoint, direction: FrameDirection) -> Self {
        Self {
            local,
            direction,
            completed_count: 0,
            late_completed_count: 0,
            ack_missing_count: 0,
            ack_ignored_count: 0,
            refused_count: 0,
            unanswered_count: 0,
            reply_unseen_count: 0,
            too_early_count: 0,
        }
    }

    /// Handshakes with this outcome.
    pub fn count(&self, outcome: Outcome) -> u64 {
        match outcome {
            Outcome::Completed => self.completed_count,
            Outcome::AckMissing => self.ack_missing_count,
            Outcome::AckIgnored => self.ack_ignored_count,
            Outcome::Refused => self.refused_count,
            Outcome::Unanswered => self.unanswered_count,
            Outcome::ReplyUnseen => self.reply_unseen_count,
            Outcome::TooEarly => self.too_early_count,
        }
    }

    /// All handshakes.
    pub fn handshake_count(&self) -> u64 {
        let outcomes = [
            Outcome::Completed,
            Outcome::AckMissing,
            Outcome::AckIgnored,
            Outcome::Refused,
            Outcome::Unanswered,
            Outcome::ReplyUnseen,
            Outcome::TooEarly,
        ];
        outcomes.into_iter().map(|outcome| self.count(outcome)).sum()
    }
}
