//! Neighbours seen together: whose MAC is behind several addresses, and which prefix fits what is
//! really on the wire.

mod number;
mod on_link;
mod prefix_fit;
#[cfg(test)]
mod tests;

use std::collections::{BTreeSet, HashMap};
use std::net::IpAddr;

use ipnet::IpNet;

use crate::{Address, Family, Link, Mac, Neighbour, Nud, Route, Section, order};
use number::{Number, number};
use on_link::OnLink;
pub use prefix_fit::{Misfit, PrefixFit};

/// Who is on the wires of this host.
///
/// Built once from whole tables; no question about an entry looks at all the others.
#[derive(Debug)]
pub struct Neighbourhood {
    /// Numbers of this host's MACs, in order, with the first device of each.
    own_macs: Vec<(u64, u32)>,
    own_addresses: BTreeSet<Number>,
    gateways: BTreeSet<(u32, Number)>,
    /// Those with several entries: in a flat network nearly all have one, and few are here.
    machines: HashMap<MachineKey, Machine>,
    /// `None` unless all routes and addresses are known.
    on_link: Option<OnLink>,
    fits: HashMap<(u32, IpNet), PrefixFit>,
    /// Those of `fits` that are too wide: few, if any.
    too_wide: Vec<PrefixFit>,
}

/// Device, MAC and family.
type MachineKey = (u32, Mac, Family);

/// What answers with one MAC on one device, in one family.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Machine {
    /// Addresses that resolve to the MAC; link-local ones of IPv6 are not counted.
    pub address_count: u32,
    /// One of them that is the gateway of a route by the device.
    pub gateway: Option<IpAddr>,
    /// How many of them lie in the part of a prefix that is not on this wire
    /// ([`Neighbourhood::is_outside`]); 0 unless all routes are known.
    pub outside_count: u32,
    /// One of the others: the machine's own address, when there are any outside.
    pub owner: Option<IpAddr>,
}

impl Machine {
    /// True when the address is all that the machine is known to have.
    fn is_alone(&self, address: IpAddr) -> bool {
        self.address_count <= 1 && self.gateway.is_none_or(|gateway| gateway == address)
    }
}

impl Neighbourhood {
    /// From whole tables, of which any may be missing. Without all routes no gateway is known for
    /// sure, so nobody is said to answer for others.
    pub fn new(
        neighbours: &[Neighbour],
        links: &[Link],
        addresses: &Section<Vec<Address>>,
        routes: &Section<Vec<Route>>,
    ) -> Self {
        let hops = routes.data().into_iter().flatten().flat_map(|route| &route.next_hops);
        let own = addresses.data().into_iter().flatten();
        let macs = links.iter().filter_map(|link| Some((link.mac?, link.ifindex)));
        let mut found = Self {
            own_macs: first_devices(macs.filter(|(mac, _)| !mac.is_zero())),
            own_addresses: order::set(own.map(|address| address.address.into())),
            gateways: order::set(hops.filter_map(|hop| Some((hop.ifindex, hop.gateway?.into())))),
            machines: HashMap::new(),
            on_link: routes
                .whole()
                .zip(addresses.whole())
                .map(|(routes, own)| OnLink::new(routes, own)),
            fits: HashMap::new(),
            too_wide: Vec::new(),
        };
        found.count(neighbours);
        if routes.whole().is_some() {
            found.judge_prefixes(neighbours, addresses.data().map_or(&[], Vec::as_slice));
            found.count_outside(neighbours);
        }
        found
    }

    /// Finds machines with several entries by sorting: a map of all would be larger than the table.
    fn count(&mut self, neighbours: &[Neighbour]) {
        let keys = neighbours.iter().zip(0_u32..).filter_map(|(entry, place)| {
            let key = self.machine_key(entry)?;
            Some(packed(key) << u32::BITS | u128::from(place))
        });
        let mut keys: Vec<u128> = keys.collect();
        keys.sort_unstable();
        let same = |one: &u128, other: &u128| one >> u32::BITS == other >> u32::BITS;
        for together in keys.chunk_by(same).filter(|together| together.len() > 1) {
            let mut machine = Machine::default();
            let mut machine_key = None;
            for &key in together {
                #[expect(clippy::cast_possible_truncation, reason = "the lower bits are the place")]
                let Some(entry) = neighbours.get(key as u32 as usize) else { continue };
                let alone = self.alone(entry);
                machine.address_count += alone.address_count;
                machine.gateway = machine.gateway.or(alone.gateway);
                machine_key = self.machine_key(entry);
            }
            self.machines.extend(machine_key.map(|key| (key, machine)));
        }
    }

    /// A machine of which nothing but this entry is known.
    fn alone(&self, entry: &Neighbour) -> Machine {
        let gateway = self.is_gateway(entry.ifindex, entry.address).then_some(entry.address);
        let address_count = u32::from(!is_link_local(entry.address));
        Machine { address_count, gateway, ..Machine::default() }
    }

