//! A fixed entry for the gateway that is right: healthy.

use super::ground::{all_completed, connect, far, give, serve};
use crate::configure::mac;
use crate::expectation::Expectation;
use crate::lab::{ip, net};
use crate::running::{Condition, Stage};
use crate::scenario::{Scenario, routed};

pub(in crate::scenario) static SCENARIO: Scenario = Scenario {
    id: "permanent-gateway",
    title: "a permanent ARP entry for the gateway has the right MAC: healthy",
    story: "\
Somebody fixed the entry of the gateway 10.1.0.1 in the server's neighbour table, against forged
ARP answers. It is the MAC address that the router has, and every client connects. Another fixed
entry is for a host that is gone, which nobody misses.",
    picture: "
                        10.1.0.0/24
                        |
  server 10.1.0.10 -----+---- 10.1.0.1  ROUTER  10.9.0.1 --- clients
  :80                   |     02:..:01                       198.18.1.11 ...
                        |
                        +---- client 10.1.0.20

  10.1.0.1  dev ps0 lladdr 02:..:01 PERMANENT
  10.1.0.99 dev ps0 lladdr 02:..:99 PERMANENT",
    expect: Expectation::HEALTHY,
    needs_nft: false,
    machine_wide: false,
    stage: |lab| {
        let hosts = routed::build(lab)?;
        hosts.server.neighbour("ps0", ip("10.1.0.1"), mac(0x01))?;
        hosts.server.neighbour("ps0", ip("10.1.0.99"), mac(0x99))?;
        let near = lab.host("near")?;
        lab.attach(&hosts.inside, &near, "n0", mac(0x20), &[net("10.1.0.20/24")])?;
        give(&hosts.clients, "c0", &far())?;
        let app = serve(&hosts.server, 80)?;
        let near = connect(&near, &[ip("10.1.0.20")], "10.1.0.10", 80)?;
        let far = connect(&hosts.clients, &far(), "10.1.0.10", 80)?;
        let mut traffic = vec![near, far];
        let shows = all_completed(Condition::nobody_stuck(), &traffic);
        traffic.push(app);
        Ok(Stage { server: hosts.server, traffic, shows })
    },
};
