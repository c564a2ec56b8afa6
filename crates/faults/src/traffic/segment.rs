//! TCP segments as bytes: what crafted peers send and what they read of the answers.

use std::net::{IpAddr, SocketAddr};

use super::md5;

/// TCP flags of a segment, as in byte 13 of the header (RFC 9293).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Flags(pub u8);

impl Flags {
    /// No more data from the sender.
    pub const FIN: Self = Self(0x01);
    /// Synchronise sequence numbers.
    pub const SYN: Self = Self(0x02);
    /// Reset the connection.
    pub const RST: Self = Self(0x04);
    /// The data is for the application at once.
    pub const PSH: Self = Self(0x08);
    /// The acknowledgement number counts.
    pub const ACK: Self = Self(0x10);

    /// Whether all flags of `other` are set.
    pub fn has(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }
}

impl std::ops::BitOr for Flags {
    type Output = Self;

    fn bitor(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

/// One TCP segment with the addresses of its packet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Segment {
    /// Source address and port.
    pub source: SocketAddr,
    /// Destination address and port; of the same family.
    pub destination: SocketAddr,
    /// Sequence number.
    pub sequence: u32,
    /// Acknowledgement number; counts with [`Flags::ACK`].
    pub acknowledgement: u32,
    /// Flags.
    pub flags: Flags,
    /// Receive window, unscaled.
    pub window: u16,
    /// TCP options, already encoded; padded to a multiple of 4 bytes (at most 40) when sent.
    pub options: Vec<u8>,
    /// Data.
    pub payload: Vec<u8>,
    /// Time to live, or hop limit.
    pub ttl: u8,
    /// Whether it is sent with a wrong TCP checksum; always false in what is read.
    pub damaged: bool,
}

/// Protocol number of TCP, the same in both families.
const TCP: u8 = 6;
const TCP_HEADER: usize = 20;
const MOST_OPTIONS: usize = 40;

impl Segment {
    /// A segment without options and data, TTL 64, window 64240.
    pub fn new(source: SocketAddr, destination: SocketAddr, flags: Flags) -> Self {
        Self {
            source,
            destination,
            sequence: 0,
            acknowledgement: 0,
            flags,
            window: 64240,
            options: Vec::new(),
            payload: Vec::new(),
            ttl: 64,
            damaged: false,
        }
    }

    /// The same, signed with a key in its options (RFC 2385). Only of IPv4.
    #[must_use]
    pub fn signed(mut self, key: &[u8]) -> Self {
        const NO_OPERATION: u8 = 1;
        const SIGNATURE: [u8; 2] = [19, 18];
        self.options.extend([NO_OPERATION; 2]);
        self.options.extend(SIGNATURE);
        self.options.extend([0; 16]);
        let (IpAddr::V4(source), IpAddr::V4(destination)) =
            (self.source.ip(), self.destination.ip())
        else {
            return self;
        };
        let tcp = self.tcp_bytes();
        let mut signed = [source.octets(), destination.octets()].concat();
        signed.extend([0, TCP]);
        signed.extend(u16::try_from(tcp.len()).unwrap_or_default().to_be_bytes());
        signed.extend(&tcp[..TCP_HEADER]);
        signed.extend(&self.payload);
        signed.extend(key);
        let at = self.options.len() - 16;
        self.options[at..].copy_from_slice(&md5::digest(&signed));
        self
    }

