use super::world::World;

const HOST: &str = "
    addr fd00:1::10/64 eth0
    addr fd00:2::10/64 eth1
    route6 default via fe80::1 dev eth0";

fn host(more: &str) -> World {
    World::new(&format!("{HOST}\n{more}"))
}

#[test]
fn prefix_then_metric_then_preference_then_age() {
    let world = host(
        "route6 fd09::/16 metric 9 via fe80::9 dev eth0
         route6 fd09::/16 metric 5 via fe80::5 dev eth0
         route6 fd09::/16 metric 5 pref high via fe80::6 dev eth1
         route6 fd08::/16 via fe80::3 dev eth0
         route6 fd08::/16 via fe80::4 dev eth1",
    );
    world.check("fd09::1", "unicast fd09::/16 table 254 via fe80::6 dev eth1");
    world.check("fd08::1", "unicast fd08::/16 table 254 via fe80::3 dev eth0");
    world.check("2001:db8::1", "unicast ::/0 table 254 via fe80::1 dev eth0");
    world.check("fd00:1::10", "local fd00:1::10/128 table 255");
}

#[test]
fn a_device_is_a_wish_unless_nothing_else_will_do() {
    let world = host(
        "route6 fd09::/16 via fe80::9 dev eth0
         route6 fd09::/16 via fe80::8 dev eth1
         route6 fd07::/16 via fe80::7 dev eth1",
    );
    world.check("fd09::1 oif eth1", "unicast fd09::/16 table 254 via fe80::8 dev eth1");
    let elsewhere = "unicast fd07::/16 table 254 via fe80::7 dev eth1";
    world.check("fd07::1 from fd00:1::10 oif eth0", elsewhere);
    let default = "unicast ::/0 table 254 via fe80::1 dev eth0";
    world.check("fd07::1 from fd00:1::10 oif eth0 bound", default);
    world.check("fd07::1 oif eth0", default);
    world.check("fd07::1 oif eth2", "ENETUNREACH: no route");
    world.check("fd07::1 from fd00:1::10 iif eth2", elsewhere);
}

#[test]
fn link_local_addresses_need_their_device() {
    let world = host(
        "route6 fe80::/64 metric 256 dev eth0
         route6 fe80::/64 metric 256 dev eth1",
    );
    world.check("fe80::9", "unicast fe80::/64 table 254 dev eth0");
    world.check("fe80::9 from fd00:1::10 oif eth1", "unicast fe80::/64 table 254 dev eth1");
    world.check("fe80::9 iif eth1", "unicast fe80::/64 table 254 dev eth1");
}

#[test]
fn what_refuses_leads_to_lo() {
    let world = host(
        "route6 blackhole fd03::/16
         route6 unreachable fd04::/16
         route6 prohibit fd05::/16
         route6 throw fd06::/16",
    );
    world.check("fd03::1", "EINVAL: blackhole fd03::/16 table 254");
    world.check("fd04::1", "EHOSTUNREACH: unreachable fd04::/16 table 254");
    world.check("fd05::1", "EACCES: prohibit fd05::/16 table 254");
    world.check("fd06::1", "ENETUNREACH: no route");
    // Whoever insists on a device does not see it.
    world.check("fd04::1 oif eth0", "unicast ::/0 table 254 via fe80::1 dev eth0");
}

#[test]
fn other_metrics_are_compared_all_at_once() {
    let world = host(
        "route6 fd09::/16 metric 1 via fe80::1 dev eth0 dead
         route6 fd09::/16 metric 2 via fe80::2 dev eth0
         route6 fd09::/16 metric 3 pref high via fe80::3 dev eth1",
    );
    world.check("fd09::1", "unicast fd09::/16 table 254 via fe80::3 dev eth1");
}

#[test]
fn gateways_that_do_not_answer_are_avoided() {
    let text = "
        route6 fd09::/16 via fe80::9 dev eth0
        route6 fd09::/16 metric 2000 via fe80::8 dev eth1
        neigh fe80::9 eth0 failed";
    let mut world = host(text);
    let other = "unicast fd09::/16 table 254 via fe80::8 dev eth1";
    let first = "unicast fd09::/16 table 254 via fe80::9 dev eth0";
    world.check("fd09::1", other);
    // A router does not ask.
    let values = &mut world.settings.as_mut().unwrap().values;
    values.insert("net.ipv6.conf.all.forwarding".into(), 1);
    world.check("fd09::1", first);
    // When none answers, the first is as good as any.
    host(&format!("{text}\nneigh fe80::8 eth1 failed\nneigh fe80::1 eth0 failed"))
        .check("fd09::1", first);
    // A shorter prefix is better than a gateway that does not answer.
    host(&format!("{text}\nneigh fe80::8 eth1 failed"))
        .check("fd09::1", "unicast ::/0 table 254 via fe80::1 dev eth0");
}

