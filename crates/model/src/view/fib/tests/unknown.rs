use super::world::World;

const HOST: &str = "
    addr 10.1.0.10/24 eth0
    route default via 10.1.0.1 dev eth0
    route6 default via fe80::1 dev eth0";

const DEFAULT: &str = "unicast 0.0.0.0/0 table 254 via 10.1.0.1 dev eth0";

fn host(more: &str) -> World {
    World::new(&format!("{HOST}\n{more}"))
}

#[test]
fn an_unknown_selector_counts_where_the_rest_fits() {
    let world = host("rule 5 to 8.0.0.0/8 unknown 77 lookup 100");
    world.check("8.8.8.8", "cannot: rule 5 has the unknown selector 77");
    world.check("9.9.9.9", DEFAULT);
    let world = host("rule 5 mystery");
    world.check("9.9.9.9", "cannot: rule 5 has an unknown action");
    // Not reached.
    world.check("10.1.0.10", "local 10.1.0.10/32 table 255");
}

#[test]
fn an_unknown_uid_counts_where_a_rule_asks_for_it() {
    let world = host("rule 5 to 8.0.0.0/8 uidrange 0-99 lookup 100");
    world.check("8.8.8.8 uid unknown", "cannot: rule 5 asks for the uid, which is not known");
    world.check("9.9.9.9 uid unknown", DEFAULT);
}

#[test]
fn groups_of_devices_are_not_known() {
    let world = host("rule 5 lookup main suppress_ifgroup 7");
    world.check("9.9.9.9", "cannot: rule 5 asks for the group of the device, which is not known");
    let world = host("rule 5 lookup main suppress_prefixlength 0 suppress_ifgroup 7");
    world.check("9.9.9.9", DEFAULT);
}

#[test]
fn objects_that_are_not_there() {
    let world = host("route 10.9.0.0/16 nhid 7\nnexthop 8 group 9\nroute 10.8.0.0/16 nhid 8");
    world.check("10.9.0.1", "cannot: next-hop object 7 is not known");
    world.check("10.8.0.1", "cannot: next-hop object 9 is not known");
    world.check("9.9.9.9", DEFAULT);
}

#[test]
fn objects_that_are_shared_confuse_suppression() {
    let text = "
        nexthop 1 via fe80::9 dev eth0
        nexthop 2 group 1
        route6 fd09::/16 table 100 nhid 1
        rule6 5 lookup 100 suppress_prefixlength 8";
    let own = "unicast fd09::/16 table 100 via fe80::9 dev eth0";
    host(text).check("fd09::1", own);
    host(&format!("{text}\nroute6 fd08::/24 nhid 2")).check("fd09::1", own);
    host(&format!("{text}\nroute6 default metric 9 table 7 nhid 2"))
        .check("fd09::1", "cannot: rule 5 asks for the prefix of routes that share a next hop");
}

#[test]
fn devices_of_a_vrf() {
    let mut world = host("");
    let links = world.links.as_mut().unwrap();
    links[2].kind = Some(crate::Foreign("vrf".to_owned()));
    links[1].master_ifindex = Some(3);
    world.check("8.8.8.8 oif eth0", "cannot: device 2 belongs to a VRF");
    world.check("8.8.8.8 oif eth1", "cannot: device 3 belongs to a VRF");
    world.check("8.8.8.8", DEFAULT);
}

#[test]
fn parts_that_were_not_read() {
    let mut world = host("rule 5 to 8.0.0.0/8 oif eth0 lookup 100");
    world.links = None;
    world.check("8.8.8.8", "cannot: the devices were not read in full");
    world.check("9.9.9.9", DEFAULT);
    world.addresses = None;
    world.check("9.9.9.9", DEFAULT);
    world.check("9.9.9.9 from 10.1.0.10", DEFAULT);
    world.check("9.9.9.9 from 10.1.0.11", "cannot: the addresses were not read in full");
    let mut world = host("");
    world.settings = None;
    world.check("9.9.9.9 from 10.1.0.10", DEFAULT);
    world.routes.push(world.routes[0].clone());
    world.routes.last_mut().unwrap().destination = "127.0.0.0/8".parse().unwrap();
    world.check("9.9.9.9 from 127.0.0.1", "cannot: route_localnet is not known");
}

#[test]
fn special_destinations() {
    let world = host("");
    for destination in ["0.0.0.0", "224.0.0.1", "255.255.255.255", "::", "ff02::1"] {
        let expected = format!("cannot: tables alone do not decide about {destination}");
        world.check(destination, &expected);
    }
}

#[test]
fn a_route_in_its_last_second() {
    let world = host("route6 fd09::/16 expires 0 via fe80::9 dev eth0");
    world.check("fd09::1", "cannot: a route is just expiring");
    let world = host("route6 fd09::/16 expires 9 via fe80::9 dev eth0");
    world.check("fd09::1", "unicast fd09::/16 table 254 via fe80::9 dev eth0");
}

#[test]
fn a_gateway_that_is_this_host() {
    let world = host("route 10.9.0.0/16 via 10.1.0.10 dev eth0");
    world.check("10.9.0.1", "cannot: the gateway 10.1.0.10 is this host itself");
    let world = host("route 10.9.0.0/16 via 10.1.0.10 dev eth0 onlink");
    world.check("10.9.0.1", "unicast 10.9.0.0/16 table 254 via 10.1.0.10 dev eth0");
}
