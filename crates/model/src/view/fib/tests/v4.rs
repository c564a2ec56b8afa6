use super::world::{World, words};
use crate::view::fib::FibQuery;
use crate::{Endpoint, Flow, ReplyQuestion};

const HOST: &str = "
    addr 10.1.0.10/24 eth0
    addr 10.2.0.10/24 eth1
    route default via 10.1.0.1 dev eth0";

fn host(more: &str) -> World {
    let mut world = World::new(&format!("{HOST}\n{more}"));
    world.rules_changed_v4 = Some(true);
    world
}

#[test]
fn the_longest_prefix_decides() {
    let world = host(
        "route 10.9.0.0/16 via 10.1.0.2 dev eth0
         route 10.9.1.0/24 via 10.2.0.2 dev eth1",
    );
    world.check("10.9.1.5", "unicast 10.9.1.0/24 table 254 via 10.2.0.2 dev eth1");
    world.check("10.9.2.5", "unicast 10.9.0.0/16 table 254 via 10.1.0.2 dev eth0");
    world.check("8.8.8.8", "unicast 0.0.0.0/0 table 254 via 10.1.0.1 dev eth0");
    world.check("10.1.0.77", "unicast 10.1.0.0/24 table 254 dev eth0");
    world.check("10.1.0.10", "local 10.1.0.10/32 table 255");
}

#[test]
fn then_tos_then_metric_then_age() {
    let world = host(
        "route 10.9.0.0/16 metric 5 via 10.1.0.5 dev eth0
         route 10.9.0.0/16 metric 9 tos 0x10 via 10.1.0.9 dev eth0
         route 10.9.0.0/16 metric 3 via 10.1.0.3 dev eth0
         route 10.9.0.0/16 metric 3 via 10.1.0.4 dev eth0",
    );
    world.check("10.9.0.1", "unicast 10.9.0.0/16 table 254 via 10.1.0.3 dev eth0");
    world.check("10.9.0.1 tos 0x10", "unicast 10.9.0.0/16 table 254 via 10.1.0.9 dev eth0");
    // Only three bits of it count.
    world.check("10.9.0.1 tos 0xf2", "unicast 10.9.0.0/16 table 254 via 10.1.0.9 dev eth0");
}

#[test]
fn what_refuses_ends_the_lookup_and_throw_goes_on() {
    let world = host(
        "route blackhole 10.3.0.0/16
         route unreachable 10.4.0.0/16
         route prohibit 10.5.0.0/16
         route throw 10.6.0.0/16
         route throw 10.9.0.0/16 table 100
         rule 5 lookup 100",
    );
    world.check("10.3.0.1", "EINVAL: blackhole 10.3.0.0/16 table 254");
    world.check("10.4.0.1", "EHOSTUNREACH: unreachable 10.4.0.0/16 table 254");
    world.check("10.5.0.1", "EACCES: prohibit 10.5.0.0/16 table 254");
    world.check("10.6.0.1", "ENETUNREACH: no route");
    world.check("10.9.0.1", "unicast 0.0.0.0/0 table 254 via 10.1.0.1 dev eth0");
}

#[test]
fn dead_next_hops_are_passed_over() {
    let world = host(
        "route 10.9.0.0/16 via 10.2.0.1 dev eth1 dead
         route 10.9.0.0/16 metric 9 via 10.1.0.9 dev eth0
         route 10.8.0.0/16 via 10.2.0.1 dev eth1 dead | via 10.1.0.8 dev eth0",
    );
    world.check("10.9.0.1", "unicast 10.9.0.0/16 table 254 via 10.1.0.9 dev eth0");
    world.check("10.8.0.1", "unicast 10.8.0.0/16 table 254 via 10.1.0.8 dev eth0");
}

#[test]
fn several_next_hops_and_those_of_the_source() {
    let world = host("route 10.9.0.0/16 via 10.1.0.2 dev eth0 | via 10.2.0.2 dev eth1");
    let both = "unicast 10.9.0.0/16 table 254 via 10.1.0.2 dev eth0 | via 10.2.0.2 dev eth1";
    world.check("10.9.0.1", both);
    world.check("10.9.0.1 from 10.2.0.10", &format!("{both}, rather via 10.2.0.2 dev eth1"));
    // A device in the question leaves one.
    world.check("10.9.0.1 oif eth1", "unicast 10.9.0.0/16 table 254 via 10.2.0.2 dev eth1");
}

#[test]
fn a_device_without_a_route_has_its_destination_on_the_wire() {
    let world = host("route blackhole 10.3.0.0/16");
    world.check("10.9.0.1 oif eth1", "on the wire of eth1");
    world.check("10.3.0.1 oif eth1", "on the wire of eth1");
    world.check("10.3.0.1 oif eth9", "errno: device");
    let mut off = host("");
    off.links.as_mut().unwrap()[3].up = false;
    off.check("10.3.0.1 oif eth2", "ENETUNREACH: device");
}

#[test]
fn the_source_has_to_be_of_this_host() {
    let world = host("route local 10.77.0.0/16 table local dev lo");
    world.check("10.9.0.1 from 10.2.0.11", "ENETUNREACH: source");
    world.check("10.9.0.1 from 224.0.0.1", "EINVAL: source");
    let default = "unicast 0.0.0.0/0 table 254 via 10.1.0.1 dev eth0";
    world.check("10.9.0.1 from 10.2.0.10", default);
    world.check("10.9.0.1 from 10.77.1.1", default);
}