    /// The packet with its IP header and checksums. `None` when the families differ.
    pub fn encode(&self) -> Option<Vec<u8>> {
        let tcp = self.tcp_bytes();
        let length = u16::try_from(tcp.len()).ok()?;
        let (header, pseudo) = match (self.source.ip(), self.destination.ip()) {
            (IpAddr::V4(source), IpAddr::V4(destination)) => {
                let total = length.checked_add(20)?;
                let mut header = vec![0x45, 0];
                header.extend(total.to_be_bytes());
                // Identification 0 with don't-fragment; checksum follows.
                header.extend([0, 0, 0x40, 0, self.ttl, TCP, 0, 0]);
                header.extend(source.octets());
                header.extend(destination.octets());
                let checksum = checksum(&[&header]);
                header[10..12].copy_from_slice(&checksum.to_be_bytes());
                let mut pseudo = [source.octets(), destination.octets()].concat();
                pseudo.extend([0, TCP]);
                pseudo.extend(length.to_be_bytes());
                (header, pseudo)
            }
            (IpAddr::V6(source), IpAddr::V6(destination)) => {
                let mut header = vec![0x60, 0, 0, 0];
                header.extend(length.to_be_bytes());
                header.extend([TCP, self.ttl]);
                header.extend(source.octets());
                header.extend(destination.octets());
                let mut pseudo = [source.octets(), destination.octets()].concat();
                pseudo.extend(u32::from(length).to_be_bytes());
                pseudo.extend([0, 0, 0, TCP]);
                (header, pseudo)
            }
            _ => return None,
        };
        let mut checksum = checksum(&[&pseudo, &tcp]);
        if self.damaged {
            checksum ^= 0x5555;
        }
        let mut packet = header;
        packet.extend(&tcp);
        let at = packet.len() - tcp.len() + 16;
        packet[at..at + 2].copy_from_slice(&checksum.to_be_bytes());
        Some(packet)
    }

    fn tcp_bytes(&self) -> Vec<u8> {
        let mut options = self.options.clone();
        options.resize(options.len().next_multiple_of(4).min(MOST_OPTIONS), 0);
        let words = u8::try_from((TCP_HEADER + options.len()) / 4).unwrap_or(5);
        let mut tcp = Vec::with_capacity(TCP_HEADER + options.len() + self.payload.len());
        tcp.extend(self.source.port().to_be_bytes());
        tcp.extend(self.destination.port().to_be_bytes());
        tcp.extend(self.sequence.to_be_bytes());
        tcp.extend(self.acknowledgement.to_be_bytes());
        tcp.extend([words << 4, self.flags.0]);
        tcp.extend(self.window.to_be_bytes());
        tcp.extend([0; 4]);
        tcp.extend(options);
        tcp.extend(&self.payload);
        tcp
    }

    /// Reads a packet that starts with its IP header. `None` for anything but an unfragmented TCP
    /// segment (IPv6: without extension headers). Checksums are not verified: on a veth they are
    /// often not filled in yet.
    pub fn decode(packet: &[u8]) -> Option<Self> {
        let (source, destination, ttl, tcp) = match packet.first()? >> 4 {
            4 => {
                let header = usize::from(packet[0] & 0x0f) * 4;
                let total = usize::from(be16(packet, 2)?);
                let fragment = be16(packet, 6)? & 0x3fff;
                if header < 20 || *packet.get(9)? != TCP || fragment != 0 {
                    return None;
                }
                let source: [u8; 4] = packet.get(12..16)?.try_into().ok()?;
                let destination: [u8; 4] = packet.get(16..20)?.try_into().ok()?;
                let tcp = packet.get(header..total)?;
                (IpAddr::from(source), IpAddr::from(destination), *packet.get(8)?, tcp)
            }
            6 => {
                let length = usize::from(be16(packet, 4)?);
                if *packet.get(6)? != TCP {
                    return None;
                }
                let source: [u8; 16] = packet.get(8..24)?.try_into().ok()?;
                let destination: [u8; 16] = packet.get(24..40)?.try_into().ok()?;
                let tcp = packet.get(40..40 + length)?;
                (IpAddr::from(source), IpAddr::from(destination), *packet.get(7)?, tcp)
            }
            _ => return None,
        };
        let header = usize::from(tcp.get(12)? >> 4) * 4;
        Some(Self {
            source: SocketAddr::new(source, be16(tcp, 0)?),
            destination: SocketAddr::new(destination, be16(tcp, 2)?),
            sequence: be32(tcp, 4)?,
            acknowledgement: be32(tcp, 8)?,
            flags: Flags(*tcp.get(13)?),
            window: be16(tcp, 14)?,
            options: tcp.get(TCP_HEADER..header)?.to_vec(),
            payload: tcp.get(header..)?.to_vec(),
            ttl,
            damaged: false,
        })
    }

