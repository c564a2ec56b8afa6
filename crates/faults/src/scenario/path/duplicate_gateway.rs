//! Two hosts on the wire have the address of the gateway.

use super::duplicate_address_silent::twin;
use super::ground::{connect, far, give, serve};
use crate::configure::mac;
use crate::expectation::Expectation;
use crate::lab::{ip, net};
use crate::running::{Condition, Stage};
use crate::scenario::{Scenario, routed};

pub(in crate::scenario) static SCENARIO: Scenario = Scenario {
    id: "duplicate-gateway",
    title: "another host on the wire has the address of the gateway, and forwards nothing",
    story: "\
Somebody gave a machine on the wire the address of the gateway, 10.1.0.1. It asks for the server
every 3 s, so the server's entry for its gateway has that machine's MAC. SYNs come from the router;
SYN-ACKs to everybody outside go to the other machine, which forwards nothing. A neighbour connects.",
    picture: "
                       10.1.0.0/24
                       |
  server 10.1.0.10 ----+---- 10.1.0.1  ROUTER  10.9.0.1 --- clients
  :80                  |     02:..:01          198.18.1.11  198.18.2.12
                       |                       198.19.3.13  198.19.4.14
                       +---- 10.1.0.1  TWIN  02:..:dd
                       +---- client 10.1.0.20

  SYN      from 02:..:01
  SYN-ACK  to   02:..:dd   X",
    expect: Expectation::fault("duplicate-address", "path", &["likely", "confirmed", "possible"])
        .or(&["neighbour-wrong"]),
    needs_nft: false,
    machine_wide: false,
    stage: |lab| {
        let hosts = routed::build(lab)?;
        // So that the router never asks, and the twin has asked last at any time.
        hosts.router.neighbour("r0", ip("10.1.0.10"), mac(0x10))?;
        let (_, asks) = twin(lab, &hosts.inside, "10.1.0.1/24", ip("10.1.0.10"))?;
        let near = lab.host("near")?;
        lab.attach(&hosts.inside, &near, "n0", mac(0x20), &[net("10.1.0.20/24")])?;
        give(&hosts.clients, "c0", &far())?;
        let app = serve(&hosts.server, 80)?;
        let near = connect(&near, &[ip("10.1.0.20")], "10.1.0.10", 80)?;
        let far_traffic = connect(&hosts.clients, &far(), "10.1.0.10", 80)?;
        let shows = Condition::stuck_peers(far()).and(Condition::completed(&near, 2));
        Ok(Stage { server: hosts.server, traffic: vec![near, far_traffic, asks, app], shows })
    },
};
