//! Prefixes on the wire of a device, found by trying each length that there is.

use std::cell::Cell;
use std::collections::{BTreeSet, HashMap};
use std::net::IpAddr;

use ipnet::IpNet;

use crate::{Address, Family, Route, RouteKind};

#[derive(Debug, Default)]
pub(super) struct OnLink {
    devices: HashMap<IpNet, Vec<u32>>,
    lengths: BTreeSet<(Family, u8)>,
    /// A prefix and one of its devices, found last: entries come in order of device and address.
    last: Cell<Option<(IpNet, u32)>>,
}

impl OnLink {
    /// Prefixes that routes lead to without a gateway, and those of addresses, which may have no
    /// route of their own (`noprefixroute`).
    pub(super) fn new(routes: &[Route], addresses: &[Address]) -> Self {
        let mut found = Self::default();
        for route in routes.iter().filter(|route| route.kind == RouteKind::Unicast) {
            for hop in route.next_hops.iter().filter(|hop| hop.gateway.is_none()) {
                found.add(route.destination.trunc(), hop.ifindex);
            }
        }
        for address in addresses {
            found.add(address.prefix(), address.ifindex);
        }
        found
    }

    fn add(&mut self, net: IpNet, ifindex: u32) {
        self.lengths.insert((Family::of(net.addr()), net.prefix_len()));
        let devices = self.devices.entry(net).or_default();
        if !devices.contains(&ifindex) {
            devices.push(ifindex);
        }
    }

    /// Each prefix that holds the address, the longest first, with its devices.
    fn prefixes(&self, address: IpAddr) -> impl Iterator<Item = (IpNet, &[u32])> {
        let family = Family::of(address);
        self.lengths.iter().rev().filter(move |(of, _)| *of == family).filter_map(
            move |&(_, length)| {
                let net = IpNet::new(address, length).ok()?.trunc();
                self.devices.get(&net).map(|devices| (net, devices.as_slice()))
            },
        )
    }

    pub(super) fn covers(&self, ifindex: u32, address: IpAddr) -> bool {
        let as_before = |(net, device): (IpNet, u32)| device == ifindex && net.contains(&address);
        if self.last.get().is_some_and(as_before) {
            return true;
        }
        let found = self.prefixes(address).find(|(_, devices)| devices.contains(&ifindex));
        if let Some((net, _)) = found {
            self.last.set(Some((net, ifindex)));
        }
        found.is_some()
    }

    pub(super) fn device_of(&self, address: IpAddr) -> Option<u32> {
        let (_, devices) = self.prefixes(address).next()?;
        devices.first().copied()
    }
}
