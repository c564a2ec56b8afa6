//! Routes and next-hop objects.

use std::net::IpAddr;

use synrecv_model::{Family, NextHop, NextHopFlags, NextHopObject, RouteKind};

use super::{Generator, TABLES};
use crate::fib::item::{Hop, Item, NewRoute, Object};

impl Generator<'_> {
    fn hop(&mut self, family: Family) -> Hop {
        let (wire, device) = self.device();
        let ifindex = self.ground.ifindex(device);
        let weight = self.small(1, 5);
        let hop = Hop { device, ifindex, gateway: None, onlink: false, weight };
        match self.random.between(0, 9) {
            0..=1 => hop,
            2 => Hop { gateway: Some(self.address(family)), onlink: true, ..hop },
            3 if family == Family::V4 => {
                Hop { gateway: Some(self.on_wire(Family::V6, wire)), ..hop }
            }
            _ => Hop { gateway: Some(self.on_wire(family, wire)), ..hop },
        }
    }

    pub(super) fn route(&mut self, family: Family) -> NewRoute {
        let kind = match self.random.between(0, 19) {
            0 => RouteKind::Blackhole,
            1 => RouteKind::Unreachable,
            2 => RouteKind::Prohibit,
            3 => RouteKind::Throw,
            4 => RouteKind::Local,
            5 if family == Family::V4 => RouteKind::Broadcast,
            _ => RouteKind::Unicast,
        };
        let mut route = NewRoute {
            kind,
            destination: self.prefix(family),
            source: None,
            table: *self.random.pick(&TABLES),
            metric: *self.random.pick(&[0, 0, 0, 1, 50, 100, 1024, 2000]),
            tos: 0,
            preference: 0,
            hops: Vec::new(),
            object: None,
            append: self.random.chance(40),
        };
        if family == Family::V4 && self.random.chance(12) {
            route.tos = *self.random.pick(&[0x10, 0x08, 0x04]);
        }
        if family == Family::V6 && self.random.chance(20) {
            let source = self.prefix(family);
            route.source = (source.prefix_len() > 0).then_some(source);
        }
        match kind {
            RouteKind::Unicast => match self.random.between(0, 9) {
                0..=1 => {
                    let count = self.random.between(2, 4);
                    route.hops = (0..count).map(|_| self.hop(family)).collect();
                }
                2 => route.object = Some(first_object(family) + u32::from(self.small(0, 6))),
                _ => route.hops = vec![self.hop(family)],
            },
            RouteKind::Local | RouteKind::Broadcast => {
                let hop = Hop { gateway: None, onlink: false, ..self.hop(family) };
                let loopback = Hop { device: "lo", ifindex: 1, ..hop };
                let to_loopback = kind == RouteKind::Local && self.random.chance(50);
                route.hops = vec![if to_loopback { loopback } else { hop }];
            }
            _ => {}
        }
        if family == Family::V6 && kind == RouteKind::Unicast {
            route.preference = self.preference(&route);
        }
        route
    }

    /// Several default routes by gateways, which the kernel may prefer by whether they answer.
    pub(super) fn default_gateways(&mut self, family: Family) -> Vec<Item> {
        let any = match family {
            Family::V4 => "0.0.0.0/0",
            Family::V6 => "::/0",
        };
        let metric = *self.random.pick(&[0, 50]);
        let routes = (0..3).map(|_| {
            let mut route = NewRoute {
                kind: RouteKind::Unicast,
                destination: any.parse().expect("a prefix"),
                source: None,
                table: 254,
                metric,
                tos: 0,
                preference: 0,
                hops: vec![self.hop(family)],
                object: None,
                append: true,
            };
            if family == Family::V6 {
                route.preference = self.preference(&route);
            }
            Item::Route(route)
        });
        routes.collect()
    }

    /// Routes by gateways become one if all else is equal, and a dump then shows the preference of
    /// the first only; so of one metric they have one.
    fn preference(&mut self, route: &NewRoute) -> u8 {
        if route.hops.iter().any(|hop| hop.gateway.is_some()) {
            // 0 is 1024 in the end.
            let metric = if route.metric == 0 { 1024 } else { route.metric };
            let place = (u64::from(metric) + self.turn) % 3;
            return [0, 1, 3][usize::try_from(place).expect("less than 3")];
        }
        if self.random.chance(25) { *self.random.pick(&[1, 3]) } else { 0 }
    }

    /// Five objects and two groups of them.
    pub(super) fn objects(&mut self, family: Family) -> Vec<Item> {
        let first = first_object(family);
        let mut items = Vec::new();
        for id in first..first + 5 {
            let hop = self.hop(family);
            let blackhole = self.random.chance(8);
            let next_hop = NextHop {
                ifindex: hop.ifindex,
                gateway: hop.gateway.filter(|_| !hop.onlink).filter(IpAddr::is_ipv6).or_else(
                    || hop.gateway.filter(|gateway| !hop.onlink && Family::of(*gateway) == family),
                ),
                weight: 1,
                flags: NextHopFlags::default(),
            };
            let next_hop = (!blackhole).then_some(next_hop);
            let object = NextHopObject { id, group: Vec::new(), next_hop, blackhole };
            items.push(Item::Object(Object { family, noun: object, device: hop.device }));
        }
        for id in first + 5..first + 7 {
            let mut members: Vec<u32> = (first..first + 5).collect();
            while members.len() > 3 || (members.len() > 1 && self.random.chance(30)) {
                let at = self.one_of(members.len());
                members.remove(at);
            }
            let group = members.into_iter().map(|id| (id, u32::from(self.small(1, 4)))).collect();
            let noun = NextHopObject { id, group, next_hop: None, blackhole: false };
            items.push(Item::Object(Object { family, noun, device: "" }));
        }
        items
    }
}

/// The id of the first of seven objects.
fn first_object(family: Family) -> u32 {
    match family {
        Family::V4 => 1,
        Family::V6 => 21,
    }
}
