//! Two devices on one wire that each answer for their own address only: healthy.

use super::ground::{all_completed, connect, connect_each, far, give, neighbours, serve};
use crate::configure::mac;
use crate::expectation::Expectation;
use crate::lab::net;
use crate::running::{Condition, Stage};
use crate::scenario::{Scenario, routed};

pub(in crate::scenario) static SCENARIO: Scenario = Scenario {
    id: "arp-flux-settings",
    title: "two NICs on one wire with arp_ignore 1 and arp_announce 2: healthy",
    story: "\
The hosts of arp-flux with arp_ignore 1 and arp_announce 2 on the server, so that each device
answers ARP for its own address only. SYNs to 10.1.0.11 come in on ps1, their SYN-ACKs still leave
by ps0, the first route. Nobody on the wire minds, and every handshake completes.",
    picture: "
                             10.1.0.0/24
  server ps0 10.1.0.10 ------+---- 10.1.0.1 ROUTER 10.9.0.1 -- clients
  :80                        |                                 198.18.1.11 ...
         ps1 10.1.0.11 ------+---- clients 10.1.0.20-23

  arp_ignore 1, arp_announce 2
  to 10.1.0.11:  SYN  client -> ps1     SYN-ACK  ps0 -> client",
    expect: Expectation::HEALTHY,
    needs_nft: false,
    machine_wide: false,
    stage: |lab| {
        let hosts = routed::build(lab)?;
        for (setting, value) in [("arp_ignore", "1"), ("arp_announce", "2")] {
            hosts.server.sysctl(&format!("net/ipv4/conf/all/{setting}"), value)?;
        }
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
