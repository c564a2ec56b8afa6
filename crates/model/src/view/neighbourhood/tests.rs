use super::*;
use crate::{NeighbourFlags, NextHop, NextHopFlags, Reading, RouteInfo, RouteKind, RouteScope};

fn ip(text: &str) -> IpAddr {
    text.parse().unwrap()
}

fn whole<T>(data: T) -> Section<T> {
    let reading = Reading { source: "test".into(), started: crate::Mono(0), ended: crate::Mono(0) };
    Section::Collected { data, reading }
}

/// Device 2 with its MAC ending in ff.
#[derive(Default)]
struct Wire {
    neighbours: Vec<Neighbour>,
    addresses: Vec<Address>,
    routes: Vec<Route>,
}

impl Wire {
    /// Addresses with lengths, their prefix routes, and gateways.
    fn new(own: &[&str], gateways: &[&str]) -> Self {
        let mut wire = Self::default();
        for net in own.iter().map(|text| text.parse::<IpNet>().unwrap()) {
            wire.addresses.push(Address::new(2, net));
            wire.route(net.trunc(), None);
        }
        for gateway in gateways.iter().map(|text| ip(text)) {
            let all = if gateway.is_ipv4() { "0.0.0.0/0" } else { "::/0" };
            wire.route(all.parse().unwrap(), Some(gateway));
        }
        wire
    }

    fn route(&mut self, destination: IpNet, gateway: Option<IpAddr>) {
        let flags = NextHopFlags::default();
        self.routes.push(Route::new(
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
                next_hops: vec![NextHop { ifindex: 2, gateway, weight: 1, flags }],
                nexthop_id: None,
                metrics: Vec::new(),
                expires_s: None,
                preference: None,
            },
        ));
    }

    /// Entries that resolve to a MAC by its last octet; 0 for no answer.
    fn with(mut self, mac: u8, addresses: &[&str]) -> Self {
        let state = if mac == 0 { Nud::Failed } else { Nud::Stale };
        self.neighbours.extend(addresses.iter().map(|text| Neighbour {
            ifindex: 2,
            address: ip(text),
            state,
            mac: (mac != 0).then_some(Mac([2, 0, 0, 0, 0, mac])),
            flags: NeighbourFlags::default(),
            ages: None,
            probes_count: None,
            protocol: None,
        }));
        self
    }

    fn see(&self) -> Neighbourhood {
        let (own, routes) = (whole(self.addresses.clone()), whole(self.routes.clone()));
        Neighbourhood::new(&self.neighbours, &[], &own, &routes)
    }

    /// The fit of the first address: `/24`, `yes`, or `?`.
    fn fit(&self) -> String {
        let seen = self.see();
        let Some(fit) = seen.fit(&self.addresses[0]) else { return "-".to_owned() };
        match (fit.misfit, fit.fits()) {
            (Some((_, net)), _) => format!("/{}", net.prefix_len()),
            (None, Some(_)) => "yes".to_owned(),
            (None, None) => "?".to_owned(),
        }
    }

    fn machine(&self, address: &str) -> Machine {
        let seen = self.see();
        let entry = self.neighbours.iter().find(|entry| entry.address == ip(address)).unwrap();
        seen.machine(entry).unwrap()
    }
}

fn incident() -> Wire {
    Wire::new(&["192.168.4.10/22"], &["192.168.4.1"])
        .with(1, &["192.168.4.1"])
        .with(0x20, &["192.168.4.20"])
}

#[test]
fn addresses_behind_one_mac_in_the_far_part_make_a_prefix_too_wide() {
    let wire = incident().with(2, &["192.168.5.11", "192.168.5.12"]);
    assert_eq!(wire.fit(), "/24");
    let machine = wire.machine("192.168.5.12");
    assert_eq!((machine.address_count, machine.outside_count), (2, 2));
    assert_eq!((machine.gateway, machine.owner), (None, None));
    let fit = *wire.see().fit(&wire.addresses[0]).unwrap();
    assert_eq!((fit.inside_count, fit.outside_count), (2, 2));
}

#[test]
fn the_own_address_of_who_answers_for_others_is_known() {
    let wire = incident().with(2, &["192.168.5.11", "192.168.4.2"]);
    let machine = wire.machine("192.168.5.11");
    assert_eq!((machine.outside_count, machine.owner), (1, Some(ip("192.168.4.2"))));
}

#[test]
fn clients_behind_the_gateways_mac_are_outside_too() {
    let wire = incident().with(1, &["192.168.5.11"]);
    assert_eq!(wire.fit(), "/24");
    let fit = *wire.see().fit(&wire.addresses[0]).unwrap();
    assert!(matches!(fit.misfit, Some((Misfit::GatewayMac, _))));
    assert_eq!(wire.machine("192.168.5.11").gateway, Some(ip("192.168.4.1")));
}

