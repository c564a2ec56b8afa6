//! Handshakes as frames on the wire: who sent what when, by which device, with which addresses.

mod capture;
mod claim;
mod printed;
mod vantage;

pub use capture::{Capture, CaptureDevice, CaptureOrigin, LinkType, Service};
pub use claim::{AddressClaim, AddressQuestion, ClaimKind};
pub use printed::{PrintedFrame, PrintedPacket, PrintedSegment, is_stand_in, stand_in};
pub use vantage::{Clue, ClueKind, Place, Vantage};

use std::net::IpAddr;

use crate::{Flow, Mac, Mono};

/// One handshake: the frames of one client's attempt, from its first SYN on.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Handshake {
    /// The two ends; `local` is the server's, whoever took the capture.
    pub flow: Flow,
    /// What became of it.
    pub outcome: Outcome,
    /// What was seen of it, frames that are not kept included, copies of one packet counted once.
    pub counts: FrameCounts,
    /// The frames, in order of time: the first and the last ones, where there are too many.
    pub frames: Vec<HandshakeFrame>,
    /// Frames of it that are not in `frames`.
    pub omitted_count: u32,
}

impl Handshake {
    /// Frames of one kind from one end, copies of a packet left out.
    pub fn sent(&self, sender: End, kind: FrameKind) -> impl Iterator<Item = &HandshakeFrame> {
        self.frames.iter().filter(move |f| f.sender == sender && f.kind == kind && !f.copy)
    }

    /// SYNs of the client.
    pub fn syns(&self) -> impl Iterator<Item = &HandshakeFrame> {
        self.sent(End::Client, FrameKind::Syn)
    }

    /// SYN-ACKs of the server.
    pub fn synacks(&self) -> impl Iterator<Item = &HandshakeFrame> {
        self.sent(End::Server, FrameKind::SynAck)
    }

    /// ACKs of the client, with and without data, that acknowledge a SYN-ACK.
    pub fn acks(&self) -> impl Iterator<Item = &HandshakeFrame> {
        self.frames.iter().filter(|frame| {
            frame.sender == End::Client
                && !frame.copy
                && matches!(frame.kind, FrameKind::Ack | FrameKind::Data | FrameKind::Fin)
        })
    }

    /// True when the host that took the capture sent the SYN: it is the client here.
    pub fn is_outgoing(&self) -> bool {
        self.syns().next().is_some_and(|syn| syn.direction == FrameDirection::Out)
    }
}

/// What became of a handshake, as far as its frames tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum Outcome {
    /// The server went on with it: it sent data, acknowledged data or closed; or an ACK came and no
    /// SYN-ACK was sent again when it was due.
    Completed,
    /// SYN-ACKs, and no ACK was seen to answer the last one.
    AckMissing,
    /// An ACK was seen, and the server sent its SYN-ACK again after it, or left the data that came
    /// with it unanswered.
    AckIgnored,
    /// A reset or an ICMP error ended it.
    Refused,
    /// A SYN, and no SYN-ACK was seen.
    Unanswered,
    /// The client acknowledged a SYN-ACK that was not seen here: it took another way.
    ReplyUnseen,
    /// The capture ends too soon after it to say.
    TooEarly,
}

impl Outcome {
    /// The word in reports and JSON.
    pub fn name(self) -> &'static str {
        match self {
            Self::Completed => "completed",
            Self::AckMissing => "ack-missing",
            Self::AckIgnored => "ack-ignored",
            Self::Refused => "refused",
            Self::Unanswered => "unanswered",
            Self::ReplyUnseen => "reply-unseen",
            Self::TooEarly => "too-early",
        }
    }

    /// True when the server has a request that stays in SYN_RECV.
    pub fn is_stuck(self) -> bool {
        matches!(self, Self::AckMissing | Self::AckIgnored)
    }
}

/// Frames of one handshake, counted. A packet that was seen at several devices counts once.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct FrameCounts {
    /// SYNs of the client.
    pub syn_count: u32,
    /// SYN-ACKs of the server.
    pub synack_count: u32,
    /// SYN-ACKs that came within 100 ms of a repeated SYN: its answers.
    pub synack_answer_count: u32,
    /// Segments of the client that acknowledge a SYN-ACK, with and without data.
    pub ack_count: u32,
    /// Those of them that report the SYN-ACK as a duplicate (D-SACK).
    pub dsack_count: u32,
    /// Those of them with data.
    pub data_count: u32,
    /// Resets, of either end.
    pub rst_count: u32,
    /// ICMP errors about a segment of it.
    pub icmp_count: u32,
    /// Frames that showed a packet once more: at another device, or behind a router.
    pub copy_count: u32,
}

/// One end of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum End {
    /// The one that the SYN was sent to.
    Server,
    /// The one that sent the SYN.
    Client,
}