    /// The sequence number after this segment: its data, SYN and FIN count.
    pub fn next_sequence(&self) -> u32 {
        let flags = u32::from(self.flags.has(Flags::SYN)) + u32::from(self.flags.has(Flags::FIN));
        let data = u32::try_from(self.payload.len()).unwrap_or(0);
        self.sequence.wrapping_add(flags).wrapping_add(data)
    }
}

fn be16(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_be_bytes(bytes.get(at..at + 2)?.try_into().ok()?))
}

fn be32(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_be_bytes(bytes.get(at..at + 4)?.try_into().ok()?))
}

/// The Internet checksum (RFC 1071) over parts, each but the last of even length.
fn checksum(parts: &[&[u8]]) -> u16 {
    let mut sum = 0_u32;
    for pair in parts.iter().flat_map(|part| part.chunks(2)) {
        sum += u32::from(pair[0]) << 8 | u32::from(pair.get(1).copied().unwrap_or(0));
    }
    while sum > 0xffff {
        sum = (sum & 0xffff) + (sum >> 16);
    }
    !u16::try_from(sum).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn example(source: &str, destination: &str) -> Segment {
        let mut segment = Segment::new(
            source.parse().unwrap(),
            destination.parse().unwrap(),
            Flags::SYN | Flags::ACK,
        );
        segment.sequence = 0xffff_ffff;
        segment.acknowledgement = 7;
        segment.options = vec![2, 4, 5, 180];
        segment.payload = b"abc".to_vec();
        segment
    }

    #[test]
    fn a_segment_survives_the_wire_in_both_families() {
        for (source, destination) in
            [("192.0.2.7:40000", "198.51.100.1:80"), ("[2001:db8::7]:40000", "[2001:db8::1]:80")]
        {
            let segment = example(source, destination);
            let packet = segment.encode().unwrap();
            assert_eq!(Segment::decode(&packet).as_ref(), Some(&segment));
            assert_eq!(segment.next_sequence(), 3);
        }
    }

    #[test]
    fn checksums_add_up_to_zero() {
        let packet = example("192.0.2.7:40000", "198.51.100.1:80").encode().unwrap();
        assert_eq!(checksum(&[&packet[..20]]), 0);
        let length = u16::try_from(packet.len() - 20).unwrap().to_be_bytes();
        assert_eq!(checksum(&[&packet[12..20], &[0, TCP], &length, &packet[20..]]), 0);
    }

    #[test]
    fn damage_is_in_the_tcp_checksum_alone() {
        let segment = example("192.0.2.7:40000", "198.51.100.1:80");
        let right = segment.encode().unwrap();
        let damaged = Segment { damaged: true, ..segment }.encode().unwrap();
        let differ: Vec<usize> = (0..right.len()).filter(|at| right[*at] != damaged[*at]).collect();
        assert_eq!(differ, [36, 37]);
    }

    #[test]
    fn no_truncation_panics() {
        for addresses in
            [("192.0.2.7:40000", "198.51.100.1:80"), ("[2001:db8::7]:40000", "[2001:db8::1]:80")]
        {
            let packet = example(addresses.0, addresses.1).encode().unwrap();
            for length in 0..packet.len() {
                assert_eq!(Segment::decode(&packet[..length]), None);
            }
        }
    }

    #[test]
    fn families_do_not_mix() {
        assert_eq!(example("192.0.2.7:1", "[2001:db8::1]:80").encode(), None);
    }
}