#[test]
fn what_is_not_known_about_gateways_counts_only_if_it_decides() {
    let doubt = "cannot: it is not known whether the gateways answer";
    let mut world = host(
        "route6 fd09::/16 via fe80::9 dev eth0
         route6 fd07::/16 via fe80::7 dev eth0 | via fe80::8 dev eth1
         route6 fd00:5::/64 metric 256 dev eth2",
    );
    world.neighbours = None;
    world.check("fd00:5::1", "unicast fd00:5::/64 table 254 dev eth2");
    world.check("2001:db8::1", "unicast ::/0 table 254 via fe80::1 dev eth0");
    // The default route may take over.
    world.check("fd09::1", doubt);
    world.check("fd07::1", doubt);

    let failed = host("route6 fd09::/16 via fe80::9 dev eth0\nneigh fe80::9 eth0 failed");
    let mut world = failed;
    world.settings = None;
    world.check("fd09::1", doubt);
}

#[test]
fn several_next_hops() {
    let world = host(
        "route6 fd09::/16 via fe80::9 dev eth0 | via fe80::8 dev eth1 | via fe80::7 dev eth2 dead
         neigh fe80::1 eth0 reachable",
    );
    let both = "unicast fd09::/16 table 254 via fe80::9 dev eth0 | via fe80::8 dev eth1";
    world.check("fd09::1", both);
    // A device that is only wished for does not keep the hash from the others.
    world.check("fd09::1 from fd00:1::10 oif eth1", both);
    world.check("fd09::1 oif eth1", "unicast fd09::/16 table 254 via fe80::8 dev eth1");
}

#[test]
fn next_hop_objects() {
    let world = host(
        "nexthop 1 via fe80::9 dev eth0
         nexthop 2 via fe80::8 dev eth1
         nexthop 3 group 1/2
         nexthop 4 blackhole
         route6 fd09::/16 nhid 3
         route6 fd08::/16 via fe80::5 dev eth0
         route6 fd08::/16 nhid 4",
    );
    let both = "unicast fd09::/16 table 254 via fe80::9 dev eth0 | via fe80::8 dev eth1";
    world.check("fd09::1", both);
    world.check("fd09::1 oif eth1", both);
    // One that drops goes before its equals.
    world.check("fd08::1", "EINVAL: unicast fd08::/16 table 254");
}

#[test]
fn source_prefixes() {
    let world = host(
        "route6 fd09::/16 from fd00:1::/64 via fe80::a dev eth0
         route6 fd09::/16 from fd00::/16 via fe80::b dev eth0
         route6 fd09::/16 via fe80::c dev eth0
         route6 fd09:9::/32 from fd00:2::/64 via fe80::d dev eth1 dead
         route6 fd09:9::/32 via fe80::e dev eth1
         route6 fd00::/8 via fe80::f dev eth1",
    );
    let by = |hop: &str| format!("unicast fd09::/16 table 254 via fe80::{hop} dev eth0");
    world.check("fd09::1 from fd00:1::10", &by("a"));
    world.check("fd09::1 from fd00:2::10", &by("b"));
    // None of its source prefixes fits: the kernel does not come back for the plain route.
    let shorter = "unicast fd00::/8 table 254 via fe80::f dev eth1";
    world.check("fd09::1 from 2001:db8::1", shorter);
    world.check("fd09::1", shorter);
    // It does once it was inside.
    let plain = "unicast fd09:9::/32 table 254 via fe80::e dev eth1";
    world.check("fd09:9::1 from fd00:2::10", plain);
}

#[test]
fn source_prefixes_of_the_default_route() {
    let world = host("route6 default from fd00:2::/64 via fe80::2 dev eth1");
    let by_source = "unicast ::/0 table 254 via fe80::2 dev eth1";
    world.check("2001:db8::1 from fd00:2::10", by_source);
    let plain = "unicast ::/0 table 254 via fe80::1 dev eth0";
    world.check("2001:db8::1 from fd00:1::10", plain);
}

#[test]
fn rules_that_nobody_added_to_are_not_looked_at() {
    let mut world = host("");
    world.rules.retain(|rule| rule.priority != 32_766);
    world.check("2001:db8::1", "cannot: it is not known whether rules were ever changed");
    world.check("fd00:1::10", "local fd00:1::10/128 table 255");
    world.rules_changed_v6 = Some(true);
    world.check("2001:db8::1", "ENETUNREACH: no route");
    world.rules_changed_v6 = Some(false);
    world.check("2001:db8::1", "unicast ::/0 table 254 via fe80::1 dev eth0");
}