/// What a segment does in a handshake.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum FrameKind {
    /// SYN without ACK.
    Syn,
    /// SYN with ACK.
    SynAck,
    /// ACK without data.
    Ack,
    /// Data.
    Data,
    /// FIN, with and without data.
    Fin,
    /// Reset.
    Rst,
    /// An ICMP error that quotes a segment of the handshake; `sender` is the end whose segment it
    /// quotes, and `seq` that segment's.
    Icmp {
        /// Type, of ICMP or ICMPv6 as the flow is.
        icmp_type: u8,
        /// Code.
        code: u8,
        /// Who reports it.
        from: IpAddr,
    },
}

impl FrameKind {
    /// The word in reports and JSON.
    pub fn name(self) -> &'static str {
        match self {
            Self::Syn => "syn",
            Self::SynAck => "syn-ack",
            Self::Ack => "ack",
            Self::Data => "data",
            Self::Fin => "fin",
            Self::Rst => "rst",
            Self::Icmp { .. } => "icmp",
        }
    }
}

/// The way of a frame, seen from the host that took the capture. `sll_pkttype`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum FrameDirection {
    /// To this host: PACKET_HOST, PACKET_BROADCAST, PACKET_MULTICAST.
    In,
    /// From this host: PACKET_OUTGOING.
    Out,
    /// To the link-layer address of somebody else: PACKET_OTHERHOST.
    OtherHost,
    /// The capture does not say.
    Unknown,
}

/// State of the TCP checksum.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum Checksum {
    /// It fits.
    Good,
    /// It does not fit.
    Bad,
    /// Left to the device of the sender (CHECKSUM_PARTIAL): the capture saw the frame before it.
    /// The field holds the sum of the pseudo header, or the kernel said so.
    Unfinished,
    /// Not enough of the segment was captured to say, or it is a fragment.
    Unverified,
}

/// Whether a short frame was filled up to the least length of Ethernet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum Padding {
    /// It is long enough without, or there is no telling.
    NotNeeded,
    /// There are octets behind the packet: the frame came by wire.
    Padded,
    /// There are none: the capture saw the frame before a device sent it.
    Missing,
}

/// One frame of a handshake, headers only.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct HandshakeFrame {
    /// When it was captured.
    pub at: Mono,
    /// What it does.
    pub kind: FrameKind,
    /// The end that sent it.
    pub sender: End,
    /// Its way, seen from the host that took the capture.
    pub direction: FrameDirection,
    /// The packet was seen before, at another device, hop or mirror port.
    pub copy: bool,
    /// Device it was seen at, an index into `Capture::devices`.
    pub device: u32,
    /// Link-layer source; `None` where the link has none.
    pub src_mac: Option<Mac>,
    /// Link-layer destination; `None` where the link has none, and in cooked captures (`any`).
    pub dst_mac: Option<Mac>,
    /// VLAN identifiers, outermost first; empty for an untagged frame.
    pub vlans: Vec<u16>,
    /// TTL or hop limit; 0, which no router lets through, in a capture that was printed without it.
    pub ttl: u8,
    /// Sequence number, as on the wire.
    pub seq: u32,
    /// Acknowledgement number, as on the wire; 0 without the ACK flag.
    pub ack: u32,
    /// Flags: the low octet of the TCP header's (FIN is 1, SYN 2, RST 4, PSH 8, ACK 16).
    pub flags: u8,
    /// Window, not scaled.
    pub window: u16,
    /// Options.
    pub options: TcpOptions,
    /// Octets of data, by the IP header.
    pub payload_len: u32,
    /// State of the checksum.
    pub checksum: Checksum,
    /// Whether it was filled up.
    pub padding: Padding,
    /// Octets on the wire, link-layer header included.
    pub frame_len: u32,
    /// Octets of it that were captured.
    pub captured_len: u32,
}

impl HandshakeFrame {
    /// TTL or hop limit; `None` where the capture was printed without it.
    pub fn ttl_seen(&self) -> Option<u8> {
        (self.ttl != 0).then_some(self.ttl)
    }
}

/// Options of a segment that matter to a handshake.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct TcpOptions {
    /// Maximum segment size.
    pub mss: Option<u16>,
    /// Window scale.
    pub window_scale: Option<u8>,
    /// SACK permitted.
    pub sack_permitted: bool,
    /// Timestamps.
    pub timestamps: Option<TcpTimestamps>,
    /// The first SACK block when it lies below the acknowledgement number (RFC 2883): the segment
    /// was received before.
    pub dsack: Option<(u32, u32)>,
    /// TCP-MD5 signature (the digest is not read).
    pub md5: bool,
    /// TCP authentication option.
    pub ao: bool,
    /// Fast Open cookie, or the request for one.
    pub fast_open: bool,
    /// Multipath TCP.
    pub mptcp: bool,
    /// The options were cut by the snapshot length or are malformed: absence proves nothing.
    pub incomplete: bool,
}

/// The timestamps option.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct TcpTimestamps {
    /// TSval.
    pub value: u32,
    /// TSecr.
    pub echo: u32,
}
