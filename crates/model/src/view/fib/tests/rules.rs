use super::world::World;

/// Table 100 has a default route of its own.
fn host(rules: &str) -> World {
    let mut world = World::new(&format!(
        "addr 10.1.0.10/24 eth0
         addr 10.2.0.10/24 eth1
         addr fd00:1::10/64 eth0
         route default via 10.1.0.1 dev eth0
         route default via 10.2.0.1 dev eth1 table 100
         route 10.9.0.0/16 via 10.2.0.9 dev eth1 table 100
         route6 default via fe80::1 dev eth0
         route6 default via fe80::2 dev eth1 table 100
         {rules}"
    ));
    (world.rules_changed_v4, world.rules_changed_v6) = (Some(true), Some(true));
    world
}

const MAIN: &str = "unicast 0.0.0.0/0 table 254 via 10.1.0.1 dev eth0";
const OTHER: &str = "unicast 0.0.0.0/0 table 100 via 10.2.0.1 dev eth1";
const MAIN_V6: &str = "unicast ::/0 table 254 via fe80::1 dev eth0";
const OTHER_V6: &str = "unicast ::/0 table 100 via fe80::2 dev eth1";

#[track_caller]
fn selects(selector: &str, matching: &str, other: &str) {
    let world = host(&format!("rule 5 {selector} lookup 100"));
    world.check(matching, OTHER);
    world.check(other, MAIN);
    let inverted = host(&format!("rule 5 not {selector} lookup 100"));
    inverted.check(matching, MAIN);
    inverted.check(other, OTHER);
}

#[test]
fn every_selector_of_ipv4() {
    selects("from 10.2.0.0/16", "8.8.8.8 from 10.2.0.10", "8.8.8.8 from 10.1.0.10");
    selects("from 10.2.0.0/16", "8.8.8.8 from 10.2.0.10", "8.8.8.8");
    selects("to 8.8.0.0/16", "8.8.8.8", "9.9.9.9");
    selects("iif lo", "8.8.8.8", "8.8.8.8 from 10.7.0.1 iif eth0");
    selects("fwmark 0x12/0xf0", "8.8.8.8 mark 0x1f", "8.8.8.8 mark 0x22");
    selects("fwmark 0/0xf", "8.8.8.8", "8.8.8.8 mark 1");
    selects("uidrange 1000-1999", "8.8.8.8 uid 1500", "8.8.8.8 uid 0");
    selects("ipproto 6", "8.8.8.8 tcp 80 90", "8.8.8.8");
    selects("sport 80-90", "8.8.8.8 tcp 85 1", "8.8.8.8 tcp 91 85");
    selects("dport 85", "8.8.8.8 tcp 1 85", "8.8.8.8 tcp 85 1");
    selects("tos 0x10", "8.8.8.8 tos 0xf0", "8.8.8.8 tos 0x08");
    selects("dscp 4", "8.8.8.8 tos 0x12", "8.8.8.8 tos 0xf0");
    selects("to 8.0.0.0/8 uidrange 0-9", "8.8.8.8 uid 9", "8.8.8.8 uid 10");
}

#[test]
fn a_device_that_leaves_the_host() {
    let world = host("rule 5 oif eth1 lookup 100");
    world.check("8.8.8.8 oif eth1", OTHER);
    world.check("8.8.8.8", MAIN);
    let nobody = host("rule 5 oif nodevice lookup 100");
    nobody.check("8.8.8.8 oif eth0", MAIN);
    host("rule 5 not iif nodevice lookup 100").check("8.8.8.8", OTHER);
}

#[test]
fn selectors_of_ipv6() {
    let world = host("rule6 5 from fd00:1::/64 lookup 100\nrule6 6 tos 0xc0 lookup 100");
    world.check("2001:db8::1 from fd00:1::10", OTHER_V6);
    world.check("2001:db8::1", MAIN_V6);
    world.check("2001:db8::1 tos 0xc0", OTHER_V6);
    world.check("2001:db8::1 tos 0x40", MAIN_V6);
    // Without a source no source prefix fits, not even all of them.
    host("rule6 5 from ::/1 lookup 100").check("2001:db8::1", MAIN_V6);
    host("rule 5 from 0.0.0.0/1 lookup 100").check("8.8.8.8", OTHER);
}

#[test]
fn rules_of_vrf_and_tunnels_are_for_others() {
    let world = host("rule 5 l3mdev lookup 100");
    world.check("8.8.8.8", MAIN);
    let mut world = host("rule 5 lookup 100");
    world.rules.last_mut().unwrap().tun_id = Some(7);
    world.check("8.8.8.8", MAIN);
}

#[test]
fn rules_go_by_priority_then_by_age() {
    let world = host(
        "rule 20 to 8.8.8.8 blackhole
         rule 10 to 8.8.8.8 prohibit
         rule 10 to 8.8.8.8 unreachable",
    );
    world.check("8.8.8.8", "EACCES: rule 10");
    host("rule 9 blackhole").check("8.8.8.8", "EINVAL: rule 9");
    host("rule 9 unreachable").check("8.8.8.8", "ENETUNREACH: rule 9");
    // Table `local` comes first.
    host("rule 9 unreachable").check("10.1.0.10", "local 10.1.0.10/32 table 255");
    host("rule6 9 prohibit").check("2001:db8::1", "EACCES: rule 9");
}

#[test]
fn jumps() {
    let world = host(
        "rule 10 goto 30
         rule 20 prohibit
         rule 30 to 10.0.0.0/8 lookup 100
         rule 40 nop",
    );
    world.check("10.9.0.1", "unicast 10.9.0.0/16 table 100 via 10.2.0.9 dev eth1");
    world.check("8.8.8.8", MAIN);
    host("rule 10 goto 33\nrule 20 prohibit").check("8.8.8.8", "EACCES: rule 20");
    // Backwards is not possible, whoever wrote the table.
    host("rule 10 goto 10").check("8.8.8.8", MAIN);
}

#[test]
fn short_prefixes_are_suppressed() {
    let world = host("rule 10 lookup 100 suppress_prefixlength 0");
    world.check("8.8.8.8", MAIN);
    world.check("10.9.0.1", "unicast 10.9.0.0/16 table 100 via 10.2.0.9 dev eth1");
    // What refuses is not suppressed.
    let refusing = host(
        "route prohibit 8.0.0.0/8 table 100
         rule 10 lookup 100 suppress_prefixlength 16",
    );
    refusing.check("8.8.8.8", "EACCES: prohibit 8.0.0.0/8 table 100");
    let world = host("rule6 10 lookup 100 suppress_prefixlength 0");
    world.check("2001:db8::1", MAIN_V6);
    // Nothing comes after it.
    let mut last = host("rule6 40000 lookup 100 suppress_prefixlength 0");
    last.routes.retain(|route| route.table != 254);
    last.check("2001:db8::1", "ENETUNREACH: no route");
}
