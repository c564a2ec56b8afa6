//! A device without an address on the same wire draws traffic, and nobody minds: healthy.

use super::ground::{all_completed, connect, connect_each, far, give, neighbours, serve};
use crate::configure::mac;
use crate::expectation::Expectation;
use crate::running::{Condition, Stage};
use crate::scenario::{Scenario, routed};

pub(in crate::scenario) static SCENARIO: Scenario = Scenario {
    id: "arp-flux-ghost",
    title: "a second NIC without address on the same wire answers ARP too: healthy",
    story: "\
The server has 10.1.0.10 on ps0. ps1 is plugged into the same wire and up, without an address. Linux
answers for all its addresses on every device, so neighbours who ask for 10.1.0.10 get the answers
of both, and the server notes those neighbours on ps1, where it has no route at all. Some SYNs come
in on ps1; all SYN-ACKs leave by ps0, and every handshake completes.",
    picture: "
                             10.1.0.0/24
  server ps0 10.1.0.10 ------+---- 10.1.0.1 ROUTER 10.9.0.1 -- clients
  :80                        |                                 198.18.1.11 ...
         ps1 (none)    ------+---- clients 10.1.0.20-23

  10.1.0.20 dev ps0 REACHABLE
  10.1.0.20 dev ps1 STALE",
    expect: Expectation::HEALTHY,
    needs_nft: false,
    machine_wide: false,
    stage: |lab| {
        let hosts = routed::build(lab)?;
        lab.plug(&hosts.inside, &hosts.server, "ps1", mac(0x11))?;
        let nets = ["10.1.0.20/24", "10.1.0.21/24", "10.1.0.22/24", "10.1.0.23/24"];
        let near = neighbours(lab, &hosts.inside, &nets)?;
        give(&hosts.clients, "c0", &far())?;
        let app = serve(&hosts.server, 80)?;
        let mut traffic = connect_each(&near, "10.1.0.10", 80)?;
        traffic.push(connect(&hosts.clients, &far(), "10.1.0.10", 80)?);
        let shows = all_completed(Condition::nobody_stuck(), &traffic);
        traffic.push(app);
        Ok(Stage { server: hosts.server, traffic, shows })
    },
};
