//! The hosts of the incident with the right netmask: healthy.

use super::Scenario;
use super::incident::{self, Proxies, routed_clients};
use crate::expectation::Expectation;
use crate::running::Condition;

pub(super) static SCENARIO: Scenario = Scenario {
    id: "right-mask",
    title: "the hosts of the incident with the right netmask: healthy",
    story: "\
The server has 192.168.4.10/24. It sends SYN-ACKs for the clients 192.168.5.11-18 to its gateway,
the router, and never asks for them by ARP. Proxy ARP is on as in the incident; nobody needs it.",
    picture: "
                        192.168.4.0/24              192.168.5.0/24
                        |                           |
  server 192.168.4.10 --+--- .4.1  ROUTER  .5.1 ----+
  02:..:10, mask /24    |    :01   proxy_arp, slow  |
                        |                           +--- clients .5.11 - .5.18
  client 192.168.4.20 --+--- .4.2  BALANCER  .5.2 --+
  02:..:20, mask /24    |    :02   proxy_arp, fast  |
                        |          drops ct invalid |

  SYN      client -> router -> server
  SYN-ACK  server -> router -> client",
    expect: Expectation::HEALTHY,
    needs_nft: true,
    machine_wide: false,
    stage: |lab| {
        let built = incident::build(lab, 24, Proxies::BalancerFirst, routed_clients())?;
        let shows = Condition::completed(&built.near, 2).and(Condition::completed(&built.far, 16));
        Ok(built.into_stage(shows))
    },
};
