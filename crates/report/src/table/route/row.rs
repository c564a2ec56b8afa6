//! A route in JSON, by hand: what [`RouteRow`](crate::rows::RouteRow) says, a million times.

use std::collections::HashMap;

use ipnet::IpNet;
use synrecv_model::{Link, NextHop, Route, table_name};

use crate::digits::{decimal, ip, prefix};
use crate::json;
use crate::rows::{flag_names, metrics_by_name, preference_name, protocol_name, scope_name};

/// Names of devices as strings of JSON.
#[derive(Debug)]
pub(super) struct Devices(HashMap<u32, Vec<u8>>);

impl Devices {
    pub(super) fn new(links: &[Link]) -> Self {
        Self(links.iter().map(|link| (link.ifindex, json::string(&link.name.0))).collect())
    }

    fn append(&self, out: &mut Vec<u8>, ifindex: u32) {
        match self.0.get(&ifindex) {
            _ if ifindex == 0 => out.extend_from_slice(b"null"),
            Some(name) => out.extend_from_slice(name),
            None => {
                out.extend_from_slice(b"\"if");
                decimal(out, ifindex.into());
                out.push(b'"');
            }
        }
    }
}

/// Appends a route as an object on one line. Nothing but names of devices comes from outside.
pub(super) fn append(out: &mut Vec<u8>, route: &Route, devices: &Devices) {
    add(out, "{\"family\": \"", route.family.name());
    number(out, "\", \"table\": ", route.table);
    if let Some(name) = table_name(route.table) {
        add(out, ", \"table_name\": \"", name);
        out.push(b'"');
    }
    add(out, ", \"type\": \"", route.kind.name());
    add_prefix(out, "\", \"destination\": \"", route.destination);
    if let Some(source) = route.source {
        add_prefix(out, "\", \"source\": \"", source);
    }
    out.push(b'"');
    if route.tos != 0 {
        number(out, ", \"tos\": ", route.tos);
    }
    add(out, ", \"protocol\": \"", &protocol_name(route.protocol));
    add(out, "\", \"scope\": \"", &scope_name(route.scope));
    number(out, "\", \"metric\": ", route.metric);
    if let Some(prefsrc) = route.prefsrc {
        add(out, ", \"prefsrc\": \"", "");
        ip(out, prefsrc);
        out.push(b'"');
    }
    add(out, ", \"next_hops\": [", "");
    for (at, hop) in route.next_hops.iter().enumerate() {
        add(out, if at > 0 { ", " } else { "" }, "");
        append_hop(out, *hop, devices);
    }
    out.push(b']');
    if let Some(id) = route.nexthop_id {
        number(out, ", \"nexthop_id\": ", id);
    }
    if !route.metrics.is_empty() {
        add(out, ", \"metrics\": {", "");
        for (at, (name, value)) in metrics_by_name(&route.metrics).into_iter().enumerate() {
            add(out, if at > 0 { ", \"" } else { "\"" }, &name);
            number(out, "\": ", value);
        }
        out.push(b'}');
    }
    if let Some(left) = route.expires_s {
        number(out, ", \"expires_s\": ", left);
    }
    if let Some(preference) = route.preference {
        add(out, ", \"preference\": \"", preference_name(preference));
        out.push(b'"');
    }
    out.push(b'}');
}

fn append_hop(out: &mut Vec<u8>, hop: NextHop, devices: &Devices) {
    add(out, "{\"dev\": ", "");
    devices.append(out, hop.ifindex);
    if let Some(gateway) = hop.gateway {
        add(out, ", \"gateway\": \"", "");
        ip(out, gateway);
        out.push(b'"');
    }
    number(out, ", \"weight\": ", hop.weight);
    add(out, ", \"flags\": [", "");
    if hop.flags.dead || hop.flags.linkdown || hop.flags.onlink {
        for (at, flag) in flag_names(hop.flags).into_iter().enumerate() {
            add(out, if at > 0 { ", \"" } else { "\"" }, flag);
            out.push(b'"');
        }
    }
    add(out, "]}", "");
}

/// Appends what stands before a value, and a value that needs no escape.
fn add(out: &mut Vec<u8>, before: &str, value: &str) {
    out.extend_from_slice(before.as_bytes());
    out.extend_from_slice(value.as_bytes());
}

