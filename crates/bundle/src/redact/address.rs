//! IP addresses and prefixes.
//!
//! What stays: unspecified, loopback, link-local prefixes, multicast, broadcast, netmasks, documentation.
//! Private addresses stay private and public ones public, so that nothing has to say which they were,
//! and no pseudonym is one that a host treats in a way of its own.

use std::cell::RefCell;
use std::collections::HashMap;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::IpNet;
use synrecv_model::Mac;

use super::edges::Edges;
use super::key::{Domain, Prf};
use super::mac::{self, Macs};
use super::space::{Range, Space, lies_in, mask, permuted};

/// Of an IPv4 address, on the left of 128 bits.
const fn v4(a: u8, b: u8, c: u8) -> u128 {
    (u32::from_be_bytes([a, b, c, 0]) as u128) << 96
}

/// The first two groups of an IPv6 address, on the left of 128 bits.
const fn v6(first: u16, second: u16) -> u128 {
    ((first as u128) << 112) | ((second as u128) << 96)
}

const V4: Space = Space {
    domain: Domain::V4,
    width: 32,
    fixed: &[(v4(0, 0, 0), 8), (v4(127, 0, 0), 8), (v4(169, 254, 0), 16), (v4(224, 0, 0), 3)],
    closed: &[(v4(10, 0, 0), 8), (v4(100, 64, 0), 10), (v4(172, 16, 0), 12), (v4(192, 168, 0), 16)],
    // RFC 5737.
    blocks: &[(v4(192, 0, 2), 24), (v4(198, 51, 100), 24), (v4(203, 0, 113), 24)],
    block_len: 24,
};

const V6: Space = Space {
    domain: Domain::V6,
    width: 128,
    fixed: &[MULTICAST],
    closed: &[
        (0, 8),
        (v6(0x2000, 0), 3),
        (v6(0xfc00, 0), 8),
        (v6(0xfd00, 0), 8),
        LINK_LOCAL,
        (v6(0xfec0, 0), 10),
    ],
    // RFC 3849 and RFC 9637.
    blocks: &[(v6(0x2001, 0xdb8), 32), (v6(0x3fff, 0), 20)],
    block_len: 32,
};

const MULTICAST: Range = (v6(0xff00, 0), 8);

const LINK_LOCAL: Range = (v6(0xfe80, 0), 10);

/// Of interface identifiers.
const IDENTIFIER_START: u8 = 64;

/// Addresses that end in the last 24 bits of the address asked for, RFC 4291 2.7.1.
const SOLICITED_NODE: Range = (v6(0xff02, 0) | (0x1_ff00_0000), 104);

/// Prefixes in front of an IPv4 address: deprecated, mapped, and RFC 6052.
const AROUND_V4: [Range; 3] = [(0, 96), (0xffff << 32, 96), (v6(0x64, 0xff9b), 96)];

/// What stands for which address.
#[derive(Debug)]
pub(super) struct Addresses {
    prf: Prf,
    pub(super) macs: Macs,
    edges_v4: Edges,
    edges_v6: Edges,
    /// Prefixes that end within an interface identifier.
    long: Vec<(u128, u8)>,
    known: RefCell<HashMap<IpAddr, IpAddr>>,
}

impl Addresses {
    /// `on_link` are the prefixes that addresses of this host and routes without gateway have: of those
    /// the network and the broadcast address stay what they are.
    pub(super) fn new(prf: Prf, macs: Macs, on_link: &[IpNet]) -> Self {
        let mut addresses = Self {
            prf,
            macs,
            edges_v4: Edges::default(),
            edges_v6: Edges::default(),
            long: Vec::new(),
            known: RefCell::default(),
        };
        let of = |is_v4: bool| {
            let nets = on_link.iter().filter(move |net| net.addr().is_ipv4() == is_v4);
            nets.map(|net| (bits(net.network()), net.prefix_len()))
        };
        addresses.long = of(false).filter(|(_, len)| *len > IDENTIFIER_START).collect();
        addresses.edges_v4 = Edges::new(
            32,
            of(true),
            |value, len| addresses.prefix_v4(value, len),
            |value| V4.is_fixed(value, 32),
        );
        addresses.edges_v6 = Edges::new(
            128,
            of(false),
            |value, len| {
                if len == 128 { addresses.host_v6(value) } else { addresses.prefix_v6(value, len) }
            },
            |value| V6.is_fixed(value, 128) || value <= 1,
        );
        addresses
    }

    /// What stands for an address.
    pub(super) fn ip(&self, ip: IpAddr) -> IpAddr {
        if let Some(&image) = self.known.borrow().get(&ip) {
            return image;
        }
        let value = bits(ip);
        let image = match ip {
            IpAddr::V4(_) => address_v4(self.edges_v4.settled(self.prefix_v4(value, 32))),
            IpAddr::V6(_) => address_v6(self.edges_v6.settled(self.host_v6(value))),
        };
        self.known.borrow_mut().insert(ip, image);
        image
    }

