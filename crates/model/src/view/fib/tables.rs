//! Routing tables by prefix.

use std::cmp::Reverse;
use std::collections::{BTreeMap, HashMap};
use std::net::IpAddr;

use ipnet::IpNet;

use crate::{Family, Route, order};

/// The bits of an address, first bit first; an IPv4 address fills the first 32.
pub(super) fn bits(ip: IpAddr) -> u128 {
    match ip {
        IpAddr::V4(v4) => u128::from(v4.to_bits()) << 96,
        IpAddr::V6(v6) => v6.to_bits(),
    }
}

/// The first `len` bits.
fn masked(bits: u128, len: u8) -> u128 {
    let cleared = 128_u32.saturating_sub(u32::from(len));
    u128::MAX.checked_shl(cleared).map_or(0, |mask| bits & mask)
}

/// True when an address given by its bits lies in the prefix.
pub(super) fn covers(prefix: &IpNet, address: u128) -> bool {
    masked(address, prefix.prefix_len()) == masked(bits(prefix.addr()), prefix.prefix_len())
}

/// The entries of one prefix, in the order in which the kernel tries them.
#[derive(Clone, Copy, Debug)]
pub(super) struct Node<'a, 't> {
    /// Length of the prefix.
    pub(super) len: u8,
    /// Its first address.
    pub(super) network: u128,
    pub(super) routes: &'t [&'a Route],
}

/// One routing table.
#[derive(Debug, Default)]
pub(super) struct Table<'a> {
    by_len: BTreeMap<u8, HashMap<u128, Vec<&'a Route>>>,
}

impl<'a> Table<'a> {
    fn insert(&mut self, route: &'a Route) {
        let len = route.destination.prefix_len();
        let network = masked(bits(route.destination.addr()), len);
        self.by_len.entry(len).or_default().entry(network).or_default().push(route);
    }

    /// Brings the entries of each prefix in the kernel's order. Among equals the older comes
    /// first, as in a dump.
    fn sort(&mut self, family: Family) {
        for routes in self.by_len.values_mut().flat_map(HashMap::values_mut) {
            match family {
                Family::V4 => {
                    order::sort_by_key(routes, |route| (Reverse(route.tos), route.metric));
                }
                Family::V6 => order::sort_by_key(routes, |route| route.metric),
            }
        }
    }

    /// The prefixes that hold the address, longest first.
    pub(super) fn matching<'t>(&'t self, address: u128) -> impl Iterator<Item = Node<'a, 't>> {
        self.by_len.iter().rev().filter_map(move |(&len, prefixes)| {
            let network = masked(address, len);
            prefixes.get(&network).map(|routes| Node { len, network, routes })
        })
    }

    /// The entries of the default route.
    pub(super) fn default_routes(&self) -> &[&'a Route] {
        self.by_len.get(&0).and_then(|prefixes| prefixes.get(&0)).map_or(&[], Vec::as_slice)
    }
}

/// All tables of both families.
#[derive(Debug, Default)]
pub(super) struct TableSet<'a>(HashMap<(Family, u32), Table<'a>>);

impl<'a> TableSet<'a> {
    pub(super) fn new(routes: &'a [Route]) -> Self {
        let mut tables: HashMap<(Family, u32), Table<'a>> = HashMap::new();
        for route in routes {
            tables.entry((route.family, route.table)).or_default().insert(route);
        }
        for ((family, _), table) in &mut tables {
            table.sort(*family);
        }
        Self(tables)
    }

    pub(super) fn of_family(&self, family: Family) -> impl Iterator<Item = &Table<'a>> {
        self.0.iter().filter(move |((of, _), _)| *of == family).map(|(_, table)| table)
    }

    pub(super) fn get(&self, family: Family, table: u32) -> Option<&Table<'a>> {
        self.0.get(&(family, table))
    }
}
