//! IPv4 and IPv6 headers.

use super::{Address, be16, mapped};

pub(super) const ICMP: u8 = 1;
pub(super) const TCP: u8 = 6;
pub(super) const ICMPV6: u8 = 58;

/// Extension headers that are stepped over.
const EXTENSIONS_MAX: usize = 8;

/// An IP header and what follows it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ip<'a> {
    pub(crate) is_v4: bool,
    pub(crate) src: Address,
    pub(crate) dst: Address,
    pub(crate) ttl: u8,
    /// Identification; 0 for IPv6.
    pub(crate) id: u16,
    /// Protocol of the payload, behind extension headers.
    pub(crate) protocol: u8,
    /// What was captured of the payload, without link-layer padding.
    pub(crate) payload: &'a [u8],
    /// Octets of the payload by the header.
    pub(crate) payload_len: usize,
    /// Octets of the packet by the header.
    pub(crate) len: usize,
    fragment: Fragment,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fragment {
    Whole,
    First,
    Later,
}

impl<'a> Ip<'a> {
    /// `None` when the header is cut or malformed.
    #[inline]
    pub(super) fn v4(bytes: &'a [u8]) -> Option<Self> {
        let fixed: &[u8; 20] = bytes.first_chunk()?;
        let header_len = usize::from(fixed[0] & 0x0f) * 4;
        if fixed[0] >> 4 != 4 || header_len < 20 {
            return None;
        }
        // 0 in segments that the sender's device was to cut (TSO, more than 64 KiB).
        let len = match usize::from(u16::from_be_bytes([fixed[2], fixed[3]])) {
            0 => bytes.len(),
            len => len,
        };
        let offset = u16::from_be_bytes([fixed[6], fixed[7]]);
        Some(Self {
            is_v4: true,
            src: mapped([fixed[12], fixed[13], fixed[14], fixed[15]]),
            dst: mapped([fixed[16], fixed[17], fixed[18], fixed[19]]),
            ttl: fixed[8],
            id: u16::from_be_bytes([fixed[4], fixed[5]]),
            protocol: fixed[9],
            payload: bytes.get(header_len..len.min(bytes.len()))?,
            payload_len: len.checked_sub(header_len)?,
            len,
            fragment: Fragment::of(offset & 0x1fff, offset & 0x2000 != 0),
        })
    }

    /// `None` when the header is cut or malformed.
    pub(super) fn v6(bytes: &'a [u8]) -> Option<Self> {
        let fixed: &[u8; 40] = bytes.first_chunk()?;
        if fixed[0] >> 4 != 6 {
            return None;
        }
        // 0 in jumbograms, which GSO makes too.
        let len = match usize::from(u16::from_be_bytes([fixed[4], fixed[5]])) {
            0 => bytes.len(),
            payload_len => payload_len + 40,
        };
        let packet = bytes.get(..len.min(bytes.len()))?;
        let mut fragment = Fragment::Whole;
        let mut protocol = fixed[6];
        let mut at = 40;
        for _ in 0..EXTENSIONS_MAX {
            let len = match protocol {
                // Hop-by-hop, routing, destination, mobility, host identity, shim6.
                0 | 43 | 60 | 135 | 139 | 140 => (usize::from(*packet.get(at + 1)?) + 1) * 8,
                // Authentication.
                51 => (usize::from(*packet.get(at + 1)?) + 2) * 4,
                44 => {
                    let offset = be16(packet, at + 2)?;
                    fragment = Fragment::of(offset & 0xfff8, offset & 1 != 0);
                    8
                }
                _ => break,
            };
            protocol = *packet.get(at)?;
            at += len;
            if fragment == Fragment::Later {
                break;
            }
        }
        Some(Self {
            is_v4: false,
            src: *fixed[8..].first_chunk()?,
            dst: *fixed[24..].first_chunk()?,
            ttl: fixed[7],
            id: 0,
            protocol,
            payload: packet.get(at..)?,
            payload_len: len.checked_sub(at)?,
            len,
            fragment,
        })
    }

    /// True when the header of the payload is in this packet.
    pub(super) fn is_first(&self) -> bool {
        self.fragment != Fragment::Later
    }

    /// True when the whole payload was sent in this packet and captured.
    pub(super) fn is_whole(&self) -> bool {
        self.fragment == Fragment::Whole && self.payload.len() == self.payload_len
    }
}

impl Fragment {
    fn of(offset: u16, more: bool) -> Self {
        match (offset, more) {
            (0, false) => Self::Whole,
            (0, true) => Self::First,
            _ => Self::Later,
        }
    }
}
