//! Numbers of the wire, and the checksum of ICMPv6.

use std::net::Ipv6Addr;

/// Ethernet types.
pub(super) const ARP: u16 = 0x0806;
pub(super) const IPV6: u16 = 0x86dd;

/// Octets of an Ethernet header, and of an IPv6 header without extensions.
pub(super) const ETHERNET_LEN: usize = 14;
pub(super) const IPV6_LEN: usize = 40;

/// ARP for IPv4 over Ethernet: ARPHRD_ETHER, ETH_P_IP, six and four octets.
pub(super) const ARP_SHAPE: [u8; 6] = [0, 1, 8, 0, 6, 4];

/// Operations of ARP.
pub(super) const ARP_REQUEST: u16 = 1;
pub(super) const ARP_REPLY: u16 = 2;

/// Protocol number of ICMPv6.
pub(super) const ICMPV6: u8 = 58;

/// Hop limit of neighbour discovery: what has less came from beyond a router.
pub(super) const HOP_LIMIT: u8 = 255;

/// Types of ICMPv6, and of the options of neighbour discovery.
pub(super) const SOLICITATION: u8 = 135;
pub(super) const ADVERTISEMENT: u8 = 136;
pub(super) const SOURCE_OPTION: u8 = 1;
pub(super) const TARGET_OPTION: u8 = 2;

/// The Internet checksum over an ICMPv6 message and its pseudo-header (RFC 4443, section 2.3). Over a
/// message that has its checksum in it, 0.
pub(super) fn checksum(source: Ipv6Addr, destination: Ipv6Addr, message: &[u8]) -> u16 {
    let words = |octets: &[u8]| -> u64 {
        let word = |pair: &[u8]| {
            let low = pair.get(1).copied().unwrap_or(0);
            u64::from(u16::from_be_bytes([pair[0], low]))
        };
        octets.chunks(2).map(word).sum()
    };
    let mut sum = words(&source.octets()) + words(&destination.octets()) + words(message);
    sum += message.len() as u64 + u64::from(ICMPV6);
    while sum > 0xffff {
        sum = (sum & 0xffff) + (sum >> 16);
    }
    !u16::try_from(sum).unwrap_or(u16::MAX)
}
