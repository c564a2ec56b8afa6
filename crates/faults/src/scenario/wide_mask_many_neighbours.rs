//! A prefix that is too wide on a host with so many neighbours that the kernel tidies its table.

use std::net::IpAddr;

use super::Scenario;
use super::incident::{self, Proxies, routed_clients};
use crate::configure::mac;
use crate::expectation::Expectation;
use crate::running::Condition;

/// More than 128 (`gc_thresh1`): below, the kernel collects nothing. It counts the whole machine's.
fn neighbours() -> impl Iterator<Item = IpAddr> {
    (101..=250).map(|last| IpAddr::from([192, 168, 4, last]))
}

pub(super) static SCENARIO: Scenario = Scenario {
    id: "wide-mask-many-neighbours",
    title: "as wide-mask-no-proxy, but the kernel soon forgets which neighbours failed",
    story: "\
The hosts of wide-mask-no-proxy, but the server has 150 more neighbours. From 128 entries on,
counted over all namespaces of the machine, the kernel throws away entries that failed, several
times a minute. So each client is INCOMPLETE for 3 s, FAILED for a while, and then at times not in
the table at all, until its next SYN. Who looks in such a moment sees neither requests nor failed
neighbours.",
    picture: "
                        192.168.4.0/24              192.168.5.0/24
                        |                           |
  server 192.168.4.10 --+--- .4.1  ROUTER  .5.1 ----+
  02:..:10, mask /22    |    :01                    |
                        |                           +--- clients .5.11 - .5.18
  client 192.168.4.20 --+
  .4.101 - .4.250     --+    150 neighbours

  SYN      client -> router -> server                    accepted
  SYN-ACK  server: who has 192.168.5.11? ... no answer   never sent
  table    INCOMPLETE -> FAILED -> (gone) -> INCOMPLETE -> ...",
    expect: Expectation::fault("bad-netmask", "path", &["likely", "confirmed"]),
    needs_nft: true,
    // The collection works on the neighbours of all namespaces, and so do the limits.
    machine_wide: true,
    stage: |lab| {
        let built = incident::build(lab, 22, Proxies::Neither, routed_clients())?;
        for neighbour in neighbours() {
            built.server.neighbour("ps0", neighbour, mac(0x99))?;
        }
        let shows =
            Condition::stuck_peers(routed_clients()).and(Condition::completed(&built.near, 2));
        Ok(built.into_stage(shows))
    },
};
