//! What entries of the neighbour tables show when they are seen together.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::net::IpAddr;

use ipnet::IpNet;
use synrecv_model::{Family, Foreign, Mac, Neighbour, Nud};

use super::ArpTable;

/// Something about one entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Mark {
    /// So many IPv4 addresses of the device resolve to this MAC.
    SharedMac(u32),
    /// A gateway of the device has the same MAC.
    GatewayMac,
    /// The MAC is that of a device of this host.
    OwnMac(Foreign),
    /// No answer, and the questions asked.
    Unresolved(Option<u32>),
    /// No route puts the address on the wire of this device, and it is no gateway.
    NoRoute,
}

impl Mark {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::SharedMac(_) => "shared-mac",
            Self::GatewayMac => "gateway-mac",
            Self::OwnMac(_) => "own-mac",
            Self::Unresolved(_) => "unresolved",
            Self::NoRoute => "no-route",
        }
    }
}

/// What an address is to this host.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    /// Gateway of a route by this device.
    Gateway,
    /// An address of this host.
    Own,
}

impl Role {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Gateway => "gateway",
            Self::Own => "own",
        }
    }
}

/// Prefixes on the wire of a device, found by trying each length that there is.
#[derive(Debug, Default)]
struct OnLink {
    prefixes: HashSet<(u32, IpNet)>,
    lengths: BTreeSet<(Family, u8)>,
}

impl OnLink {
    fn covers(&self, ifindex: u32, address: IpAddr) -> bool {
        let family = Family::of(address);
        self.lengths.iter().filter(|(of, _)| *of == family).any(|&(_, length)| {
            IpNet::new(address, length)
                .is_ok_and(|net| self.prefixes.contains(&(ifindex, net.trunc())))
        })
    }
}

/// Indexes for [`Marks::of`], which looks at one entry in constant time.
#[derive(Debug)]
pub(super) struct Marks {
    gateways: HashSet<(u32, IpAddr)>,
    gateway_macs: HashSet<(u32, Mac)>,
    own_addresses: HashSet<IpAddr>,
    own_macs: HashMap<Mac, Foreign>,
    sharers: HashMap<(u32, Mac), u32>,
    /// `None` unless all routes are known.
    on_link: Option<OnLink>,
}

impl Marks {
    pub(super) fn new(table: &ArpTable<'_>) -> Self {
        let mut gateways = HashSet::new();
        for route in table.routes.data().into_iter().flatten() {
            let hops = route.next_hops.iter();
            gateways.extend(hops.filter_map(|hop| Some((hop.ifindex, hop.gateway?))));
        }
        let mut own_macs = HashMap::new();
        for link in table.links.data().into_iter().flatten() {
            if let Some(mac) = link.mac.filter(|mac| !mac.is_zero()) {
                own_macs.entry(mac).or_insert_with(|| link.name.clone());
            }
        }
        let mut sharers: HashMap<_, u32> = HashMap::new();
        let mut gateway_macs = HashSet::new();
        for entry in table.neighbours.data().into_iter().flatten() {
            let Some(mac) = usable_mac(entry) else { continue };
            // A host with IPv6 has several addresses behind its MAC as a rule.
            if entry.address.is_ipv4() {
                *sharers.entry((entry.ifindex, mac)).or_default() += 1;
            }
            if gateways.contains(&(entry.ifindex, entry.address)) {
                gateway_macs.insert((entry.ifindex, mac));
            }
        }
        let own = table.addresses.data().into_iter().flatten();
        Self {
            gateways,
            gateway_macs,
            own_addresses: own.map(|address| address.address).collect(),
            own_macs,
            sharers,
            on_link: on_link(table),
        }
    }

    /// True when some MAC that is not this host's has several IPv4 addresses of one device.
    pub(super) fn any_shared(&self) -> bool {
        self.sharers.iter().any(|((_, mac), &count)| count > 1 && !self.own_macs.contains_key(mac))
    }

    pub(super) fn role(&self, entry: &Neighbour) -> Option<Role> {
        if self.gateways.contains(&(entry.ifindex, entry.address)) {
            Some(Role::Gateway)
        } else if self.own_addresses.contains(&entry.address) {
            Some(Role::Own)
        } else {
            None
        }
    }

    pub(super) fn of(&self, entry: &Neighbour) -> Vec<Mark> {
        let mut marks = Vec::new();
        if entry.state.is_unresolved() && !entry.flags.proxy {
            marks.push(Mark::Unresolved(entry.probes_count));
        }
        if let Some(mac) = usable_mac(entry) {
            if let Some(dev) = self.own_macs.get(&mac) {
                marks.push(Mark::OwnMac(dev.clone()));
            } else {
                self.mark_mac(entry, mac, &mut marks);
            }
        }
        if self.is_off_route(entry) {
            marks.push(Mark::NoRoute);
        }
        marks
    }

    fn mark_mac(&self, entry: &Neighbour, mac: Mac, marks: &mut Vec<Mark>) {
        let key = (entry.ifindex, mac);
        if !entry.address.is_ipv4() {
            return;
        }
        if let Some(&count) = self.sharers.get(&key).filter(|&&count| count > 1) {
            marks.push(Mark::SharedMac(count));
            if self.gateway_macs.contains(&key) && self.role(entry) != Some(Role::Gateway) {
                marks.push(Mark::GatewayMac);
            }
        }
    }

    fn is_off_route(&self, entry: &Neighbour) -> bool {
        let Some(on_link) = &self.on_link else { return false };
        let asked = !entry.flags.proxy && entry.state != Nud::NoArp && entry.ifindex != 0;
        asked
            && !self.gateways.contains(&(entry.ifindex, entry.address))
            && !on_link.covers(entry.ifindex, entry.address)
    }
}

/// The MAC of an entry that packets can be sent to, unless it is a group address.
fn usable_mac(entry: &Neighbour) -> Option<Mac> {
    let in_use = !entry.state.is_unresolved()
        && !matches!(entry.state, Nud::NoArp | Nud::None)
        && !entry.flags.proxy;
    entry.mac.filter(|mac| in_use && !mac.is_zero() && mac.0[0] & 1 == 0)
}

fn on_link(table: &ArpTable<'_>) -> Option<OnLink> {
    let mut on_link = OnLink::default();
    for route in table.routes.whole()? {
        let net = route.destination.trunc();
        for hop in route.next_hops.iter().filter(|hop| hop.gateway.is_none()) {
            on_link.prefixes.insert((hop.ifindex, net));
            on_link.lengths.insert((route.family, net.prefix_len()));
        }
    }
    Some(on_link)
}
