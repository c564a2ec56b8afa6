//! The frames in a block of the ring, as the kernel describes them.

use synrecv_model::{FrameDirection, LinkType, Mono};

use crate::RawFrame;

/// Offsets in `struct tpacket_block_desc`, behind two words.
const FRAME_COUNT: usize = 12;
const FIRST_FRAME: usize = 16;
const BLOCK_LEN: usize = 20;

/// Offsets in `struct tpacket3_hdr`.
const NEXT: usize = 0;
const SECONDS: usize = 4;
const NANOSECONDS: usize = 8;
const CAPTURED: usize = 12;
const ORIGINAL: usize = 16;
const STATUS: usize = 20;
const LINK_HEADER: usize = 24;
const NETWORK_HEADER: usize = 26;
const TCI: usize = 32;

/// Where `struct sockaddr_ll` is, from the start of the frame, and offsets in it.
const ADDRESS: usize = 48;
const PROTOCOL: usize = ADDRESS + 2;
const IFINDEX: usize = ADDRESS + 4;
const HARDWARE: usize = ADDRESS + 8;
const PACKET_TYPE: usize = ADDRESS + 10;

/// ARPHRD_ETHER, ARPHRD_LOOPBACK.
const ETHERNET: [u16; 2] = [1, 772];

/// A frame with what the kernel says about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Captured<'a> {
    /// Wall clock when it came by, in nanoseconds since 1970.
    pub(super) wall_ns: u64,
    /// Device.
    pub(super) ifindex: u32,
    /// `sll_hatype`
    hardware: u16,
    /// `sll_protocol`: the Ethernet type
    protocol: u16,
    /// `sll_pkttype`
    packet_type: u8,
    /// `tp_status`
    status: u32,
    /// Tag that was taken out of the frame, where the status says so.
    tci: u32,
    original_len: u32,
    octets: &'a [u8],
    /// Where the network header starts in the octets.
    network: usize,
}

impl<'a> Captured<'a> {
    /// The link-layer header that frames of the device start with. Where it is none that is known,
    /// it is left out.
    pub(super) fn link(&self) -> LinkType {
        if ETHERNET.contains(&self.hardware) { LinkType::Ethernet } else { LinkType::RawIp }
    }

    /// True for TCP segments, as far as the first look tells.
    pub(super) fn is_segment(&self) -> bool {
        let protocol = match self.protocol {
            0x0800 => 9,
            0x86dd => 6,
            _ => return false,
        };
        self.octets.get(self.network + protocol) == Some(&6)
    }

    /// The same for the decoder.
    pub(super) fn raw(&self, at: Mono, device: u32) -> RawFrame<'a> {
        let link = self.link();
        let skipped = if link == LinkType::Ethernet { 0 } else { self.network };
        let vlan = (self.status & libc::TP_STATUS_VLAN_VALID != 0).then_some(self.tci & 0x0fff);
        let header_len = u32::try_from(skipped).unwrap_or(u32::MAX);
        RawFrame {
            at,
            link,
            device,
            direction: direction(self.packet_type),
            vlan: vlan.and_then(|id| u16::try_from(id).ok()),
            bytes: self.octets.get(skipped..).unwrap_or_default(),
            original_len: self.original_len.saturating_sub(header_len),
            checksum_not_ready: self.status & libc::TP_STATUS_CSUMNOTREADY != 0,
        }
    }
}

fn direction(packet_type: u8) -> Option<FrameDirection> {
    match packet_type {
        libc::PACKET_HOST | libc::PACKET_BROADCAST | libc::PACKET_MULTICAST => {
            Some(FrameDirection::In)
        }
        libc::PACKET_OTHERHOST => Some(FrameDirection::OtherHost),
        libc::PACKET_OUTGOING => Some(FrameDirection::Out),
        _ => None,
    }
}

/// The frames of a block, in the order in which they came by.
pub(super) fn frames(block: &[u8]) -> impl Iterator<Item = Captured<'_>> {
    let within = word(block, BLOCK_LEN).and_then(|len| block.get(..len));
    let block = within.unwrap_or_default();
    let mut left = word(block, FRAME_COUNT).unwrap_or(0);
    let mut at = word(block, FIRST_FRAME).unwrap_or(0);
    std::iter::from_fn(move || {
        left = left.checked_sub(1)?;
        let header = block.get(at..)?;
        let frame = frame(header)?;
        at = at.checked_add(word(header, NEXT)?)?;
        Some(frame)
    })
}

