//! Addresses of a wire that nobody should own.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::IpNet;

use crate::view::{common_bits, place};
use crate::{Address, Family, Neighbour, Route, RouteKind};

/// Candidates that are looked at before a prefix counts as full.
const TRIES: u32 = 64;

/// Where the search begins in a /24: beyond the usual pools of DHCP, before the usual gateways.
const BEGIN: u32 = 222;

/// From one candidate to the next; odd, so that all of a prefix are reached.
const STEP: u32 = 37;

/// Interface identifier that the search in IPv6 begins with: neither one that is written by hand nor
/// one that is made of a MAC (no ff:fe in the middle).
const IDENTIFIER: u64 = 0x6e6f_626f_6479_0001;

/// Prefix of link-local addresses of IPv4 (RFC 3927), less its reserved ends.
const LINK_LOCAL_BEGIN: u32 = 0xa9fe_de25;

/// Addresses that a question may be asked from are offered in such numbers: one to take, and one for
/// when somebody has it after all.
const SOURCES: usize = 2;

/// What is known about the wires of this host.
#[derive(Clone, Copy, Debug)]
pub struct Wire<'a> {
    /// Addresses of this host.
    pub addresses: &'a [Address],
    /// ARP and ND tables.
    pub neighbours: &'a [Neighbour],
    /// Routes of all tables.
    pub routes: &'a [Route],
}

impl Wire<'_> {
    /// True for an address of this host.
    pub fn is_own(&self, address: IpAddr) -> bool {
        self.addresses.iter().any(|own| own.address == address)
    }

    /// The narrowest prefix that puts the address on the wire of the device: of a route without
    /// gateway, or of an address of this host.
    pub fn prefix(&self, ifindex: u32, address: IpAddr) -> Option<IpNet> {
        let routes = self.routes.iter().filter(|route| {
            let direct = |hop: &crate::NextHop| hop.ifindex == ifindex && hop.gateway.is_none();
            route.kind == RouteKind::Unicast && route.next_hops.iter().any(direct)
        });
        let own = self.addresses.iter().filter(|own| own.ifindex == ifindex);
        routes
            .map(|route| route.destination.trunc())
            .chain(own.map(Address::prefix))
            .filter(|prefix| prefix.contains(&address))
            .max_by_key(IpNet::prefix_len)
    }

    /// The address of this host that fits a question about `target` best: of the same prefix where
    /// there is one, and of the device if it has any. For IPv6 the link-local one.
    pub fn own(&self, ifindex: u32, target: IpAddr) -> Option<IpAddr> {
        let usable = self.addresses.iter().filter(|own| {
            let is_link_local = matches!(own.address, IpAddr::V6(ip) if ip.is_unicast_link_local());
            Family::of(own.address) == Family::of(target)
                && !own.address.is_loopback()
                && !own.tentative
                && !own.dad_failed
                && (target.is_ipv4() || (is_link_local && own.ifindex == ifindex))
        });
        let fitness = |own: &&Address| {
            let holds = own.prefix().contains(&target);
            let near = common_bits(own.address, target);
            (own.ifindex == ifindex, holds, !own.secondary, near)
        };
        usable.max_by_key(fitness).map(|own| own.address)
    }

    /// Addresses that nobody should own, in the part of the wire's prefix that holds `near`: its /24,
    /// in IPv6 its /64. Always the same for the same tables; none where the prefix has no room for
    /// others (/31, /32, /127, /128), and fewer than `count` where it is full.
    ///
    /// Not among them: addresses and gateways of this host, whatever is in its neighbour tables or has
    /// a route of its own, what is reserved in the prefix, and `others`.
    pub fn unused(
        &self,
        ifindex: u32,
        near: IpAddr,
        others: &[IpAddr],
        count: usize,
    ) -> Vec<IpAddr> {
        let Some(prefix) = self.prefix(ifindex, near) else { return Vec::new() };
        if prefix.prefix_len() + 1 >= prefix.max_prefix_len() {
            return Vec::new();
        }
        let place = place(near);
        let region = if place.prefix_len() > prefix.prefix_len() { place } else { prefix };
        let reserved = |ip: IpAddr| match ip {
            IpAddr::V4(v4) => {
                let ends = [prefix, region].map(|net| [net.network(), net.broadcast()]);
                ends.as_flattened().contains(&ip) || matches!(v4.octets()[3], 0 | 1 | 254 | 255)
            }
            // The identifier of all routers.
            IpAddr::V6(_) => ip == region.network(),
        };
        let free = |ip: &IpAddr| {
            region.contains(ip) && !reserved(*ip) && !others.contains(ip) && !self.is_known(*ip)
        };
        candidates(region).filter(free).take(count).collect()
    }

    /// Addresses of IPv4 that a question about `target` may be asked from by a station that is made
    /// up: nobody's, and of this host's own prefix if that has room, so that those who check where a
    /// question comes from answer it. They are to be asked for before one is used.
    ///
    /// This host's own address does not do: everybody who hears a question takes the sender's address
    /// and MAC into his own table, and from then on packets for this host would go astray.
    pub fn spare(&self, ifindex: u32, target: Ipv4Addr, others: &[IpAddr]) -> Vec<Ipv4Addr> {
        let of_device = |ip: &IpAddr| self.prefix(ifindex, *ip).is_some();
        let own = self.own(ifindex, target.into()).filter(of_device);
        let mut found = Vec::new();
        for near in own.into_iter().chain([target.into()]) {
            if found.is_empty() {
                found = self.unused(ifindex, near, others, SOURCES);
            }
        }
        if found.is_empty() {
            let link_local = (0..TRIES).map(|n| Ipv4Addr::from_bits(LINK_LOCAL_BEGIN + n * STEP));
            let free = |ip: &IpAddr| !others.contains(ip) && !self.is_known(*ip);
            found.extend(link_local.map(IpAddr::from).filter(free).take(SOURCES));
        }
        let v4 = |ip| match ip {
            IpAddr::V4(ip) => Some(ip),
            IpAddr::V6(_) => None,
        };
        found.into_iter().filter_map(v4).collect()
    }

    /// True when something in the tables says that the address is somebody's.
    fn is_known(&self, ip: IpAddr) -> bool {
        let of_route = |route: &Route| {
            route.destination.prefix_len() == route.destination.max_prefix_len()
                && route.destination.addr() == ip
                || route.prefsrc == Some(ip)
                || route.next_hops.iter().any(|hop| hop.gateway == Some(ip))
        };
        self.is_own(ip)
            || self.addresses.iter().any(|own| own.peer == Some(ip) || own.broadcast == Some(ip))
            || self.neighbours.iter().any(|entry| entry.address == ip)
            || self.routes.iter().any(of_route)
    }
}

