//! A fixed entry for the gateway, with the MAC address of a router that was replaced.

use super::ground::{connect, far, give, serve};
use crate::configure::{MacBytes, mac};
use crate::expectation::Expectation;
use crate::lab::{ip, net};
use crate::running::{Condition, Stage};
use crate::scenario::{Scenario, routed};

/// Of a device that is no longer on the wire.
pub(super) const REPLACED: MacBytes = [2, 0, 0, 0, 0xbe, 0xef];

pub(in crate::scenario) static SCENARIO: Scenario = Scenario {
    id: "neighbour-wrong-gateway",
    title: "a permanent ARP entry for the gateway has the MAC of a router that is gone",
    story: "\
Somebody fixed the entry of the gateway 10.1.0.1 in the server's neighbour table. The router was
replaced since, so the entry has a MAC address that nobody on the wire has. SYNs come in from the
new router; every SYN-ACK to the outside goes to the old MAC. A neighbour connects.",
    picture: "
                        10.1.0.0/24
                        |
  server 10.1.0.10 -----+---- 10.1.0.1  ROUTER  10.9.0.1 --- clients
  :80                   |     02:..:01          198.18.1.11  198.18.2.12
                        |                       198.19.3.13  198.19.4.14
                        +---- client 10.1.0.20

  10.1.0.1 dev ps0 lladdr 02:..:be:ef PERMANENT

  SYN      from 02:..:01
  SYN-ACK  to   02:..:be:ef   nobody",
    expect: Expectation::fault("neighbour-wrong", "path", &["likely", "confirmed"]),
    needs_nft: false,
    machine_wide: false,
    stage: |lab| {
        let hosts = routed::build(lab)?;
        hosts.server.neighbour("ps0", ip("10.1.0.1"), REPLACED)?;
        let near = lab.host("near")?;
        lab.attach(&hosts.inside, &near, "n0", mac(0x20), &[net("10.1.0.20/24")])?;
        give(&hosts.clients, "c0", &far())?;
        let app = serve(&hosts.server, 80)?;
        let near = connect(&near, &[ip("10.1.0.20")], "10.1.0.10", 80)?;
        let far_traffic = connect(&hosts.clients, &far(), "10.1.0.10", 80)?;
        let shows = Condition::stuck_peers(far()).and(Condition::completed(&near, 2));
        Ok(Stage { server: hosts.server, traffic: vec![near, far_traffic, app], shows })
    },
};
