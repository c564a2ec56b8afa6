//! What the length of a frame tells: whether it was filled up to the least that Ethernet carries.

use synrecv_model::{Padding, PrintedFrame, PrintedPacket, PrintedSegment};

const SYN: u8 = 0x02;
const RST: u8 = 0x04;

/// Octets of an Ethernet header, and of a frame without its check sum at least.
const ETHERNET_HEADER: u32 = 14;
const FRAME_MIN: u32 = 60;

/// Link-layer header of the frames.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Link {
    /// 14 octets before the IP header.
    Ethernet,
    /// Another length, or none is printed.
    Unknown,
}

/// The link that the lengths of SYNs and SYN-ACKs fit to: they are long enough to need no padding.
pub(super) fn link(frames: &[PrintedFrame]) -> Link {
    let headers = frames.iter().filter_map(|frame| {
        let PrintedPacket::Tcp(segment) = &frame.packet else { return None };
        let (len, packet) = (frame.frame_len?, packet_len(segment)?);
        let is_long = segment.flags & SYN != 0 && len > FRAME_MIN;
        is_long.then(|| len.checked_sub(packet)).flatten()
    });
    let (mut ethernet, mut other) = (0_u32, 0_u32);
    for header in headers.take(4_096) {
        *if header == ETHERNET_HEADER { &mut ethernet } else { &mut other } += 1;
    }
    if ethernet > other { Link::Ethernet } else { Link::Unknown }
}

/// Whether a frame was filled up.
pub(super) fn padding(frame: &PrintedFrame, link: Link) -> Padding {
    let (PrintedPacket::Tcp(segment), Some(len), Link::Ethernet) =
        (&frame.packet, frame.frame_len, link)
    else {
        return Padding::NotNeeded;
    };
    let tags = u32::try_from(frame.vlans.len()).unwrap_or(0).saturating_mul(4);
    let header = ETHERNET_HEADER + tags;
    let Some(needed) = packet_len(segment).map(|packet| packet.saturating_add(header)) else {
        return Padding::NotNeeded;
    };
    match len {
        _ if needed >= FRAME_MIN => Padding::NotNeeded,
        FRAME_MIN.. => Padding::Padded,
        _ if len == needed => Padding::Missing,
        _ => Padding::NotNeeded,
    }
}

/// Octets of the packet; `None` when not all of its parts are known.
fn packet_len(segment: &PrintedSegment) -> Option<u32> {
    let ip = if segment.src.ip.is_ipv4() { 20 } else { 40 };
    let options = segment.options;
    // A reset has neither data nor options, wherever its row was cut.
    let payload = segment.payload_len.or((segment.flags & RST != 0).then_some(0))?;
    let unknown = options.incomplete && segment.flags & RST == 0;
    if unknown || options.fast_open || options.md5 || options.ao || options.mptcp {
        return None;
    }
    let len = |there: bool, len: u32| if there { len } else { 0 };
    let sum = len(options.mss.is_some(), 4)
        + len(options.window_scale.is_some(), 3)
        + len(options.sack_permitted, 2)
        + len(options.timestamps.is_some(), 10)
        + len(options.dsack.is_some(), 10);
    Some(ip + 20 + sum.next_multiple_of(4) + payload)
}
