//! A frame as a tool printed it: what the tool leaves out is not known.

use std::net::IpAddr;

use super::{Checksum, ClaimKind, FrameDirection, TcpOptions};
use crate::{Endpoint, Family, Foreign, Mac};

/// One frame of a text capture (`tcpdump`, `tshark`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PrintedFrame {
    /// Line in the input, from 1.
    pub line: u32,
    /// Nanoseconds since an origin that all frames of one text share; `None` when no time is printed.
    /// The origin is 1970 where the text has dates or seconds since then, midnight where it has times
    /// of day, else its first frame.
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
    /// State of the checksum. Tools call it wrong too when it is not finished yet.
    pub checksum: Checksum,
    /// The tool says that it begins another connection between ends that had one.
    pub renews: bool,
}

/// An address in the place of one that a text does not show: of a host whose name or placeholder is
/// there, and its address is not. The same name has the same address, and no host has it: it lies in
/// 240.0.0.0/4 (reserved), or in 100::/64 (RFC 6666, discarded).
pub fn stand_in(name: &str, family: Family) -> IpAddr {
    // FNV-1a, in lower case: a stable number is all that is wanted.
    let hash = name.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, octet| {
        (hash ^ u64::from(octet.to_ascii_lowercase())).wrapping_mul(0x0100_0000_01b3)
    });
    let [a, b, c, d, e, f, g, h] = hash.to_be_bytes();
    match family {
        // 255 is left out: it holds the broadcast address.
        Family::V4 => IpAddr::from([240 + a % 15, b ^ f, c ^ g, d ^ h]),
        Family::V6 => IpAddr::from([1, 0, 0, 0, 0, 0, 0, 0, a, b, c, d, e, f, g, h]),
    }
}

/// True for an address of [`stand_in`].
pub fn is_stand_in(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(v4) => (240..255).contains(&v4.octets()[0]),
        IpAddr::V6(v6) => v6.segments()[..4] == [0x100, 0, 0, 0],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_has_an_address_of_its_own() {
        for family in [Family::V4, Family::V6] {
            let server = stand_in("IP_SERVER", family);
            assert_eq!(server, stand_in("ip_server", family));
            assert_ne!(server, stand_in("IP_SOURCE", family));
            assert!(is_stand_in(server) && Family::of(server) == family);
        }
        assert!(!is_stand_in("255.255.255.255".parse().unwrap()));
    }
}