    /// What stands for a prefix. Host bits that are clear stay clear.
    pub(super) fn net(&self, net: IpNet) -> IpNet {
        let (addr, len) = (net.addr(), net.prefix_len());
        let image = if len == net.max_prefix_len() || addr != net.network() {
            self.ip(addr)
        } else if addr.is_ipv4() {
            address_v4(self.prefix_v4(bits(addr), len))
        } else {
            address_v6(self.prefix_v6(bits(addr), len))
        };
        IpNet::new(image, len).unwrap_or(net)
    }

    /// The prefixes that stand for what lies between two addresses, both inside.
    pub(super) fn range(&self, (low, high): (IpAddr, IpAddr)) -> Vec<IpNet> {
        let mut nets = Vec::new();
        if low.is_ipv4() != high.is_ipv4() {
            return nets;
        }
        let (width, make) = if low.is_ipv4() {
            (32, address_v4 as fn(u128) -> IpAddr)
        } else {
            (128, address_v6 as fn(u128) -> IpAddr)
        };
        let spare = 128 - u32::from(width);
        let (mut start, end) = (bits(low) >> spare, bits(high) >> spare);
        while start <= end {
            // The largest prefix that begins here and does not end behind.
            let aligned = start.trailing_zeros().min(u32::from(width));
            let room = end - start;
            let fits = room.checked_add(1).map_or(128, |count| count.ilog2());
            let host_bits = aligned.min(fits);
            let len = u32::from(width) - host_bits;
            if let Ok(net) = IpNet::new(make(start << spare), u8::try_from(len).unwrap_or(width)) {
                nets.push(self.net(net));
            }
            match 1_u128.checked_shl(host_bits).and_then(|count| start.checked_add(count)) {
                Some(next) => start = next,
                None => break,
            }
        }
        nets
    }

    fn prefix_v4(&self, value: u128, len: u8) -> u128 {
        V4.image(&self.prf, value, len)
    }

    fn prefix_v6(&self, value: u128, len: u8) -> u128 {
        if len == 128 && value <= 1 {
            return value;
        }
        if len >= 96
            && let Some(&(start, _)) = AROUND_V4.iter().find(|range| lies_in(value, 96, **range))
        {
            return start | (self.prefix_v4(value << 96, len - 96) >> 96);
        }
        if lies_in(value, len, SOLICITED_NODE) {
            return permuted(&self.prf, Domain::V6, value, SOLICITED_NODE.1, 128) & mask(len);
        }
        let image = V6.image(&self.prf, value, len);
        if lies_in(value, len, LINK_LOCAL) {
            // What makes it one is 64 bits long.
            let prefix = mask(IDENTIFIER_START);
            return (value & prefix) | (image & !prefix);
        }
        image
    }

    /// An address: there may be another one in it.
    fn host_v6(&self, value: u128) -> u128 {
        if value > 1
            && let Some(&(start, _)) = AROUND_V4.iter().find(|range| lies_in(value, 128, **range))
        {
            return start | (self.edges_v4.settled(self.prefix_v4(value << 96, 32)) >> 96);
        }
        let image = self.prefix_v6(value, 128);
        let in_long = || self.long.iter().any(|&long| lies_in(value, 128, long));
        match mac::of_identifier(value) {
            // Also in documentation: it is somebody's.
            Some(mac) if !lies_in(value, 128, MULTICAST) && !in_long() => {
                (image & mask(IDENTIFIER_START)) | mac::identifier(self.macs.mac(mac))
            }
            _ => image,
        }
    }

    /// What stands for a link-layer address.
    pub(super) fn mac(&self, mac: Mac) -> Mac {
        // Of the multicast address of a solicited node: it ends as that does.
        let [0x33, 0x33, 0xff, ..] = mac.0 else { return self.macs.mac(mac) };
        let low = mac.0.iter().skip(3).fold(0, |low, &byte| low << 8 | u128::from(byte));
        let image = self.prefix_v6(SOLICITED_NODE.0 | low, 128).to_be_bytes();
        Mac([0x33, 0x33, 0xff, image[13], image[14], image[15]])
    }
}

fn bits(ip: IpAddr) -> u128 {
    match ip {
        IpAddr::V4(v4) => u128::from(v4.to_bits()) << 96,
        IpAddr::V6(v6) => v6.to_bits(),
    }
}

fn address_v4(value: u128) -> IpAddr {
    Ipv4Addr::from_bits(u32::try_from(value >> 96).unwrap_or(0)).into()
}

fn address_v6(value: u128) -> IpAddr {
    Ipv6Addr::from_bits(value).into()
}

#[cfg(test)]
mod tests;
