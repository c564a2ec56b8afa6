//! A router that advertises itself and prefixes (RFC 4861, section 4.2).

use std::io;
use std::net::{Ipv6Addr, SocketAddrV6};
use std::os::fd::OwnedFd;
use std::time::Duration;

use ipnet::Ipv6Net;
use rustix::net::{AddressFamily, SendFlags, SocketFlags, SocketType, ipproto, netdevice, sockopt};

use super::{Stop, Traffic};
use crate::configure::MacBytes;
use crate::error::Result;
use crate::namespace::Namespace;

/// A prefix in an advertisement.
#[derive(Debug, Clone, Copy)]
pub struct AdvertisedPrefix {
    /// The prefix.
    pub net: Ipv6Net,
    /// Hosts take its addresses for neighbours (flag L).
    pub on_link: bool,
    /// Hosts make an address in it from their MAC (flag A); wants a /64.
    pub autonomous: bool,
}

/// How much a router is to be preferred to others (RFC 4191, section 2.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RouterPreference {
    /// As any other; what routers say that know nothing of preferences.
    Medium,
    /// Before all others.
    High,
}

/// Sends router advertisements to all hosts of a wire.
#[derive(Debug, Clone)]
pub struct RouterAdvertiser {
    /// Device of the router.
    pub device: String,
    /// Link-local address of the router, which becomes the gateway of the hosts.
    pub router: Ipv6Addr,
    /// MAC address of the device.
    pub mac: MacBytes,
    /// How much hosts are to prefer it.
    pub preference: RouterPreference,
    /// What it advertises besides itself.
    pub prefixes: Vec<AdvertisedPrefix>,
    /// Time from one advertisement to the next; the first is sent at once.
    pub every: Duration,
}

const ALL_NODES: Ipv6Addr = Ipv6Addr::new(0xff02, 0, 0, 0, 0, 0, 0, 1);
/// How long hosts keep the router and its prefixes, in seconds; the default of RFC 4861.
const ROUTER_LIFETIME: u16 = 1800;
const PREFIX_LIFETIME: u32 = 86_400;

impl RouterAdvertiser {
    /// Advertises from `namespace` until the result is dropped.
    pub fn start(self, namespace: &Namespace) -> Result<Traffic> {
        let (device, router) = (self.device.clone(), self.router);
        Traffic::start(
            namespace,
            &format!("advertise a router on `{}`", self.device),
            move || open(&device, router),
            move |(socket, all_nodes), stop, _| self.advertise(&socket, all_nodes, stop),
        )
    }

    fn advertise(&self, socket: &OwnedFd, all_nodes: SocketAddrV6, stop: &Stop) {
        let message = self.encode();
        while !stop.is_raised() {
            // One that is lost is made up for by the next.
            let _ = rustix::net::sendto(socket, &message, SendFlags::empty(), &all_nodes);
            stop.pause(self.every);
        }
    }

    /// The ICMPv6 message; the kernel fills in the checksum.
    fn encode(&self) -> Vec<u8> {
        // Bits 3 and 4 of the flags; no other flag is set.
        let flags = match self.preference {
            RouterPreference::Medium => 0,
            RouterPreference::High => 1 << 3,
        };
        // Type, code, checksum; hop limit for the hosts to use, flags.
        let mut message = vec![134, 0, 0, 0, 64, flags];
        message.extend(ROUTER_LIFETIME.to_be_bytes());
        // Reachable time and retransmission timer: unspecified.
        message.extend([0; 8]);
        // Source link-layer address, in units of 8 bytes.
        message.extend([1, 1]);
        message.extend(self.mac);
        for prefix in &self.prefixes {
            let flags = u8::from(prefix.on_link) << 7 | u8::from(prefix.autonomous) << 6;
            message.extend([3, 4, prefix.net.prefix_len(), flags]);
            message.extend(PREFIX_LIFETIME.to_be_bytes());
            message.extend(PREFIX_LIFETIME.to_be_bytes());
            message.extend([0; 4]);
            message.extend(prefix.net.network().octets());
        }
        message
    }
}

fn open(device: &str, router: Ipv6Addr) -> io::Result<(OwnedFd, SocketAddrV6)> {
    let flags = SocketFlags::CLOEXEC | SocketFlags::NONBLOCK;
    let kind = SocketType::RAW;
    let socket =
        rustix::net::socket_with(AddressFamily::INET6, kind, flags, Some(ipproto::ICMPV6))?;
    // Hosts believe only what no router can have forwarded.
    sockopt::set_ipv6_multicast_hops(&socket, 255)?;
    // An address that was just added may be tentative for another moment.
    sockopt::set_ipv6_freebind(&socket, true)?;
    let index = netdevice::name_to_index(&socket, device)?;
    rustix::net::bind(&socket, &SocketAddrV6::new(router, 0, 0, index))?;
    Ok((socket, SocketAddrV6::new(ALL_NODES, 0, 0, index)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_advertisement_is_encoded_as_in_rfc_4861() {
        let prefix = AdvertisedPrefix {
            net: "2001:db8:77::/64".parse().unwrap(),
            on_link: true,
            autonomous: false,
        };
        let advertiser = RouterAdvertiser {
            device: "r0".to_owned(),
            router: "fe80::1".parse().unwrap(),
            mac: [2, 0, 0, 0, 0, 1],
            preference: RouterPreference::Medium,
            prefixes: vec![prefix],
            every: Duration::from_secs(3),
        };
        let message = advertiser.encode();
        assert_eq!(message.len(), 16 + 8 + 32);
        assert_eq!(message[..8], [134, 0, 0, 0, 64, 0, 0x07, 0x08]);
        assert_eq!(message[16..24], [1, 1, 2, 0, 0, 0, 0, 1]);
        assert_eq!(message[24..32], [3, 4, 64, 0x80, 0, 1, 0x51, 0x80]);
        assert_eq!(message[40..50], [0x20, 0x01, 0x0d, 0xb8, 0, 0x77, 0, 0, 0, 0]);
        let preferred = RouterAdvertiser { preference: RouterPreference::High, ..advertiser };
        assert_eq!(preferred.encode()[5], 0b0000_1000);
    }
}
