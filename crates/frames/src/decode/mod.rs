//! Takes a frame apart, header by header, and stops where nothing matters to a handshake.
//!
//! By hand: the fixed fields of a handshake are a dozen offsets, and most frames of a capture are
//! dropped after four of them. Nothing here allocates or can panic.

mod arp;
mod checksum;
mod icmp;
mod ip;
mod link;
mod nd;
mod tcp;

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use synrecv_model::{ClaimKind, FrameDirection, LinkType, Mac, canonical_ip};

use crate::RawFrame;

pub(crate) use ip::Ip;
pub(crate) use link::{Envelope, Vlans};
pub(crate) use tcp::{Segment, after};

/// An IP address as 16 octets, IPv4 mapped.
pub(crate) type Address = [u8; 16];

/// One end of a segment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Node {
    pub(crate) ip: Address,
    pub(crate) port: u16,
}

/// What a frame turned out to be.
#[derive(Debug)]
pub(crate) enum Packet<'a> {
    /// A TCP segment.
    Segment(Ip<'a>, Segment<'a>),
    /// An ICMP error that quotes a TCP segment.
    Error(Ip<'a>, Quote),
    /// ARP or ND.
    Resolution(Resolution),
    /// Nothing that matters to a handshake.
    Other,
    /// Too little of it was captured, or it is malformed.
    Undecoded,
}

/// An ICMP error and the segment that it is about.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Quote {
    pub(crate) icmp_type: u8,
    pub(crate) code: u8,
    pub(crate) src: Node,
    pub(crate) dst: Node,
    pub(crate) seq: u32,
}

/// What a frame of ARP or ND says and asks.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Resolution {
    pub(crate) claim: Option<Claim>,
    pub(crate) question: Option<Question>,
    /// Octets of the packet, link-layer header and padding left out.
    pub(crate) len: u32,
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct Claim {
    pub(crate) kind: ClaimKind,
    pub(crate) address: IpAddr,
    pub(crate) mac: Option<Mac>,
    pub(crate) answers: Option<IpAddr>,
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct Question {
    pub(crate) address: IpAddr,
    pub(crate) asker: Option<IpAddr>,
    pub(crate) mac: Option<Mac>,
}

/// Takes a frame apart; `None` when not even its link-layer header is there.
pub(crate) fn decode<'a>(frame: &RawFrame<'a>) -> Option<(Envelope, Packet<'a>)> {
    let (envelope, ethertype, payload) = link::open(frame)?;
    let packet = match ethertype {
        link::IPV4 => network(Ip::v4(payload)),
        link::IPV6 => network(Ip::v6(payload)),
        link::ARP => arp::decode(payload).map_or(Packet::Undecoded, Packet::Resolution),
        _ => Packet::Other,
    };
    Some((envelope, packet))
}

/// The fields of a segment that are looked at before all others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Sighting {
    pub(crate) src: Node,
    pub(crate) dst: Node,
    pub(crate) seq: u32,
    pub(crate) ack: u32,
    /// A SYN or a SYN-ACK.
    pub(crate) is_syn: bool,
    pub(crate) has_ack: bool,
    pub(crate) direction: FrameDirection,
}

/// What decides whether a frame matters.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Glance {
    /// A TCP segment.
    Segment(Sighting),
    /// Nothing that matters to a handshake.
    Other,
    /// To be taken apart in any case.
    Unclear,
}

/// Looks at a frame as far as it takes to drop it: as [`decode`], without what is kept of it.
#[inline]
pub(crate) fn glance(frame: &RawFrame<'_>) -> Glance {
    plain(frame).map_or_else(|| any(frame), Glance::Segment)
}

/// What most frames are: a TCP segment in an IPv4 packet without options, whole, in an Ethernet frame
/// without tags. All of its fields have fixed places.
#[inline]
fn plain(frame: &RawFrame<'_>) -> Option<Sighting> {
    const TCP_AT: usize = 34;
    let bytes: &[u8; 54] = frame.bytes.first_chunk()?;
    let word = |at: usize| u16::from_be_bytes([bytes[at], bytes[at + 1]]);
    let long =
        |at: usize| u32::from_be_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]]);
    let header_len = u16::from(bytes[TCP_AT + 12] >> 4) * 4;
    let is_plain = frame.link == LinkType::Ethernet
        && word(12) == link::IPV4
        && bytes[14] == 0x45
        && bytes[23] == ip::TCP
        // Neither more fragments nor an offset.
        && word(20) << 2 == 0
        && header_len >= 20
        && word(16) >= 20 + header_len;
    if !is_plain {
        return None;
    }
    let node = |ip: usize, port: u16| Node {
        ip: mapped([bytes[ip], bytes[ip + 1], bytes[ip + 2], bytes[ip + 3]]),
        port,
    };
    Some(Sighting::new(
        (node(26, word(TCP_AT)), node(30, word(TCP_AT + 2))),
        (long(TCP_AT + 4), long(TCP_AT + 8)),
        bytes[TCP_AT + 13],
        frame.direction.unwrap_or(FrameDirection::Unknown),
    ))
}

