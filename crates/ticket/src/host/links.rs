//! Devices, addresses and neighbours.

use std::collections::hash_map::Entry;
use std::collections::{BTreeSet, HashMap};
use std::net::IpAddr;

use synrecv_model::{
    Address, AddressScope, Foreign, Link, LinkTraffic, Neighbour, NeighbourAges, NeighbourFlags,
    Nud, OperState, Route, RouteKind, Section, text,
};

use super::devices::Devices;
use super::{build, sockets};
use crate::{AddressRow, Content, LinkRow, NeighbourRow, Piece};

/// Addresses times networks on wires that are compared: more is no table of a host.
const COMPARISONS_MAX: usize = 10_000_000;

/// `RTPROT_KERNEL`: the route of an address.
const KERNEL: u8 = 2;

/// Devices and addresses. What only other tables name is a device, too, and the only network on the
/// wire that an own address lies in is its network.
pub(super) fn links(
    pieces: &[&Piece],
    devices: &mut Devices,
    routes: &Section<Vec<Route>>,
    sockets: &sockets::Rows<'_>,
) -> (Section<Vec<Link>>, Section<Vec<Address>>) {
    let of = build::with(pieces, |content| matches!(content, Content::Links(_)));
    let mut links: Vec<Link> = Vec::new();
    let mut addresses: Vec<Address> = Vec::new();
    let mut masked = true;
    let mut places: HashMap<u32, usize> = HashMap::new();
    for piece in &of {
        let Content::Links(rows) = &piece.content else { continue };
        for row in rows {
            let link = link(row, devices);
            for address in &row.addresses {
                masked &= address.prefix_len.is_some();
                addresses.extend(own(address, link.ifindex));
            }
            // An alias, or `ip link` and `ip addr` of one device.
            match places.entry(link.ifindex) {
                Entry::Occupied(known) => merge(&mut links[*known.get()], link),
                Entry::Vacant(free) => {
                    free.insert(links.len());
                    links.push(link);
                }
            }
        }
    }
    let told = addresses.len();
    infer(&mut addresses, routes, &sockets.own());
    addresses.sort_by_key(|address| (address.ifindex, address.address));
    addresses.dedup_by_key(|address| (address.ifindex, address.address, address.prefix_len));
    let named: Vec<(String, u32)> =
        devices.names().map(|(name, index)| (name.to_owned(), index)).collect();
    let known: BTreeSet<u32> = links.iter().map(|link| link.ifindex).collect();
    for (name, ifindex) in named {
        if !known.contains(&ifindex) {
            links.push(nameless(name, ifindex));
        }
    }
    links.sort_by_key(|link| link.ifindex);
    let sections = (told < addresses.len() || of.is_empty())
        .then(|| build::part_missing(text!["devices and addresses that other tables name"]));
    let no_mask = (!masked).then(|| build::part_missing(text!["addresses without a mask"]));
    let flaws: Vec<_> = sections.into_iter().collect();
    let links = match (links.is_empty(), of.is_empty()) {
        (true, _) => build::missing("devices"),
        (false, true) => build::section(links, pieces, flaws.clone()),
        (false, false) => build::section(links, &of, Vec::new()),
    };
    let addresses = if addresses.is_empty() && of.is_empty() {
        build::missing("addresses")
    } else {
        build::section(addresses, &of, flaws.into_iter().chain(no_mask).collect())
    };
    (links, addresses)
}

fn link(row: &LinkRow, devices: &mut Devices) -> Link {
    let traffic_of =
        |ifindex| {
            row.traffic.map(|[rx_count, rx_dropped_count, tx_count, tx_dropped_count]| {
                LinkTraffic { ifindex, rx_count, tx_count, rx_dropped_count, tx_dropped_count }
            })
        };
    let ifindex = devices.index(&row.name);
    Link {
        ifindex,
        name: Foreign(row.name.clone()),
        alias: None,
        up: row.up.unwrap_or(true),
        carrier: row.carrier.unwrap_or(true),
        loopback: row.loopback,
        point_to_point: row.point_to_point,
        noarp: row.noarp,
        promiscuous: false,
        operstate: row.operstate.unwrap_or(OperState::Unknown),
        kind: row.kind.clone().map(Foreign),
        mac: row.mac,
        mtu_bytes: row.mtu_bytes.unwrap_or(0),
        master_ifindex: row.master.as_ref().map(|name| devices.index(name)),
        peer_ifindex: None,
        peer_netns_id: None,
        // Which one is not printed by all versions; that there is one matters.
        xdp_program_ids: if row.xdp { vec![0] } else { Vec::new() },
        traffic: traffic_of(ifindex),
    }
}

fn merge(known: &mut Link, other: Link) {
    known.mac = known.mac.or(other.mac);
    known.kind = known.kind.take().or(other.kind);
    known.master_ifindex = known.master_ifindex.or(other.master_ifindex);
    known.traffic = known.traffic.or(other.traffic);
}

/// A device of which only the name is known.
fn nameless(name: String, ifindex: u32) -> Link {
    let row = LinkRow {
        line: 0,
        name,
        ifindex: None,
        lower: None,
        up: None,
        carrier: None,
        loopback: false,
        point_to_point: false,
        noarp: false,
        operstate: None,
        master: None,
        mac: None,
        mtu_bytes: None,
        kind: None,
        traffic: None,
        xdp: false,
        addresses: Vec::new(),
    };
    let mut devices = Devices::default();
    Link { ifindex, ..link(&row, &mut devices) }
}

