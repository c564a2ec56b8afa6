//! Two hosts on the wire have the address of the gateway.

use std::time::Duration;

use super::duplicate_address_silent::TWIN;
use super::ground::{connect, far, give, serve};
use crate::configure::mac;
use crate::expectation::Expectation;
use crate::lab::{ip, net};
use crate::running::{Condition, Stage};
use crate::scenario::{Scenario, routed};
use crate::traffic::Asker;

pub(in crate::scenario) static SCENARIO: Scenario = Scenario {
    id: "duplicate-gateway",
    title: "another host on the wire has the address of the gateway, and forwards nothing",
    story: "\
Somebody gave a machine on the wire the address of the gateway, 10.1.0.1. It asks for the server
every second and the router every 5.3 s, so the server's entry for its gateway mostly has that
machine's MAC. SYNs come from the router; SYN-ACKs to everybody outside go to the other machine,
which forwards nothing, but for the moments after the router asked. A neighbour connects.",
    picture: "
                       10.1.0.0/24
                       |
  server 10.1.0.10 ----+---- 10.1.0.1  ROUTER  10.9.0.1 --- clients
  :80                  |     02:..:01          198.18.1.11  198.18.2.12
                       |                       198.19.3.13  198.19.4.14
                       +---- 10.1.0.1  TWIN  02:..:dd
                       +---- client 10.1.0.20

  10.1.0.1 dev ps0 lladdr 02:..:dd, for a moment 02:..:01

  SYN      from 02:..:01
  SYN-ACK  to   02:..:dd   X",
    expect: Expectation::fault("duplicate-address", "path", &["likely", "confirmed", "possible"])
        .by_rights()
        .or(&["neighbour-wrong"])
        .without_rows(),
    needs_nft: false,
    machine_wide: false,
    stage: |lab| {
        let hosts = routed::build(lab)?;
        let twin = lab.host("twin")?;
        lab.attach(&hosts.inside, &twin, "n0", TWIN, &[net("10.1.0.1/24")])?;
        let asks = |host, device: &str, millis| {
            let (device, every) = (device.to_owned(), Duration::from_millis(millis));
            Asker { device, own: ip("10.1.0.1"), target: ip("10.1.0.10"), every }.start(host)
        };
        let asks = [asks(&hosts.router, "r0", 5300)?, asks(&twin, "n0", 1000)?];
        let near = lab.host("near")?;
        lab.attach(&hosts.inside, &near, "n0", mac(0x20), &[net("10.1.0.20/24")])?;
        give(&hosts.clients, "c0", &far())?;
        let app = serve(&hosts.server, 80)?;
        let near = connect(&near, &[ip("10.1.0.20")], "10.1.0.10", 80)?;
        let far_traffic = connect(&hosts.clients, &far(), "10.1.0.10", 80)?;
        let shows = Condition::stuck_peers(far()).and(Condition::completed(&near, 2));
        let mut traffic = vec![near, far_traffic, app];
        traffic.extend(asks);
        Ok(Stage { server: hosts.server, traffic, shows })
    },
};
