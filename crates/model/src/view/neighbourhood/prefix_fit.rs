//! Does the prefix of an address fit what is on its wire?

use std::net::IpAddr;

use ipnet::IpNet;

use super::{Neighbourhood, Number, is_link_local};
use crate::view::{common_bits, fit, place};
use crate::{Address, Neighbour};

/// Silent addresses in the far part of a prefix from which they count: one can be a host that is
/// off.
const SILENT_MIN: usize = 2;

/// How the prefix of an address fits the neighbours on its wire.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PrefixFit {
    /// Device.
    pub ifindex: u32,
    /// The prefix as configured.
    pub prefix: IpNet,
    /// Gateways and neighbours of the prefix that answer for themselves.
    pub inside_count: u32,
    /// What does not fit, and the prefix that would.
    pub misfit: Option<(Misfit, IpNet)>,
    /// Addresses that show it.
    pub outside_count: u32,
}

/// What does not fit a prefix.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Misfit {
    /// Too wide: all that is in its far part resolves to MACs that have several addresses.
    SharedMac,
    /// The same, and all of those MACs are gateways' own.
    GatewayMac,
    /// Too wide: nothing in its far part answers, and nobody else is silent.
    Silent,
    /// Too narrow: neighbours that answer for themselves lie beyond it.
    TooNarrow,
}

impl PrefixFit {
    /// True when the prefix that fits holds the address.
    pub fn holds(&self, address: IpAddr) -> bool {
        self.misfit.is_none_or(|(_, fitting)| fitting.contains(&address))
    }

    /// True when something is known about the wire and the prefix agrees with it; `None` when
    /// nothing is known.
    pub fn fits(&self) -> Option<bool> {
        match self.misfit {
            Some(_) => Some(false),
            None => (self.inside_count > 0).then_some(true),
        }
    }
}

/// The neighbours of one prefix.
#[derive(Debug, Default)]
struct Residents {
    inside: Vec<IpAddr>,
    shared: Vec<IpAddr>,
    /// Somebody who is no gateway has some of `shared`.
    shared_with_neighbour: bool,
    silent: Vec<IpAddr>,
    /// Answer for themselves next to the prefix, on no prefix of the device.
    beside: Vec<IpAddr>,
    someone_near_is_silent: bool,
}

impl Neighbourhood {
    /// Judges each prefix of a device once, however many addresses claim it.
    pub(super) fn judge_prefixes(&mut self, neighbours: &[Neighbour], addresses: &[Address]) {
        let mut sorted: Vec<&Neighbour> =
            neighbours.iter().filter(|entry| !entry.flags.proxy).collect();
        sorted.sort_unstable_by_key(|entry| place_of(entry.ifindex, entry.address));
        for own in addresses {
            let prefix = own.prefix();
            let full = if own.address.is_ipv4() { 32 } else { 128 };
            let alone = prefix.prefix_len() + 1 >= full || own.peer.is_some();
            let local = own.address.is_loopback() || is_link_local(own.address);
            if alone || local || self.fits.contains_key(&(own.ifindex, prefix)) {
                continue;
            }
            let mut found = self.residents(&sorted, own, prefix);
            let inside_count = count(&found.inside);
            let (first, last) = (Number::from(prefix.network()), Number::from(prefix.broadcast()));
            found.inside.extend(self.own_addresses.range(first..=last).copied().map(IpAddr::from));
            let (misfit, outside) = judge(own.address, prefix, &found);
            let fit = PrefixFit {
                ifindex: own.ifindex,
                prefix,
                inside_count,
                misfit,
                outside_count: count(outside),
            };
            self.fits.insert((own.ifindex, prefix), fit);
            if matches!(misfit, Some((kind, _)) if kind != Misfit::TooNarrow) {
                self.too_wide.push(fit);
            }
        }
    }

    /// `sorted` are all entries by device and address.
    fn residents(&self, sorted: &[&Neighbour], own: &Address, prefix: IpNet) -> Residents {
        let near = place(own.address);
        let mut found = Residents::default();
        let (first, last) = (prefix.network().into(), prefix.broadcast().into());
        let gateways = self.gateways.range((own.ifindex, first)..=(own.ifindex, last));
        found.inside.extend(gateways.map(|&(_, ip)| IpAddr::from(ip)));
        // One of them holds the other.
        let wide = if prefix.prefix_len() < near.prefix_len() { prefix } else { near };
        let place = |entry: &Neighbour| place_of(entry.ifindex, entry.address);
        let (first, last) =
            (place_of(own.ifindex, wide.network()), place_of(own.ifindex, wide.broadcast()));
        let start = sorted.partition_point(|entry| place(entry) < first);
        for entry in sorted[start..].iter().take_while(|entry| place(entry) <= last) {
            let ip = entry.address;
            let is_near = near.contains(&ip);
            let holds = prefix.contains(&ip);
            if self.is_own(ip) || self.is_gateway(own.ifindex, ip) {
                continue;
            }
            match self.machine(entry) {
                _ if entry.state.is_unresolved() && holds => {
                    found.someone_near_is_silent |= is_near;
                    found.silent.push(ip);
                }
                Some(machine) if machine.is_alone(ip) && holds => found.inside.push(ip),
                Some(machine) if machine.is_alone(ip) && self.is_ghost(entry) => {
                    found.beside.push(ip);
                }
                // Several addresses near this host's own are more likely those of one machine.
                Some(machine) if holds && !is_near => {
                    found.shared_with_neighbour |= machine.gateway.is_none();
                    found.shared.push(ip);
                }
                _ => {}
            }
        }
        found
    }
}

fn place_of(ifindex: u32, address: IpAddr) -> (u32, Number) {
    (ifindex, address.into())
}

fn count(list: &[IpAddr]) -> u32 {
    u32::try_from(list.len()).unwrap_or(u32::MAX)
}

/// What does not fit, and the addresses that show it.
fn judge(own: IpAddr, prefix: IpNet, found: &Residents) -> (Option<(Misfit, IpNet)>, &[IpAddr]) {
    let usual = place(own);
    let net = |length: u8| IpNet::new(own, length).map_or(prefix, |net| net.trunc());
    if prefix.prefix_len() < usual.prefix_len() {
        let silent = if found.someone_near_is_silent { &[][..] } else { &found.silent };
        let (misfit, outside) = if !found.shared.is_empty() {
            let by_neighbour = found.shared_with_neighbour;
            let misfit = if by_neighbour { Misfit::SharedMac } else { Misfit::GatewayMac };
            (misfit, &found.shared[..])
        } else if silent.len() >= SILENT_MIN {
            (Misfit::Silent, silent)
        } else {
            return (None, &[]);
        };
        let suggested = fit(own, &found.inside, outside).map(|fit| fit.suggested);
        return match suggested.filter(|&suggested| suggested > prefix.prefix_len()) {
            Some(suggested) => (Some((misfit, net(suggested))), outside),
            None => (None, &[]),
        };
    }
    // Wider than usual is not guessed: several subnets can share a wire.
    let beside = found.beside.iter().filter_map(|&ip| common_bits(own, ip)).min();
    match beside.filter(|_| own.is_ipv4()) {
        Some(bits) => (Some((Misfit::TooNarrow, net(bits))), &found.beside),
        None => (None, &[]),
    }
}
