//! A second router advertises itself as preferred, and the server does not listen: healthy.

use super::ground::{connect, serve, wait_for};
use super::ground_v6::{self, SERVICE, advertise, advertise_preferred, far, second_router};
use crate::expectation::Expectation;
use crate::lab::net;
use crate::route::NewRoute;
use crate::running::{Condition, Stage};
use crate::scenario::Scenario;

/// The server believes advertisements of one router only.
const RA_GUARD: &str = "\
table ip6 lab {
    chain input {
        type filter hook input priority filter; policy accept;
        icmpv6 type nd-router-advert ip6 saddr != fe80::1 counter drop
    }
}
";

pub(in crate::scenario) static SCENARIO: Scenario = Scenario {
    id: "rogue-router-filtered-v6",
    title: "a rogue router advertises itself, and the server's filter drops that: healthy",
    story: "\
As rogue-router-v6, but the server filters router advertisements of everybody but fe80::1. Those of
the rogue router arrive and are dropped in INPUT, as they should be. The server has one default
route, and every handshake completes.",
    picture: "
                            2001:db8:1::/64
                            |
  server 2001:db8:1::10 ----+---- fe80::1  ROUTER  2001:db8:9::1 --- clients
  :80                       |     02:..:01        2001:db8:a1::11  a2::12
  drops other RAs           |                               a3::13  a4::14
                            +---- fe80::2  ROGUE  02:..:ba

  default via fe80::1 proto ra pref medium",
    expect: Expectation::HEALTHY,
    needs_nft: true,
    machine_wide: false,
    stage: |lab| {
        let hosts = ground_v6::without_default(lab)?;
        hosts.server.sysctl("net/ipv6/conf/ps0/accept_ra", "1")?;
        hosts.server.nft(RA_GUARD)?;
        let rogue = second_router(lab, &hosts.inside)?;
        rogue.route(NewRoute::blackhole(net("::/0")))?;
        let advertisers = [advertise_preferred(&rogue)?, advertise(&hosts)?];
        let one = || Ok(ground_v6::default_routes(&hosts.server)? == 1);
        wait_for("a default route", one)?;
        let app = serve(&hosts.server, 80)?;
        let clients = connect(&hosts.clients, &far(), SERVICE, 80)?;
        let shows = Condition::completed(&clients, 8);
        let mut traffic = vec![clients];
        traffic.extend(advertisers);
        traffic.push(app);
        Ok(Stage { server: hosts.server, traffic, shows })
    },
};
