//! The preferred router died, and the kernel left it by itself: healthy.

use super::ground::{connect, serve, wait_for};
use super::ground_v6::{self, SERVICE, advertise, advertise_preferred, far, second_router};
use crate::expectation::Expectation;
use crate::running::{Condition, Stage};
use crate::scenario::Scenario;

pub(in crate::scenario) static SCENARIO: Scenario = Scenario {
    id: "router-failover-v6",
    title: "the preferred router died and the server took the other one: healthy",
    story: "\
The server knows two routers by their advertisements and prefers fe80::2. That one died a while ago.
Its route with `pref high` is still there and its neighbour entry has failed, but the kernel has
found that out and sends everything by fe80::1. Every handshake completes.",
    picture: "
                            2001:db8:1::/64
                            |
  server 2001:db8:1::10 ----+---- fe80::1  ROUTER  2001:db8:9::1 --- clients
  :80                       |     02:..:01        2001:db8:a1::11  a2::12
                            |                               a3::13  a4::14
                            +---- fe80::2  (dead)

  default via fe80::2 proto ra pref high      fe80::2 dev ps0 router FAILED
  default via fe80::1 proto ra pref medium",
    expect: Expectation::HEALTHY,
    needs_nft: false,
    // With more than 128 neighbours on the machine the kernel forgets that one failed, and asks anew.
    machine_wide: true,
    stage: |lab| {
        let hosts = ground_v6::without_default(lab)?;
        hosts.server.sysctl("net/ipv6/conf/ps0/accept_ra", "1")?;
        let preferred = second_router(lab, &hosts.inside)?;
        let mut advertisers = vec![advertise(&hosts)?, advertise_preferred(&preferred)?];
        let both = || Ok(ground_v6::default_routes(&hosts.server)? == 2);
        wait_for("two default routes", both)?;

        // It dies before it was used, or the kernel would trust it for half a minute more.
        advertisers.truncate(1);
        preferred.link_down("q0")?;
        let app = serve(&hosts.server, 80)?;
        let clients = connect(&hosts.clients, &far(), SERVICE, 80)?;
        // Until the kernel knows, after 9 s, nobody connects.
        let shows = Condition::completed(&clients, 16).and(Condition::nobody_stuck());
        let mut traffic = vec![clients];
        traffic.extend(advertisers);
        traffic.push(app);
        Ok(Stage { server: hosts.server, traffic, shows })
    },
};