fn any(frame: &RawFrame<'_>) -> Glance {
    let Some((envelope, ethertype, payload)) = link::open(frame) else { return Glance::Unclear };
    let ip = match ethertype {
        link::IPV4 => Ip::v4(payload),
        link::IPV6 => Ip::v6(payload),
        link::ARP => None,
        _ => return Glance::Other,
    };
    let Some(ip) = ip else { return Glance::Unclear };
    match ip.protocol {
        _ if !ip.is_first() => Glance::Other,
        ip::TCP => match Segment::decode(&ip) {
            Some(segment) => Glance::Segment(segment.sighting(envelope.direction)),
            None => Glance::Unclear,
        },
        ip::ICMP | ip::ICMPV6 => Glance::Unclear,
        _ => Glance::Other,
    }
}

fn network(ip: Option<Ip<'_>>) -> Packet<'_> {
    let Some(ip) = ip else { return Packet::Undecoded };
    if !ip.is_first() {
        return Packet::Other;
    }
    match ip.protocol {
        ip::TCP => match Segment::decode(&ip) {
            Some(segment) => Packet::Segment(ip, segment),
            None => Packet::Undecoded,
        },
        ip::ICMP if ip.is_v4 => error(ip, icmp::quote_v4),
        ip::ICMPV6 if !ip.is_v4 => match nd::decode(&ip) {
            Some(resolution) => Packet::Resolution(resolution),
            None => error(ip, icmp::quote_v6),
        },
        _ => Packet::Other,
    }
}

/// An ICMP message that quotes no TCP segment is nothing of interest, whatever else it is.
fn error(ip: Ip<'_>, quote: fn(&[u8]) -> Option<Quote>) -> Packet<'_> {
    quote(ip.payload).map_or(Packet::Other, |quote| Packet::Error(ip, quote))
}

/// Sixteen octets of an IPv4 address.
pub(crate) fn mapped(v4: [u8; 4]) -> Address {
    let [a, b, c, d] = v4;
    [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, a, b, c, d]
}

/// An address of a noun.
pub(crate) fn ip_addr(address: Address) -> IpAddr {
    canonical_ip(IpAddr::V6(Ipv6Addr::from(address)))
}

fn be16(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_be_bytes(*bytes.get(at..)?.first_chunk()?))
}

fn be32(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_be_bytes(*bytes.get(at..)?.first_chunk()?))
}

fn mac_at(bytes: &[u8], at: usize) -> Option<Mac> {
    Some(Mac(*bytes.get(at..)?.first_chunk()?))
}

fn v4_at(bytes: &[u8], at: usize) -> Option<Ipv4Addr> {
    Some(Ipv4Addr::from(*bytes.get(at..)?.first_chunk::<4>()?))
}

fn v6_at(bytes: &[u8], at: usize) -> Option<Ipv6Addr> {
    Some(Ipv6Addr::from(*bytes.get(at..)?.first_chunk::<16>()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The short way says what the long one does, or nothing.
    #[test]
    fn both_ways_to_look_agree() {
        // A SYN with a window scale: Ethernet, IPv4, TCP with 24 octets of header.
        let mut syn = [0_u8; 60];
        syn[12] = 8;
        syn[14..18].copy_from_slice(&[0x45, 0, 0, 44]);
        syn[22..24].copy_from_slice(&[64, 6]);
        syn[26..34].copy_from_slice(&[10, 0, 0, 1, 10, 0, 0, 2]);
        syn[34..38].copy_from_slice(&[0x9c, 0x40, 0, 80]);
        syn[46..48].copy_from_slice(&[0x60, 0x02]);
        syn[54..58].copy_from_slice(&[1, 3, 3, 7]);
        let mut shorter = 0;
        for at in 0..syn.len() {
            for value in 0..=255_u8 {
                let mut bytes = syn;
                bytes[at] = value;
                for len in [20, 47, 48, 53, 54, 58, 60] {
                    let frame = RawFrame {
                        at: synrecv_model::Mono(0),
                        link: LinkType::Ethernet,
                        device: 0,
                        direction: None,
                        vlan: None,
                        bytes: &bytes[..len],
                        original_len: 60,
                        checksum_not_ready: false,
                    };
                    if let Some(seen) = plain(&frame) {
                        let Glance::Segment(expected) = any(&frame) else { panic!("{at} {value}") };
                        assert_eq!(seen, expected, "octet {at} is {value}");
                        shorter += 1;
                    }
                }
            }
        }
        assert!(shorter > 10_000);
    }
}
