//! Two IPv6 uplinks with a rule that sends each reply back by its own: healthy.

use super::ground::{connect, serve};
use super::ground_v6::far;
use crate::configure::mac;
use crate::expectation::Expectation;
use crate::lab::{ip, net};
use crate::netfilter::STATEFUL_FORWARDING;
use crate::route::NewRoute;
use crate::running::{Condition, Stage};
use crate::scenario::Scenario;

/// Routing table of the second uplink.
const TABLE: u32 = 102;

pub(in crate::scenario) static SCENARIO: Scenario = Scenario {
    id: "source-policy-routing-v6",
    title: "two IPv6 uplinks, each reply leaves by its own: healthy",
    story: "\
The server has 2001:db8:1::10 on ps0 and 2001:db8:2::10 on ps1, a default route by router a, and the
rule `from 2001:db8:2::10 lookup 102` with a default route by router b in table 102. The main table
alone would say that replies from 2001:db8:2::10 leave by ps0; they do not.",
    picture: "
                  ps0 2001:db8:1::10 ---- 2001:db8:1::1  ROUTER a ---+
  server :80                              stateful                   |
                  ps1 2001:db8:2::10 ---- 2001:db8:2::1  ROUTER b ---+
                                                                     |
  default via 2001:db8:1::1 dev ps0       clients 2001:db8:a1::11 ---+
  from 2001:db8:2::10 lookup 102:                 2001:db8:a2::12 ...
    default via 2001:db8:2::1 dev ps1",
    expect: Expectation::HEALTHY,
    needs_nft: true,
    machine_wide: false,
    stage: |lab| {
        let left = lab.segment("left")?;
        let right = lab.segment("right")?;
        let outside = lab.segment("outside")?;
        let server = lab.host("server")?;
        lab.attach(&left, &server, "ps0", mac(0x10), &[net("2001:db8:1::10/64")])?;
        lab.attach(&right, &server, "ps1", mac(0x11), &[net("2001:db8:2::10/64")])?;
        let default = |gateway, device| NewRoute::default_via(ip(gateway)).device(device);
        server.route(default("2001:db8:1::1", "ps0"))?;
        server.route(default("2001:db8:2::1", "ps1").table(TABLE))?;
        server.rule_from(net("2001:db8:2::10/128"), TABLE, 1000)?;

        let router_a = lab.router("router-a")?;
        lab.attach(&left, &router_a, "a0", mac(0x0a), &[net("2001:db8:1::1/64")])?;
        lab.attach(&outside, &router_a, "a1", mac(0x1a), &[net("2001:db8:9::1/64")])?;
        router_a.nft(STATEFUL_FORWARDING)?;
        let router_b = lab.router("router-b")?;
        lab.attach(&right, &router_b, "b0", mac(0x0b), &[net("2001:db8:2::1/64")])?;
        lab.attach(&outside, &router_b, "b1", mac(0x1b), &[net("2001:db8:9::3/64")])?;

        let clients = lab.host("clients")?;
        lab.attach(&outside, &clients, "c0", mac(0x60), &[net("2001:db8:9::2/64")])?;
        super::ground::give(&clients, "c0", &far())?;
        for router in [&router_a, &router_b] {
            router.route(NewRoute::default_via(ip("2001:db8:9::2")))?;
        }
        for (to, via) in [("2001:db8:1::", "2001:db8:9::1"), ("2001:db8:2::", "2001:db8:9::3")] {
            clients.route(NewRoute::to(net(&format!("{to}/64"))).via(ip(via)))?;
        }
        let app = serve(&server, 80)?;
        let first = connect(&clients, &far(), "2001:db8:1::10", 80)?;
        let second = connect(&clients, &far(), "2001:db8:2::10", 80)?;
        let shows = Condition::completed(&first, 8).and(Condition::completed(&second, 8));
        Ok(Stage { server, traffic: vec![first, second, app], shows })
    },
};