    fn count_outside(&mut self, neighbours: &[Neighbour]) {
        if self.too_wide.is_empty() {
            return;
        }
        for entry in neighbours {
            let Some(key) = self.machine_key(entry) else { continue };
            let Some(is_outside) = self.is_outside(entry) else { continue };
            // One with a single entry is alone wherever that lies.
            let Some(machine) = self.machines.get_mut(&key) else { continue };
            if !is_outside {
                machine.owner.get_or_insert(entry.address);
            } else if !machine.is_alone(entry.address) {
                machine.outside_count += 1;
            }
        }
    }

    /// Whether the entry lies in the far part of a prefix that is too wide for its wire; `None`
    /// when no such prefix holds it.
    pub fn is_outside(&self, entry: &Neighbour) -> Option<bool> {
        let claims =
            |fit: &&PrefixFit| fit.ifindex == entry.ifindex && fit.prefix.contains(&entry.address);
        self.too_wide.iter().find(claims).map(|fit| !fit.holds(entry.address))
    }

    /// The machine that an entry is about; `None` for entries without a MAC that packets can be
    /// sent to, and for this host's own MACs.
    pub fn machine(&self, entry: &Neighbour) -> Option<Machine> {
        let known = self.machines.get(&self.machine_key(entry)?);
        Some(known.copied().unwrap_or_else(|| self.alone(entry)))
    }

    /// As [`Self::machine`], when the machine has several entries.
    pub fn shared_machine(&self, entry: &Neighbour) -> Option<Machine> {
        // In most tables no machine has.
        if self.machines.is_empty() {
            return None;
        }
        self.machines.get(&self.machine_key(entry)?).copied()
    }

    /// The machines with several entries by device, MAC and family, in no order.
    pub fn machines(&self) -> impl Iterator<Item = (&MachineKey, &Machine)> {
        self.machines.iter()
    }

    fn machine_key(&self, entry: &Neighbour) -> Option<MachineKey> {
        let mac = usable_mac(entry).filter(|&mac| self.device_with(mac).is_none())?;
        Some((entry.ifindex, mac, Family::of(entry.address)))
    }

    /// The device of this host, as ifindex, whose MAC the entry has.
    pub fn own_device(&self, entry: &Neighbour) -> Option<u32> {
        self.device_with(usable_mac(entry)?)
    }

    fn device_with(&self, mac: Mac) -> Option<u32> {
        let place = self.own_macs.binary_search_by_key(&number(mac), |&(own, _)| own);
        Some(self.own_macs.get(place.ok()?)?.1)
    }

    /// True for the gateway of a route by this device.
    pub fn is_gateway(&self, ifindex: u32, address: IpAddr) -> bool {
        self.gateways.contains(&(ifindex, address.into()))
    }

    /// True for an address of this host.
    pub fn is_own(&self, address: IpAddr) -> bool {
        self.own_addresses.contains(&address.into())
    }

    /// True when no route and no address puts the entry on its device, and it is no gateway there.
    /// False for entries that are never asked for, and unless routes and addresses are known.
    pub fn is_ghost(&self, entry: &Neighbour) -> bool {
        let asked = !entry.flags.proxy && entry.state != Nud::NoArp && entry.ifindex != 0;
        asked
            && self
                .on_link
                .as_ref()
                .is_some_and(|on_link| !on_link.covers(entry.ifindex, entry.address))
            && !self.is_gateway(entry.ifindex, entry.address)
    }

    /// Another device, as ifindex, on whose wire the address is by a prefix.
    pub fn wire_of(&self, address: IpAddr) -> Option<u32> {
        self.on_link.as_ref()?.device_of(address)
    }

    /// How the prefix of an address of this host fits its wire; `None` where that is no question
    /// (one address or two, link-local, loopback, point to point) and unless all routes are known.
    pub fn fit(&self, address: &Address) -> Option<&PrefixFit> {
        self.fits.get(&(address.ifindex, address.prefix()))
    }
}

/// A number for each key.
fn packed((ifindex, mac, family): MachineKey) -> u128 {
    let family = u128::from(family == Family::V6);
    u128::from(ifindex) << 49 | u128::from(number(mac)) << 1 | family
}

/// The MACs in order, each with the first device that has it, as a bridge before its port.
fn first_devices(macs: impl Iterator<Item = (Mac, u32)>) -> Vec<(u64, u32)> {
    let mut devices: Vec<_> = macs.map(|(mac, ifindex)| (number(mac), ifindex)).collect();
    order::sort_by_key(&mut devices, |&(mac, _)| mac);
    devices.dedup_by_key(|&mut (mac, _)| mac);
    devices
}

/// The MAC of an entry that packets can be sent to, unless it is a group address.
fn usable_mac(entry: &Neighbour) -> Option<Mac> {
    let in_use = !entry.state.is_unresolved()
        && !matches!(entry.state, Nud::NoArp | Nud::None)
        && !entry.flags.proxy;
    entry.mac.filter(|mac| in_use && !mac.is_zero() && mac.0[0] & 1 == 0 && !mac.is_calico())
}

/// Every machine has one of IPv6 beside its others.
fn is_link_local(address: IpAddr) -> bool {
    matches!(address, IpAddr::V6(v6) if v6.is_unicast_link_local())
}
