//! A frame as a tool printed it: what the tool leaves out is not known.

use std::net::IpAddr;

use super::{ClaimKind, FrameDirection, TcpOptions};
use crate::{Endpoint, Foreign, Mac};

/// One frame of a text capture (`tcpdump`, `tshark`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PrintedFrame {
    /// Line in the input, from 1.
    pub line: u32,
    /// Nanoseconds since an origin that all frames of one text share; `None` when no time is printed.
    pub at_ns: Option<u64>,
    /// Device it was seen at.
    pub device: Option<Foreign>,
    /// Its way, where printed (`In`, `Out`); else [`FrameDirection::Unknown`].
    pub direction: FrameDirection,
    /// Link-layer source.
    pub src_mac: Option<Mac>,
    /// Link-layer destination.
    pub dst_mac: Option<Mac>,
    /// VLAN identifiers, outermost first.
    pub vlans: Vec<u16>,
    /// TTL or hop limit.
    pub ttl: Option<u8>,
    /// Octets of the frame on the wire, link-layer header included.
    pub frame_len: Option<u32>,
    /// What it carries.
    pub packet: PrintedPacket,
}

/// What a printed frame carries.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PrintedPacket {
    /// A TCP segment.
    Tcp(PrintedSegment),
    /// An ARP or ND answer, or an unasked announcement.
    Claim {
        /// Which.
        kind: ClaimKind,
        /// Address that is claimed.
        address: IpAddr,
        /// By whom.
        mac: Option<Mac>,
    },
    /// An ARP or ND question.
    Question {
        /// Address asked for.
        address: IpAddr,
        /// Who asks.
        asker: Option<IpAddr>,
    },
    /// An ICMP error about a segment.
    Error {
        /// Type, of ICMP or ICMPv6 as the addresses are.
        icmp_type: u8,
        /// Code.
        code: u8,
        /// Who reports it.
        from: IpAddr,
        /// Source of the quoted segment; the port is 0 where not printed.
        src: Endpoint,
        /// Destination of the quoted segment.
        dst: Endpoint,
    },
}

/// A TCP segment as printed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PrintedSegment {
    /// Source.
    pub src: Endpoint,
    /// Destination.
    pub dst: Endpoint,
    /// Flags: the low octet of the TCP header's (FIN is 1, SYN 2, RST 4, PSH 8, ACK 16).
    pub flags: u8,
    /// Sequence number; tcpdump leaves it out of segments without data.
    pub seq: Option<u32>,
    /// Acknowledgement number.
    pub ack: Option<u32>,
    /// Both numbers count from the start of the connection, as far as the tool saw it.
    pub relative: bool,
    /// Octets of data.
    pub payload_len: Option<u32>,
    /// Window, not scaled.
    pub window: Option<u16>,
    /// Options. `incomplete` when the tool does not print them.
    pub options: TcpOptions,
    /// The tool found the checksum wrong.
    pub bad_checksum: bool,
}
