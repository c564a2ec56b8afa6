//! Fixed entries for neighbours, with MAC addresses that they no longer have.

use super::ground::{connect, connect_each, far, give, neighbours, serve};
use crate::configure::mac;
use crate::expectation::Expectation;
use crate::running::{Condition, Stage};
use crate::scenario::{Scenario, routed};

pub(in crate::scenario) static SCENARIO: Scenario = Scenario {
    id: "neighbour-wrong-peer",
    title: "permanent ARP entries of two neighbours have MAC addresses of replaced NICs",
    story: "\
Somebody fixed the entries of 10.1.0.20 and 10.1.0.21 in the server's neighbour table. Both hosts
got new NICs since. Their SYNs come from the new MAC addresses; the SYN-ACKs go to the old ones. A
third neighbour and clients behind the router connect.",
    picture: "
                       10.1.0.0/24
                       |
  server 10.1.0.10 ----+---- 10.1.0.1  ROUTER  10.9.0.1 --- clients
  :80                  |                                    198.18.1.11 ...
                       +---- client 10.1.0.20  02:..:14
                       +---- client 10.1.0.21  02:..:15
                       +---- client 10.1.0.22  02:..:16   connects

  10.1.0.20 dev ps0 lladdr 02:..:e0 PERMANENT
  10.1.0.21 dev ps0 lladdr 02:..:e1 PERMANENT",
    expect: Expectation::fault("neighbour-wrong", "path", &["likely", "confirmed"]),
    needs_nft: false,
    machine_wide: false,
    stage: |lab| {
        let hosts = routed::build(lab)?;
        let nets = ["10.1.0.20/24", "10.1.0.21/24", "10.1.0.22/24"];
        let near = neighbours(lab, &hosts.inside, &nets)?;
        let victims = [near[0].address, near[1].address];
        for (address, old) in victims.into_iter().zip([0xe0, 0xe1]) {
            hosts.server.neighbour("ps0", address, mac(old))?;
        }
        give(&hosts.clients, "c0", &far())?;
        let app = serve(&hosts.server, 80)?;
        let mut traffic = connect_each(&near, "10.1.0.10", 80)?;
        traffic.push(connect(&hosts.clients, &far(), "10.1.0.10", 80)?);
        let shows = Condition::stuck_peers(victims)
            .and(Condition::completed(&traffic[2], 2))
            .and(Condition::completed(&traffic[3], 4));
        traffic.push(app);
        Ok(Stage { server: hosts.server, traffic, shows })
    },
};