fn frame(header: &[u8]) -> Option<Captured<'_>> {
    let half = |at| Some(u16::from_ne_bytes(header.get(at..at + 2)?.try_into().ok()?));
    let link_header = usize::from(half(LINK_HEADER)?);
    let end = link_header.checked_add(word(header, CAPTURED)?)?;
    let seconds = u64::from(number(header, SECONDS)?);
    Some(Captured {
        wall_ns: seconds * 1_000_000_000 + u64::from(number(header, NANOSECONDS)?),
        ifindex: number(header, IFINDEX)?,
        hardware: half(HARDWARE)?,
        protocol: u16::from_be(half(PROTOCOL)?),
        packet_type: *header.get(PACKET_TYPE)?,
        status: number(header, STATUS)?,
        tci: number(header, TCI)?,
        original_len: number(header, ORIGINAL)?,
        octets: header.get(link_header..end)?,
        network: usize::from(half(NETWORK_HEADER)?).saturating_sub(link_header),
    })
}

fn number(octets: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_ne_bytes(octets.get(at..at + 4)?.try_into().ok()?))
}

fn word(octets: &[u8], at: usize) -> Option<usize> {
    usize::try_from(number(octets, at)?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const SYN: &[u8] = &[0xab; 74];

    fn put(block: &mut [u8], at: usize, value: &[u8]) {
        block[at..at + value.len()].copy_from_slice(value);
    }

    /// A block as the kernel lays it out: 48 octets of descriptor, frames aligned to 16.
    fn block(frames: &[(u8, u16, u32)]) -> Vec<u8> {
        let mut block = vec![0; 4_096];
        put(&mut block, FRAME_COUNT, &u32::try_from(frames.len()).unwrap().to_ne_bytes());
        put(&mut block, FIRST_FRAME, &48_u32.to_ne_bytes());
        let mut at = 48;
        for (packet_type, hardware, status) in frames {
            let start = at + 82;
            put(&mut block, at + NEXT, &160_u32.to_ne_bytes());
            put(&mut block, at + SECONDS, &1_700_000_000_u32.to_ne_bytes());
            put(&mut block, at + NANOSECONDS, &123_u32.to_ne_bytes());
            put(&mut block, at + CAPTURED, &74_u32.to_ne_bytes());
            put(&mut block, at + ORIGINAL, &1_514_u32.to_ne_bytes());
            put(&mut block, at + STATUS, &status.to_ne_bytes());
            put(&mut block, at + LINK_HEADER, &82_u16.to_ne_bytes());
            put(&mut block, at + NETWORK_HEADER, &96_u16.to_ne_bytes());
            put(&mut block, at + TCI, &0x6007_u32.to_ne_bytes());
            put(&mut block, at + PROTOCOL, &[0x08, 0x00]);
            put(&mut block, at + IFINDEX, &3_u32.to_ne_bytes());
            put(&mut block, at + HARDWARE, &hardware.to_ne_bytes());
            block[at + PACKET_TYPE] = *packet_type;
            put(&mut block, start, SYN);
            block[start + 14 + 9] = 6;
            at += 160;
        }
        put(&mut block, BLOCK_LEN, &u32::try_from(at).unwrap().to_ne_bytes());
        block
    }

    #[test]
    fn frames_with_what_the_kernel_says() {
        let status = libc::TP_STATUS_VLAN_VALID | libc::TP_STATUS_CSUMNOTREADY;
        let block = block(&[(0, 1, status), (4, 772, 1), (3, 65_534, 1), (9, 1, 1)]);
        let frames: Vec<_> = frames(&block).collect();
        assert_eq!(frames.len(), 4);
        let raw: Vec<_> = frames.iter().map(|frame| frame.raw(Mono(7), 2)).collect();
        assert_eq!(frames[0].wall_ns, 1_700_000_000_000_000_123);
        assert_eq!((frames[0].ifindex, frames[0].is_segment()), (3, true));
        assert_eq!((raw[0].vlan, raw[0].original_len, raw[0].bytes.len()), (Some(7), 1_514, 74));
        assert!(raw[0].checksum_not_ready && !raw[1].checksum_not_ready);
        assert_eq!((raw[1].link, raw[1].vlan), (LinkType::Ethernet, None));
        assert_eq!((raw[2].link, raw[2].original_len), (LinkType::RawIp, 1_500));
        assert_eq!(raw[2].bytes.len(), 60);
        let directions: Vec<_> = raw.iter().map(|frame| frame.direction).collect();
        let expected = [FrameDirection::In, FrameDirection::Out, FrameDirection::OtherHost];
        assert_eq!(directions[..3], expected.map(Some));
        assert_eq!(directions[3], None);
    }

    #[test]
    fn a_block_that_makes_no_sense_has_fewer_frames() {
        let whole = block(&[(0, 1, 1), (0, 1, 1)]);
        for len in 0..400 {
            assert!(frames(&whole[..len]).count() <= 2);
        }
        for at in 0..400 {
            for value in [0x00, 0x7f, 0xff] {
                let mut damaged = whole.clone();
                damaged[at] = value;
                for frame in frames(&damaged) {
                    let _ = (frame.is_segment(), frame.raw(Mono(0), 0));
                }
            }
        }
    }
}
