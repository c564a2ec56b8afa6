//! A prefix that is too wide, and nobody who answers for the clients it covers.

use super::Scenario;
use super::incident::{self, Proxies, routed_clients};
use crate::expectation::Expectation;
use crate::running::Condition;

pub(super) static SCENARIO: Scenario = Scenario {
    id: "wide-mask-no-proxy",
    title: "netmask /22 instead of /24, and nobody answers ARP for the routed clients",
    story: "\
The server was given 192.168.4.10/22 on a wire that is 192.168.4.0/24, so it asks by ARP for the
clients 192.168.5.11-18, who are behind the router. Nobody has proxy ARP on, so nobody answers. Each
SYN-ACK waits for a MAC address and is given up after 3 s, together with its request. A client on
the true subnet, 192.168.4.20, connects all the time.",
    picture: "
                        192.168.4.0/24              192.168.5.0/24
                        |                           |
  server 192.168.4.10 --+--- .4.1  ROUTER  .5.1 ----+
  02:..:10, mask /22    |    :01                    |
                        |                           +--- clients .5.11 - .5.18
  client 192.168.4.20 --+--- .4.2  BALANCER  .5.2 --+
  02:..:20, mask /24         :02

  SYN      client -> router -> server                    accepted
  SYN-ACK  server: who has 192.168.5.11? ... no answer   never sent",
    expect: Expectation::fault("bad-netmask", "path", &["likely", "confirmed"]),
    needs_nft: true,
    machine_wide: false,
    stage: |lab| {
        let built = incident::build(lab, 22, Proxies::Neither, routed_clients())?;
        let shows =
            Condition::stuck_peers(routed_clients()).and(Condition::completed(&built.near, 2));
        Ok(built.into_stage(shows))
    },
};
