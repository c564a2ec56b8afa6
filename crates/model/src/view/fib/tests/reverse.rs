use super::world::{World, query};
use crate::DeviceSettings;
use crate::view::fib::{Cannot, SourceCheck, SourceRules};

const STRICT: SourceRules =
    SourceRules { rp_filter: 1, accept_local: false, src_valid_mark: false };
const LOOSE: SourceRules = SourceRules { rp_filter: 2, ..STRICT };
const OFF: SourceRules = SourceRules { rp_filter: 0, ..STRICT };

const HOST: &str = "
    addr 10.1.0.10/24 eth0
    addr 10.2.0.10/24 eth1
    route 10.9.0.0/16 via 10.1.0.1 dev eth0";

#[track_caller]
fn check(world: &World, packet: &str, rules: SourceRules, expected: SourceCheck) {
    let checked = world.fib().check_source(&query(packet), 0, rules);
    assert_eq!(checked, Ok(expected), "{packet} {rules:?}");
}

#[test]
fn the_way_back_has_to_be_by_the_same_device() {
    let world = World::new(HOST);
    let here = "10.1.0.10 from 10.9.0.1 iif eth0";
    let there = "10.1.0.10 from 10.9.0.1 iif eth1";
    let nowhere = "10.1.0.10 from 8.8.8.8 iif eth1";
    for rules in [OFF, LOOSE, STRICT] {
        check(&world, here, rules, SourceCheck::Accepted);
    }
    check(&world, there, OFF, SourceCheck::Accepted);
    check(&world, there, LOOSE, SourceCheck::Accepted);
    check(&world, there, STRICT, SourceCheck::Filtered);
    check(&world, nowhere, OFF, SourceCheck::Accepted);
    check(&world, nowhere, LOOSE, SourceCheck::Filtered);
    // A device without addresses is filtered even in loose mode.
    check(&world, "10.1.0.10 from 10.9.0.1 iif eth2", LOOSE, SourceCheck::Filtered);
}

#[test]
fn any_next_hop_of_the_way_back_will_do() {
    let world = World::new(&format!(
        "{HOST}\nroute 10.8.0.0/16 via 10.1.0.1 dev eth0 | via 10.2.0.1 dev eth1"
    ));
    check(&world, "10.1.0.10 from 10.8.0.1 iif eth1", STRICT, SourceCheck::Accepted);
}

#[test]
fn rules_decide_about_the_way_back_too() {
    let world = World::new(&format!(
        "{HOST}
         route default via 10.2.0.1 dev eth1 table 100
         rule 5 from 10.2.0.10 lookup 100
         rule 6 fwmark 7 lookup 100
         rule 7 sport 8080 lookup 100"
    ));
    let packet = "10.1.0.10 from 10.9.0.1 iif eth1";
    check(&world, packet, STRICT, SourceCheck::Filtered);
    check(&world, "10.2.0.10 from 10.9.0.1 iif eth1", STRICT, SourceCheck::Accepted);
    check(&world, "10.1.0.10 from 10.9.0.1 iif eth1 tcp 40000 8080", STRICT, SourceCheck::Accepted);
    let marked = format!("{packet} mark 7");
    check(&world, &marked, STRICT, SourceCheck::Filtered);
    let by_mark = SourceRules { src_valid_mark: true, ..STRICT };
    check(&world, &marked, by_mark, SourceCheck::Accepted);
}

#[test]
fn sources_that_cannot_be() {
    let world = World::new(HOST);
    for rules in [OFF, STRICT] {
        check(&world, "10.1.0.10 from 10.2.0.10 iif eth0", rules, SourceCheck::Martian);
        check(&world, "10.1.0.10 from 127.0.0.1 iif eth0", rules, SourceCheck::Martian);
        check(&world, "10.1.0.10 from 224.0.0.1 iif eth0", rules, SourceCheck::Martian);
    }
    let local = SourceRules { accept_local: true, ..OFF };
    check(&world, "10.1.0.10 from 10.2.0.10 iif eth0", local, SourceCheck::Accepted);
}

#[test]
fn without_the_filter_the_kernel_may_not_look() {
    // An address on a device that is off has no route; nobody knows whether the kernel looks.
    let mut world = World::new(HOST);
    world.routes.retain(|route| !route.destination.to_string().starts_with("10.2."));
    let packet = "10.1.0.10 from 10.2.0.10 iif eth0";
    let checked = world.fib().check_source(&query(packet), 0, OFF);
    assert_eq!(checked, Err(Cannot::RuleHistory));
    world.rules_changed_v4 = Some(true);
    check(&world, packet, OFF, SourceCheck::Accepted);
}

#[test]
fn other_packets() {
    let world = World::new("addr fd00:1::10/64 eth0");
    check(&world, "fd00:1::10 from fd09::1 iif eth1", STRICT, SourceCheck::Accepted);
}

#[test]
fn rules_of_a_device() {
    let mut settings = DeviceSettings { rp_filter_effective: Some(2), ..DeviceSettings::default() };
    assert_eq!(SourceRules::of(&settings), None);
    settings.accept_local = Some(false);
    settings.src_valid_mark = Some(false);
    assert_eq!(SourceRules::of(&settings), Some(LOOSE));
}
