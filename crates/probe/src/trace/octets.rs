//! Fields and checksums of packets.

use std::net::IpAddr;

/// Two octets in network order.
pub(super) fn u16_at(octets: &[u8], at: usize) -> Option<u16> {
    octets.get(at..)?.first_chunk().map(|octets| u16::from_be_bytes(*octets))
}

/// Four octets in network order.
pub(super) fn u32_at(octets: &[u8], at: usize) -> Option<u32> {
    octets.get(at..)?.first_chunk().map(|octets| u32::from_be_bytes(*octets))
}

/// What follows the IPv4 header, which raw sockets give along.
pub(super) fn behind_ipv4(packet: &[u8]) -> Option<&[u8]> {
    let header = usize::from(packet.first()? & 0x0f) * 4;
    packet.get(header.max(20)..)
}

/// The sum of RFC 1071 over parts of even length, before it is turned over.
fn sum(octets: &[u8]) -> u32 {
    let pairs = octets.chunks(2);
    pairs.map(|pair| u32::from(pair[0]) << 8 | u32::from(*pair.get(1).unwrap_or(&0))).sum()
}

fn folded(mut sum: u32) -> u16 {
    while sum > 0xffff {
        sum = (sum & 0xffff) + (sum >> 16);
    }
    !u16::try_from(sum).unwrap_or(0)
}

/// The Internet checksum of RFC 1071.
pub(super) fn checksum(octets: &[u8]) -> u16 {
    folded(sum(octets))
}

/// The checksum of a TCP segment with its pseudo header.
pub(super) fn tcp_checksum(source: IpAddr, target: IpAddr, segment: &[u8]) -> u16 {
    let of = |ip: IpAddr| match ip {
        IpAddr::V4(ip) => sum(&ip.octets()),
        IpAddr::V6(ip) => sum(&ip.octets()),
    };
    let len = u32::try_from(segment.len()).unwrap_or(u32::MAX);
    let tcp = libc::IPPROTO_TCP.unsigned_abs();
    folded(of(source) + of(target) + len + tcp + sum(segment))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_packet_with_its_checksum_sums_up_to_nothing() {
        // An echo request of ping(8).
        let mut request = vec![8, 0, 0, 0, 0x12, 0x34, 0, 1, 0xab, 0xcd, 0xef];
        let sum = checksum(&request);
        request[2..4].copy_from_slice(&sum.to_be_bytes());
        assert_eq!(checksum(&request), 0);
    }

    #[test]
    fn a_header_of_ipv4_says_how_long_it_is() {
        let mut packet = vec![0; 30];
        packet[0] = 0x46;
        assert_eq!(behind_ipv4(&packet).map(<[u8]>::len), Some(6));
        packet[0] = 0x4f;
        assert_eq!(behind_ipv4(&packet), None);
        packet[0] = 0x40;
        assert_eq!(behind_ipv4(&packet).map(<[u8]>::len), Some(10));
        assert_eq!(behind_ipv4(&[]), None);
    }

    #[test]
    fn fields_beyond_the_end_are_none() {
        assert_eq!(u16_at(&[1, 2, 3], 1), Some(0x0203));
        assert_eq!((u16_at(&[1, 2, 3], 2), u16_at(&[], 9), u32_at(&[0; 3], 0)), (None, None, None));
    }
}