#[test]
fn loopback_addresses_stay_inside() {
    let mut world = host("route local 127.0.0.0/8 table local dev lo");
    world.check("10.9.0.1 from 127.0.0.1", "EINVAL: source");
    world.check("10.1.0.10 from 127.0.0.1", "local 10.1.0.10/32 table 255");
    for device in world.settings.as_mut().unwrap().devices.values_mut() {
        device.route_localnet = Some(true);
    }
    world.check("10.9.0.1 from 127.0.0.1", "unicast 0.0.0.0/0 table 254 via 10.1.0.1 dev eth0");
}

#[test]
fn a_next_hop_object_that_fails_hides_shorter_prefixes_of_its_address() {
    let world = host(
        "nexthop 7 via 10.2.0.2 dev eth1 dead
         nexthop 8 blackhole
         nexthop 9 group 10/11
         nexthop 10 via 10.1.0.2 dev eth0
         nexthop 11 via 10.2.0.2 dev eth1
         route 10.8.0.0/24 nhid 7
         route 10.8.0.0/16 via 10.1.0.8 dev eth0
         route 10.0.0.0/8 via 10.1.0.7 dev eth0
         route 10.6.0.0/16 nhid 8
         route 10.5.0.0/16 nhid 9",
    );
    world.check("10.8.0.1", "unicast 10.0.0.0/8 table 254 via 10.1.0.7 dev eth0");
    world.check("10.8.1.1", "unicast 10.8.0.0/16 table 254 via 10.1.0.8 dev eth0");
    world.check("10.6.0.1", "EINVAL: unicast 10.6.0.0/16 table 254");
    let both = "unicast 10.5.0.0/16 table 254 via 10.1.0.2 dev eth0 | via 10.2.0.2 dev eth1";
    world.check("10.5.0.1 from 10.1.0.10", both);
}

#[test]
fn one_table_until_a_rule_is_changed() {
    let text = "
        route local 10.0.0.0/8 table local proto 4 dev lo
        route 10.9.0.0/16 via 10.1.0.2 dev eth0";
    let mut world = World::new(text);
    world.check("10.9.0.1", "cannot: it is not known whether rules were ever changed");
    world.check("10.8.0.1", "local 10.0.0.0/8 table 255");
    world.rules_changed_v4 = Some(false);
    world.check("10.9.0.1", "unicast 10.9.0.0/16 table 254 via 10.1.0.2 dev eth0");
    world.rules_changed_v4 = Some(true);
    world.check("10.9.0.1", "local 10.0.0.0/8 table 255");
    // A rule of its own tells that they were.
    let world = World::new(&format!("{text}\nrule 5 fwmark 1 lookup 100"));
    world.check("10.9.0.1", "local 10.0.0.0/8 table 255");
}

#[test]
fn default_gateways_of_one_metric() {
    let two = "
        addr 10.1.0.10/24 eth0
        route default via 10.1.0.1 dev eth0
        route default via 10.1.0.2 dev eth0";
    let first = "unicast 0.0.0.0/0 table 254 via 10.1.0.1 dev eth0";
    World::new(two).check("8.8.8.8", first);
    let with = |more: &str| World::new(&format!("{two}\n{more}")).ask("8.8.8.8");
    assert_eq!(with("neigh 10.1.0.1 eth0 reachable"), first);
    assert_eq!(with("neigh 10.1.0.2 eth0 failed"), first);
    let doubt = "cannot: the kernel chooses among several default gateways by what it remembers";
    assert_eq!(with("neigh 10.1.0.1 eth0 failed"), doubt);
    assert_eq!(with("neigh 10.1.0.1 eth0 stale"), doubt);
    // Of another metric there is no doubt.
    let text = two.replace("10.1.0.2", "10.1.0.2 metric 5");
    World::new(&format!("{text}\nneigh 10.1.0.1 eth0 failed")).check("8.8.8.8", first);
}

#[test]
fn one_table_alone() {
    let world = host(
        "route 10.9.0.0/16 via 10.2.0.2 dev eth1 table 100
         rule 5 lookup 100",
    );
    let query = super::world::query("10.9.0.1");
    let answer = |table| words(&world.fib().lookup_table(&query, table));
    world.check("10.9.0.1", "unicast 10.9.0.0/16 table 100 via 10.2.0.2 dev eth1");
    assert_eq!(answer(254), "unicast 0.0.0.0/0 table 254 via 10.1.0.1 dev eth0");
    assert_eq!(answer(77), "ENETUNREACH: no route");
}

#[test]
fn the_question_about_a_reply() {
    let flow = Flow {
        local: Endpoint::new("10.1.0.10".parse().unwrap(), 8080),
        peer: Endpoint::new("10.9.0.1".parse().unwrap(), 40_000),
    };
    let question = ReplyQuestion { flow, mark: 7, uid: Some(1000), oif: 3 };
    let query = FibQuery::from(&question);
    assert_eq!(query.destination, flow.peer.ip);
    assert_eq!((query.sport, query.dport, query.ip_protocol), (8080, 40_000, 6));
    assert_eq!((query.mark, query.uid, query.oif, query.bound), (7, Some(1000), 3, true));
}