#[test]
fn a_neighbour_in_the_far_part_decides_how_far_it_reaches() {
    let near = incident().with(0x33, &["192.168.5.33"]);
    assert_eq!(near.with(2, &["192.168.6.1", "192.168.6.2"]).fit(), "/23");
    let among = incident().with(0x33, &["192.168.5.33"]);
    assert_eq!(among.with(2, &["192.168.5.1", "192.168.5.2"]).fit(), "yes");
}

#[test]
fn one_machine_with_several_addresses_nearby_is_nothing() {
    let own = ["10.1.0.20", "10.1.0.21", "10.1.0.22", "10.1.0.23", "10.1.0.24"];
    for length in [16, 22, 24] {
        let address = format!("10.1.0.10/{length}");
        let wire = Wire::new(&[&address], &["10.1.0.1"]).with(1, &["10.1.0.1"]).with(7, &own);
        assert_eq!(wire.fit(), "yes");
        assert_eq!(wire.machine("10.1.0.21").outside_count, 0);
    }
}

#[test]
fn silence_counts_where_nobody_else_is_silent() {
    let silent = ["192.168.5.11", "192.168.5.12"];
    assert_eq!(incident().with(0, &silent).fit(), "/24");
    assert_eq!(incident().with(0, &silent[..1]).fit(), "yes");
    assert_eq!(incident().with(0, &silent).with(0, &["192.168.4.77"]).fit(), "yes");
}

#[test]
fn a_neighbour_beside_a_long_prefix_makes_it_too_narrow() {
    let narrow = || Wire::new(&["10.1.0.10/25"], &["10.1.0.1"]);
    assert_eq!(narrow().with(9, &["10.1.0.200"]).fit(), "/24");
    assert_eq!(narrow().with(9, &["10.1.1.200"]).fit(), "yes");
    let routed = Wire::new(&["10.1.0.10/25", "10.1.0.129/25"], &["10.1.0.1"]);
    assert_eq!(routed.with(9, &["10.1.0.200"]).fit(), "yes");
    let single = Wire::new(&["10.1.0.10/32"], &["10.1.0.1"]).with(9, &["10.1.0.200"]);
    assert_eq!(single.fit(), "-");
}

#[test]
fn a_wire_without_neighbours_is_not_judged() {
    assert_eq!(Wire::new(&["10.1.0.10/16"], &[]).fit(), "?");
    assert_eq!(Wire::new(&["fe80::1/64"], &[]).fit(), "-");
}

#[test]
fn ipv6_has_64_bits_and_a_link_local_address_for_each() {
    let wire = || {
        Wire::new(&["2001:db8:4::10/48"], &["fe80::1"])
            .with(1, &["fe80::1"])
            .with(0x20, &["fe80::20", "2001:db8:4::20"])
    };
    assert_eq!(wire().fit(), "yes");
    let behind = wire().with(2, &["2001:db8:4:5::11", "2001:db8:4:5::12"]);
    assert_eq!(behind.fit(), "/64");
    let behind_gateway = wire().with(1, &["2001:db8:4:5::11"]);
    assert_eq!(behind_gateway.fit(), "/64");
    assert_eq!(behind_gateway.machine("2001:db8:4:5::11").gateway, Some(ip("fe80::1")));
}

#[test]
fn what_no_route_puts_on_a_device_is_a_ghost() {
    let wire = Wire::new(&["10.1.0.10/24"], &["10.1.0.1"]).with(3, &["10.9.0.1", "10.1.0.3"]);
    let seen = wire.see();
    assert!(seen.is_ghost(&wire.neighbours[0]) && !seen.is_ghost(&wire.neighbours[1]));
    assert_eq!((seen.wire_of(ip("10.1.0.9")), seen.wire_of(ip("10.9.0.1"))), (Some(2), None));
}

#[test]
fn without_routes_nobody_answers_for_others() {
    let wire = incident().with(2, &["192.168.5.11", "192.168.5.12"]);
    let missing = Section::Missing(crate::Gap::new(crate::Reason::TimedOut, "no answer"));
    let own = whole(wire.addresses.clone());
    let seen = Neighbourhood::new(&wire.neighbours, &[], &own, &missing);
    assert_eq!(seen.machine(&wire.neighbours[2]).unwrap().outside_count, 0);
    assert!(seen.fit(&wire.addresses[0]).is_none() && !seen.is_ghost(&wire.neighbours[2]));
}