fn number(out: &mut Vec<u8>, before: &str, value: impl Into<u64>) {
    out.extend_from_slice(before.as_bytes());
    decimal(out, value.into());
}

fn add_prefix(out: &mut Vec<u8>, before: &str, net: IpNet) {
    out.extend_from_slice(before.as_bytes());
    prefix(out, net);
}

#[cfg(test)]
mod tests {
    use std::net::IpAddr;

    use synrecv_model::{
        Family, Foreign, LinkNames, NextHopFlags, RouteInfo, RouteKind, RouteMetric, RouteScope,
    };

    use super::*;
    use crate::rows::RouteRow;
    use crate::table::fixture::links;

    /// Numbers that are not random, and differ.
    struct Numbers(u32);

    impl Numbers {
        fn below(&mut self, limit: u32) -> u32 {
            self.0 = self.0.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (self.0 >> 8) % limit
        }

        fn octet(&mut self) -> u8 {
            u8::try_from(self.below(256)).unwrap()
        }

        fn maybe<T>(&mut self, make: impl FnOnce(&mut Self) -> T) -> Option<T> {
            (self.below(2) == 0).then(|| make(self))
        }

        fn address(&mut self, family: Family) -> IpAddr {
            match family {
                Family::V4 => [self.octet(), self.octet(), self.octet(), self.octet()].into(),
                Family::V6 => {
                    let mut octets = [0; 16];
                    octets[..2].copy_from_slice(&[0x20, 0x01]);
                    octets[2 + self.below(14) as usize] = self.octet();
                    octets.into()
                }
            }
        }

        fn prefix(&mut self, family: Family) -> IpNet {
            let length = self.below(if family == Family::V4 { 33 } else { 129 });
            IpNet::new(self.address(family), u8::try_from(length).unwrap()).unwrap().trunc()
        }

        fn hop(&mut self, family: Family) -> NextHop {
            NextHop {
                ifindex: self.below(5),
                gateway: self.maybe(|numbers| numbers.address(family)),
                weight: 1 + self.below(256),
                flags: NextHopFlags::from_number(self.below(32)),
            }
        }

        fn route(&mut self) -> Route {
            let family = if self.below(3) == 0 { Family::V6 } else { Family::V4 };
            let info = RouteInfo {
                family,
                table: [254, 255, 253, 100, u32::MAX][self.below(5) as usize],
                kind: RouteKind::from_number(u8::try_from(self.below(13)).unwrap()),
                source: self.maybe(|numbers| numbers.prefix(family)),
                tos: self.maybe(Self::octet).unwrap_or(0),
                protocol: self.octet(),
                scope: RouteScope([0, 200, 253, 254, 255, 7][self.below(6) as usize]),
                metric: self.below(3) * 1024,
                prefsrc: self.maybe(|numbers| numbers.address(family)),
                next_hops: (0..self.below(4)).map(|_| self.hop(family)).collect(),
                nexthop_id: self.maybe(|numbers| numbers.below(99)),
                metrics: (0..self.below(4))
                    .map(|number| RouteMetric {
                        number: u16::try_from(20 - number * 6).unwrap(),
                        value: self.below(9_000),
                    })
                    .collect(),
                expires_s: self.maybe(|numbers| numbers.below(90)),
                preference: self.maybe(|numbers| u8::try_from(numbers.below(4)).unwrap()),
            };
            Route::new(self.prefix(family), info)
        }
    }

    #[test]
    fn a_route_is_written_as_its_row_is_serialised() {
        let mut links = links();
        links[1].name = Foreign("s\u{fc}d\\\"\u{202e}".to_owned());
        let (devices, names) = (Devices::new(&links), LinkNames::new(&links));
        let mut numbers = Numbers(7);
        for _ in 0..5_000 {
            let route = numbers.route();
            let mut by_hand = Vec::new();
            append(&mut by_hand, &route, &devices);
            let mut serialised = Vec::new();
            json::write(&mut serialised, &RouteRow::new(&route, &names), 0).unwrap();
            let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
            assert_eq!(text(by_hand) + "\n", text(serialised));
        }
    }
}
