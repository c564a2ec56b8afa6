//! Two devices with addresses of one prefix on one wire: healthy.

use super::ground::{all_completed, connect, connect_each, far, give, neighbours, serve};
use crate::configure::mac;
use crate::expectation::Expectation;
use crate::lab::net;
use crate::running::{Condition, Stage};
use crate::scenario::{Scenario, routed};

pub(in crate::scenario) static SCENARIO: Scenario = Scenario {
    id: "arp-flux",
    title: "two NICs with addresses of one prefix on one wire, nobody filters: healthy",
    story: "\
The server has 10.1.0.10 on ps0 and 10.1.0.11 on ps1, both on one wire. Both devices answer ARP for
both addresses, so who has which is a race, and replies from either address leave by ps0, the first
route. SYN and SYN-ACK often use different devices. Nobody on the wire minds, and every handshake
completes.",
    picture: "
                             10.1.0.0/24
  server ps0 10.1.0.10 ------+---- 10.1.0.1 ROUTER 10.9.0.1 -- clients
  :80                        |                                 198.18.1.11 ...
         ps1 10.1.0.11 ------+---- clients 10.1.0.20-23

  to 10.1.0.11:  SYN  client -> ps1 or ps0     SYN-ACK  ps0 -> client",
    expect: Expectation::HEALTHY,
    needs_nft: false,
    machine_wide: false,
    stage: |lab| {
        let hosts = routed::build(lab)?;
        lab.attach(&hosts.inside, &hosts.server, "ps1", mac(0x11), &[net("10.1.0.11/24")])?;
        let nets = ["10.1.0.20/24", "10.1.0.21/24", "10.1.0.22/24", "10.1.0.23/24"];
        let near = neighbours(lab, &hosts.inside, &nets)?;
        give(&hosts.clients, "c0", &far())?;
        let app = serve(&hosts.server, 80)?;
        let mut traffic = Vec::new();
        for address in ["10.1.0.10", "10.1.0.11"] {
            traffic.extend(connect_each(&near, address, 80)?);
            traffic.push(connect(&hosts.clients, &far(), address, 80)?);
        }
        let shows = all_completed(Condition::nobody_stuck(), &traffic);
        traffic.push(app);
        Ok(Stage { server: hosts.server, traffic, shows })
    },
};