fn own(row: &AddressRow, ifindex: u32) -> Option<Address> {
    let host = |v6: std::net::Ipv6Addr| v6.is_unicast_link_local();
    let scope = match (row.scope, row.address) {
        (Some(scope), _) => scope,
        (None, ip) if ip.is_loopback() => AddressScope::Host,
        (None, IpAddr::V6(v6)) if host(v6) => AddressScope::Link,
        _ => AddressScope::Global,
    };
    Some(Address {
        ifindex,
        address: row.address,
        prefix_len: row.prefix_len?,
        peer: row.peer,
        broadcast: row.broadcast,
        scope,
        secondary: row.secondary,
        permanent: true,
        tentative: row.tentative,
        dad_failed: row.dad_failed,
        deprecated: false,
        noprefixroute: row.noprefixroute,
        label: row.label.clone().map(Foreign),
        valid_s: None,
    })
}

/// Addresses that routes and sockets tell.
fn infer(addresses: &mut Vec<Address>, routes: &Section<Vec<Route>>, own: &BTreeSet<IpAddr>) {
    let Some(routes) = routes.data() else { return };
    let wires: Vec<&Route> = routes
        .iter()
        .filter(|route| route.kind == RouteKind::Unicast && route.is_on_link())
        .filter(|route| route.destination.prefix_len() > 0 && route.next_hops.len() == 1)
        .collect();
    let known: BTreeSet<IpAddr> = addresses.iter().map(|address| address.address).collect();
    for route in &wires {
        let Some(prefsrc) = route.prefsrc else { continue };
        if route.protocol == KERNEL
            && route.destination.contains(&prefsrc)
            && !known.contains(&prefsrc)
        {
            addresses.push(inferred(route, prefsrc));
        }
    }
    let known: BTreeSet<IpAddr> = addresses.iter().map(|address| address.address).collect();
    let is_too_much = own.len().saturating_mul(wires.len()) > COMPARISONS_MAX;
    for &ip in own.difference(&known).filter(|_| !is_too_much) {
        let mut fitting: Vec<&&Route> =
            wires.iter().filter(|route| route.destination.contains(&ip)).collect();
        fitting.sort_by_key(|route| std::cmp::Reverse(route.destination.prefix_len()));
        let best = fitting.first().map(|route| route.destination.prefix_len());
        let same: Vec<_> =
            fitting.iter().filter(|route| Some(route.destination.prefix_len()) == best).collect();
        if let [only] = same[..] {
            addresses.push(inferred(only, ip));
        }
    }
}

fn inferred(route: &Route, address: IpAddr) -> Address {
    Address {
        ifindex: route.next_hops.first().map_or(0, |hop| hop.ifindex),
        address,
        prefix_len: route.destination.prefix_len(),
        peer: None,
        broadcast: None,
        scope: AddressScope::Global,
        secondary: false,
        permanent: true,
        tentative: false,
        dad_failed: false,
        deprecated: false,
        noprefixroute: false,
        label: None,
        valid_s: None,
    }
}

pub(super) fn neighbours(pieces: &[&Piece], devices: &mut Devices) -> Section<Vec<Neighbour>> {
    let of = build::with(pieces, |content| matches!(content, Content::Neighbours(_)));
    if of.is_empty() {
        return build::missing("neighbours");
    }
    let mut all: Vec<Neighbour> = Vec::new();
    let mut places: HashMap<(u32, IpAddr, bool), usize> = HashMap::new();
    for piece in &of {
        let Content::Neighbours(rows) = &piece.content else { continue };
        for row in rows {
            let neighbour = neighbour(row, devices);
            let key = (neighbour.ifindex, neighbour.address, neighbour.flags.proxy);
            match places.entry(key) {
                // `arp` knows less than `ip neigh`.
                Entry::Occupied(known) if row.state.is_some() => all[*known.get()] = neighbour,
                Entry::Occupied(_) => {}
                Entry::Vacant(free) => {
                    free.insert(all.len());
                    all.push(neighbour);
                }
            }
        }
    }
    build::section(all, &of, Vec::new())
}

fn neighbour(row: &NeighbourRow, devices: &mut Devices) -> Neighbour {
    let mac = row.mac.filter(|mac| !mac.is_zero());
    Neighbour {
        ifindex: row.device.as_ref().map_or(0, |name| devices.index(name)),
        address: row.address,
        // `arp` shows that there is a MAC, not how old it is.
        state: row.state.unwrap_or(if mac.is_some() { Nud::Stale } else { Nud::Incomplete }),
        mac,
        flags: NeighbourFlags { router: row.router, proxy: row.proxy, ..NeighbourFlags::default() },
        ages: row.ages_s.map(|[used, confirmed, updated]| NeighbourAges {
            used_ms: u64::from(used) * 1_000,
            confirmed_ms: u64::from(confirmed) * 1_000,
            updated_ms: u64::from(updated) * 1_000,
        }),
        probes_count: row.probes_count,
        protocol: None,
    }
}