/// Addresses of a prefix, spread over it, in an order that is always the same.
fn candidates(region: IpNet) -> impl Iterator<Item = IpAddr> {
    (0..TRIES).map(move |n| match region {
        IpNet::V4(net) => {
            let room = u32::MAX.checked_shr(u32::from(net.prefix_len())).unwrap_or(0);
            let offset = BEGIN.wrapping_add(n.wrapping_mul(STEP)) & room;
            Ipv4Addr::from_bits(net.network().to_bits() | offset).into()
        }
        IpNet::V6(net) => {
            let room = u128::MAX.checked_shr(u32::from(net.prefix_len())).unwrap_or(0);
            let identifier = u128::from(IDENTIFIER + u64::from(n * STEP));
            Ipv6Addr::from_bits(net.network().to_bits() | identifier & room).into()
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{NeighbourFlags, NextHop, NextHopFlags, Nud, RouteInfo, RouteScope};

    fn ip(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    fn own(text: &str) -> Address {
        Address::new(2, text.parse().unwrap())
    }

    fn route(destination: &str, gateway: Option<&str>) -> Route {
        let destination: IpNet = destination.parse().unwrap();
        let flags = NextHopFlags::default();
        Route::new(
            destination,
            RouteInfo {
                family: Family::of(destination.addr()),
                table: 254,
                kind: RouteKind::Unicast,
                source: None,
                tos: 0,
                protocol: 2,
                scope: RouteScope(0),
                metric: 0,
                prefsrc: None,
                next_hops: vec![NextHop { ifindex: 2, gateway: gateway.map(ip), weight: 1, flags }],
                nexthop_id: None,
                metrics: Vec::new(),
                expires_s: None,
                preference: None,
            },
        )
    }

    fn entry(address: &str) -> Neighbour {
        Neighbour {
            ifindex: 2,
            address: ip(address),
            state: Nud::Failed,
            mac: None,
            flags: NeighbourFlags::default(),
            ages: None,
            probes_count: None,
            protocol: None,
        }
    }

    fn texts<T: ToString>(found: &[T]) -> Vec<String> {
        found.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn nobodys_addresses_lie_where_the_target_does() {
        let addresses = [own("192.168.4.10/22")];
        let wire = Wire { addresses: &addresses, neighbours: &[], routes: &[] };
        let unused = |near: &str| texts(&wire.unused(2, ip(near), &[], 2));
        assert_eq!(unused("192.168.5.11"), ["192.168.5.222", "192.168.5.3"]);
        assert_eq!(unused("192.168.5.11"), unused("192.168.5.11"));
        assert_eq!(unused("192.168.8.1"), [""; 0], "not on this wire");
        assert_eq!(texts(&wire.unused(3, ip("192.168.5.11"), &[], 2)), [""; 0]);
    }

    #[test]
    fn whoever_may_have_one_is_left_out() {
        let addresses = [own("10.0.0.222/24")];
        let neighbours = [entry("10.0.0.3")];
        let routes = [route("10.0.0.40/32", None), route("0.0.0.0/0", Some("10.0.0.77"))];
        let wire = Wire { addresses: &addresses, neighbours: &neighbours, routes: &routes };
        let found = wire.unused(2, ip("10.0.0.5"), &[ip("10.0.0.114")], 2);
        assert_eq!(texts(&found), ["10.0.0.151", "10.0.0.188"]);
        let every = wire.unused(2, ip("10.0.0.5"), &[], 500);
        assert!(every.len() > 50, "{}", every.len());
        for odd in ["10.0.0.0", "10.0.0.1", "10.0.0.254", "10.0.0.255"] {
            assert!(!every.contains(&ip(odd)), "{odd}");
        }
    }

    #[test]
    fn prefixes_without_room_have_none() {
        for net in ["10.0.0.1/31", "10.0.0.1/32", "2001:db8::1/127", "2001:db8::1/128"] {
            let addresses = [own(net)];
            let wire = Wire { addresses: &addresses, neighbours: &[], routes: &[] };
            assert!(wire.unused(2, addresses[0].address, &[], 2).is_empty(), "{net}");
        }
        // Of two hosts, one is this one and the other can be anybody's.
        let addresses = [own("10.0.0.9/30")];
        let neighbours = [entry("10.0.0.10")];
        let wire = Wire { addresses: &addresses, neighbours: &neighbours, routes: &[] };
        assert!(wire.unused(2, ip("10.0.0.10"), &[], 2).is_empty());
    }

    #[test]
    fn a_prefix_of_version_6_has_room_in_each_of_its_parts() {
        let addresses = [own("2001:db8:4::10/64")];
        let routes = [route("2001:db8:4::/48", None)];
        let wire = Wire { addresses: &addresses, neighbours: &[], routes: &routes };
        let found = texts(&wire.unused(2, ip("2001:db8:4:5::11"), &[], 2));
        assert_eq!(found, ["2001:db8:4:5:6e6f:626f:6479:1", "2001:db8:4:5:6e6f:626f:6479:26"]);
        let narrow = [own("2001:db8::5/120")];
        let wire = Wire { addresses: &narrow, neighbours: &[], routes: &[] };
        assert!(wire.unused(2, ip("2001:db8::5"), &[], 2).len() == 2);
    }

    #[test]
    fn a_question_comes_from_a_free_address_of_the_own_prefix() {
        let addresses = [own("192.168.4.10/22"), own("10.7.0.10/24")];
        let wire = Wire { addresses: &addresses, neighbours: &[], routes: &[] };
        let spare = |target: &str| texts(&wire.spare(2, target.parse().unwrap(), &[]));
        assert_eq!(spare("192.168.5.11"), ["192.168.4.222", "192.168.4.3"]);
        assert_eq!(spare("10.7.0.1"), ["10.7.0.222", "10.7.0.3"]);
        assert_eq!(wire.own(2, ip("10.7.0.1")), Some(ip("10.7.0.10")));
        assert_eq!(wire.own(2, ip("192.168.5.11")), Some(ip("192.168.4.10")));
    }

    #[test]
    fn without_room_it_comes_from_a_link_local_one() {
        let addresses = [own("10.244.0.11/32")];
        let routes = [route("169.254.1.1/32", None)];
        let wire = Wire { addresses: &addresses, neighbours: &[], routes: &routes };
        let found = wire.spare(2, "169.254.1.1".parse().unwrap(), &[]);
        assert_eq!(texts(&found), ["169.254.222.37", "169.254.222.74"]);
    }

    #[test]
    fn version_6_has_its_link_local_address() {
        let addresses = [own("2001:db8::10/64"), own("fe80::10/64")];
        let wire = Wire { addresses: &addresses, neighbours: &[], routes: &[] };
        assert_eq!(wire.own(2, ip("2001:db8::1")), Some(ip("fe80::10")));
        assert_eq!(wire.own(3, ip("2001:db8::1")), None);
    }
}
