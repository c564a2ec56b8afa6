//! Link-layer headers: Ethernet with VLAN tags, Linux cooked, raw IP, loopback.

use synrecv_model::{FrameDirection, LinkType, Mac};

use super::{be16, be32, mac_at};
use crate::RawFrame;

pub(super) const IPV4: u16 = 0x0800;
pub(super) const IPV6: u16 = 0x86dd;
pub(super) const ARP: u16 = 0x0806;

/// 802.1Q, 802.1ad, and what switches used for a second tag before.
const TAGS: [u16; 4] = [0x8100, 0x88a8, 0x9100, 0x9200];

/// Tags that are taken off. More have no use.
const TAGS_MAX: usize = 4;

/// VLAN identifiers, outermost first; what is inside the second one is not kept.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Vlans {
    ids: [u16; 2],
    len: u8,
}

impl Vlans {
    pub(crate) fn push(&mut self, id: u16) {
        if let Some(place) = self.ids.get_mut(usize::from(self.len)) {
            *place = id;
            self.len += 1;
        }
    }

    pub(crate) fn as_slice(&self) -> &[u16] {
        &self.ids[..usize::from(self.len)]
    }
}

/// What the link layer says about a frame.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Envelope {
    pub(crate) src_mac: Option<Mac>,
    pub(crate) dst_mac: Option<Mac>,
    pub(crate) vlans: Vlans,
    pub(crate) direction: FrameDirection,
    /// Device of a cooked header of version 2.
    pub(crate) ifindex: Option<u32>,
    /// Octets before the IP or ARP header.
    pub(crate) header_len: u32,
}

/// Ethertype and payload; `None` when the frame is too short for its header.
#[inline]
pub(super) fn open<'a>(frame: &RawFrame<'a>) -> Option<(Envelope, u16, &'a [u8])> {
    let bytes = frame.bytes;
    let mut vlans = Vlans::default();
    if let Some(id) = frame.vlan {
        vlans.push(id & 0x0fff);
    }
    let mut envelope = Envelope {
        src_mac: None,
        dst_mac: None,
        vlans,
        direction: frame.direction.unwrap_or(FrameDirection::Unknown),
        ifindex: None,
        header_len: 0,
    };
    let said = |packet_type| frame.direction.unwrap_or_else(|| direction(packet_type));
    let (ethertype, header_len) = match frame.link {
        LinkType::Ethernet => {
            envelope.dst_mac = mac_at(bytes, 0);
            envelope.src_mac = mac_at(bytes, 6);
            (be16(bytes, 12)?, 14)
        }
        // Packet type, ARPHRD, length of the address, address (8), protocol.
        LinkType::CookedV1 => {
            envelope.direction = said(be16(bytes, 0)?);
            envelope.src_mac = if be16(bytes, 4)? == 6 { mac_at(bytes, 6) } else { None };
            (be16(bytes, 14)?, 16)
        }
        // Protocol, 0, ifindex, ARPHRD, packet type (1), length of the address (1), address (8).
        LinkType::CookedV2 => {
            envelope.direction = said(u16::from(*bytes.get(10)?));
            envelope.src_mac = if *bytes.get(11)? == 6 { mac_at(bytes, 12) } else { None };
            envelope.ifindex = Some(be32(bytes, 4)?);
            (be16(bytes, 0)?, 20)
        }
        // By the version of the IP header: the number of the address family before it differs
        // between systems, and in the order of its octets between machines.
        LinkType::Loopback => (version(*bytes.get(4)?), 4),
        LinkType::RawIp => (version(*bytes.first()?), 0),
        LinkType::Other(_) => return None,
    };
    let (ethertype, header_len) = untag(bytes, ethertype, header_len, &mut envelope.vlans)?;
    envelope.header_len = u32::try_from(header_len).ok()?;
    Some((envelope, ethertype, bytes.get(header_len..)?))
}

#[inline]
fn untag(
    bytes: &[u8],
    mut ethertype: u16,
    mut header_len: usize,
    vlans: &mut Vlans,
) -> Option<(u16, usize)> {
    for _ in 0..TAGS_MAX {
        if !TAGS.contains(&ethertype) {
            break;
        }
        vlans.push(be16(bytes, header_len)? & 0x0fff);
        ethertype = be16(bytes, header_len + 2)?;
        header_len += 4;
    }
    Some((ethertype, header_len))
}

fn version(first: u8) -> u16 {
    match first >> 4 {
        4 => IPV4,
        6 => IPV6,
        _ => 0,
    }
}

/// `sll_pkttype`.
fn direction(packet_type: u16) -> FrameDirection {
    match packet_type {
        0..=2 => FrameDirection::In,
        3 => FrameDirection::OtherHost,
        4 => FrameDirection::Out,
        _ => FrameDirection::Unknown,
    }
}
