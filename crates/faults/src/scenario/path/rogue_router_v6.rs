//! A second router advertises itself as preferred and forwards nothing.

use super::ground::{connect, connect_each, neighbours, serve, wait_for};
use super::ground_v6::{self, SERVICE, advertise, advertise_preferred, far, second_router};
use crate::expectation::Expectation;
use crate::lab::net;
use crate::route::NewRoute;
use crate::running::{Condition, Stage};
use crate::scenario::Scenario;

pub(in crate::scenario) static SCENARIO: Scenario = Scenario {
    id: "rogue-router-v6",
    title: "a rogue router advertises itself as preferred and drops what it gets",
    story: "\
The server takes its default route from router advertisements. Besides the router fe80::1 a machine
on the wire, fe80::2, advertises itself with high preference: somebody shares their connection. The
server sends everything there, and it forwards nothing. SYNs come in from the router fe80::1. A
neighbour connects.",
    picture: "
                            2001:db8:1::/64
                            |
  server 2001:db8:1::10 ----+---- fe80::1  ROUTER  2001:db8:9::1 --- clients
  :80                       |     02:..:01        2001:db8:a1::11  a2::12
                            |                               a3::13  a4::14
                            +---- fe80::2  ROGUE  02:..:ba
                            +---- client 2001:db8:1::20

  default via fe80::2 proto ra pref high
  default via fe80::1 proto ra pref medium

  SYN      from 02:..:01      SYN-ACK  to 02:..:ba   X",
    expect: Expectation::fault("asymmetric-route", "path", &["likely", "confirmed", "possible"])
        .by_rights()
        .or(&["synack-lost-outside"]),
    needs_nft: false,
    machine_wide: false,
    stage: |lab| {
        let hosts = ground_v6::without_default(lab)?;
        hosts.server.sysctl("net/ipv6/conf/ps0/accept_ra", "1")?;
        let rogue = second_router(lab, &hosts.inside)?;
        rogue.route(NewRoute::blackhole(net("::/0")))?;
        let advertisers = [advertise(&hosts)?, advertise_preferred(&rogue)?];
        let both = || Ok(ground_v6::default_routes(&hosts.server)? == 2);
        wait_for("two default routes", both)?;
        let near = neighbours(lab, &hosts.inside, &["2001:db8:1::20/64"])?;
        let app = serve(&hosts.server, 80)?;
        let mut traffic = connect_each(&near, SERVICE, 80)?;
        let shows = Condition::stuck_peers(far()).and(Condition::completed(&traffic[0], 2));
        traffic.push(connect(&hosts.clients, &far(), SERVICE, 80)?);
        traffic.extend(advertisers);
        traffic.push(app);
        Ok(Stage { server: hosts.server, traffic, shows })
    },
};
