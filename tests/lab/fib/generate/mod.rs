//! Random topologies and look-ups, from a small stock of addresses so that they meet.

mod query;
mod route;
mod rule;

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::IpNet;
use synrecv_model::{Family, Nud};

pub(super) use rule::made_by_the_kernel;

use super::item::{Item, NewNeighbour, Switch};
use super::world::{FLAPPING, Ground, QUIET, WIRED};
use crate::tables::random::Random;

/// Tables of routes and rules: `main` more often than others.
const TABLES: [u32; 10] = [254, 254, 254, 254, 255, 253, 100, 100, 200, 70_000];

const BASES_V4: [[u8; 4]; 8] = [
    [10, 0, 0, 0],
    [10, 0, 1, 0],
    [10, 0, 4, 128],
    [10, 7, 0, 0],
    [10, 7, 7, 0],
    [10, 7, 7, 128],
    [192, 168, 5, 0],
    [127, 5, 0, 0],
];
const LENGTHS_V4: [u8; 14] = [0, 0, 1, 7, 8, 12, 16, 20, 23, 24, 25, 28, 31, 32];

const BASES_V6: [[u16; 8]; 7] = [
    [0xfd00, 0, 0, 1, 0, 0, 0, 0],
    [0xfd00, 0, 0, 2, 0, 0, 0, 0x80],
    [0xfd07, 0, 0, 0, 0, 0, 0, 0],
    [0xfd07, 0, 7, 0, 0, 0, 0, 0],
    [0xfd07, 0, 7, 7, 0, 0, 0, 0],
    [0x2001, 0xdb8, 7, 0, 0, 0, 0, 0],
    [0xfe80, 0, 0, 0, 0, 0, 0, 0],
];
const LENGTHS_V6: [u8; 12] = [0, 0, 1, 7, 16, 32, 47, 48, 64, 96, 127, 128];

/// Makes topologies for one host.
pub(super) struct Generator<'g> {
    pub(super) random: Random,
    pub(super) ground: &'g Ground,
    /// Rules are added. Without them IPv4 keeps `local` and `main` in one table.
    pub(super) rules: bool,
    /// Varies which metric has which router preference.
    pub(super) turn: u64,
}

impl Generator<'_> {
    /// Everything that is added to the host, in this order.
    pub(super) fn topology(&mut self) -> Vec<Item> {
        let mut items = Vec::new();
        for family in [Family::V4, Family::V6] {
            if self.random.chance(40) {
                items.extend(self.objects(family));
            }
        }
        for family in [Family::V4, Family::V6] {
            for _ in 0..self.random.between(3, 16) {
                items.push(Item::Route(self.route(family)));
            }
            if self.random.chance(10) {
                items.extend(self.default_gateways(family));
            }
            if self.rules {
                for _ in 0..self.random.between(0, 7) {
                    items.push(Item::Rule(self.rule(family)));
                }
            }
            if self.random.chance(40) {
                for _ in 0..self.random.between(1, 6) {
                    items.push(Item::Neighbour(self.neighbour(family)));
                }
            }
        }
        if self.random.chance(15) {
            let ifindex = self.ground.ifindex(FLAPPING);
            items.push(Item::Switch(Switch { device: FLAPPING, ifindex, up: false }));
        }
        items
    }

    fn one_of(&mut self, count: usize) -> usize {
        let last = u64::try_from(count).expect("few") - 1;
        usize::try_from(self.random.between(0, last)).expect("few")
    }

    fn small(&mut self, least: u8, most: u8) -> u8 {
        u8::try_from(self.random.between(least.into(), most.into())).expect("at most `most`")
    }

    /// An address out of one of the stock prefixes.
    fn address(&mut self, family: Family) -> IpAddr {
        let low = self.small(0, 7);
        match family {
            Family::V4 => {
                let mut octets = *self.random.pick(&BASES_V4);
                octets[3] |= low;
                Ipv4Addr::from(octets).into()
            }
            Family::V6 => {
                let mut words = *self.random.pick(&BASES_V6);
                words[7] |= u16::from(low);
                Ipv6Addr::from(words).into()
            }
        }
    }

    fn prefix(&mut self, family: Family) -> IpNet {
        let address = self.address(family);
        let len = match family {
            Family::V4 => *self.random.pick(&LENGTHS_V4),
            Family::V6 => *self.random.pick(&LENGTHS_V6),
        };
        IpNet::new(address, len).expect("a length of its family").trunc()
    }

    /// A device, and the number of its wire.
    fn device(&mut self) -> (u8, &'static str) {
        match self.random.between(0, 99) {
            0..=11 => (4, QUIET),
            12..=19 => (6, FLAPPING),
            _ => {
                let at = self.small(0, 3);
                (at, WIRED[usize::from(at)])
            }
        }
    }

    /// A neighbour of the host on a wire.
    fn on_wire(&mut self, family: Family, wire: u8) -> IpAddr {
        let last = self.small(20, 24);
        match family {
            Family::V4 => Ipv4Addr::new(10, 0, wire, last).into(),
            Family::V6 if self.random.chance(20) => {
                Ipv6Addr::new(0xfe80, 0, 0, 0, 0, 0, 0, last.into()).into()
            }
            Family::V6 => {
                Ipv6Addr::new(0xfd00, 0, 0, u16::from(wire) + 1, 0, 0, 0, last.into()).into()
            }
        }
    }

    fn neighbour(&mut self, family: Family) -> NewNeighbour {
        let (wire, device) = self.device();
        let address = self.on_wire(family, wire);
        let states = [Nud::Failed, Nud::Failed, Nud::Reachable, Nud::Permanent];
        let state = *self.random.pick(&states);
        NewNeighbour { device, ifindex: self.ground.ifindex(device), address, state }
    }
}
