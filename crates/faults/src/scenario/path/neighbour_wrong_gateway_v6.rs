//! A fixed IPv6 entry for the gateway, with the MAC address of a router that was replaced.

use super::ground::{connect, connect_each, neighbours, serve};
use super::ground_v6::{self, SERVICE, far};
use super::neighbour_wrong_gateway::REPLACED;
use crate::expectation::Expectation;
use crate::lab::ip;
use crate::running::{Condition, Stage};
use crate::scenario::Scenario;

pub(in crate::scenario) static SCENARIO: Scenario = Scenario {
    id: "neighbour-wrong-gateway-v6",
    title: "a permanent ND entry for the gateway fe80::1 has the MAC of a router that is gone",
    story: "\
Somebody fixed the entry of the gateway fe80::1 in the server's neighbour table. The router was
replaced since, so the entry has a MAC address that nobody on the wire has. SYNs come in from the
new router; every SYN-ACK to the outside goes to the old MAC. A neighbour connects.",
    picture: "
                            2001:db8:1::/64
                            |
  server 2001:db8:1::10 ----+---- fe80::1  ROUTER  2001:db8:9::1 --- clients
  :80                       |     02:..:01        2001:db8:a1::11  a2::12
                            |                               a3::13  a4::14
                            +---- client 2001:db8:1::20

  fe80::1 dev ps0 lladdr 02:..:be:ef PERMANENT

  SYN      from 02:..:01
  SYN-ACK  to   02:..:be:ef   nobody",
    expect: Expectation::fault("neighbour-wrong", "path", &["likely", "confirmed"]),
    needs_nft: false,
    machine_wide: false,
    stage: |lab| {
        let hosts = ground_v6::routed(lab)?;
        hosts.server.neighbour("ps0", ip("fe80::1"), REPLACED)?;
        let near = neighbours(lab, &hosts.inside, &["2001:db8:1::20/64"])?;
        let app = serve(&hosts.server, 80)?;
        let mut traffic = connect_each(&near, SERVICE, 80)?;
        let shows = Condition::stuck_peers(far()).and(Condition::completed(&traffic[0], 2));
        traffic.push(connect(&hosts.clients, &far(), SERVICE, 80)?);
        traffic.push(app);
        Ok(Stage { server: hosts.server, traffic, shows })
    },
};
