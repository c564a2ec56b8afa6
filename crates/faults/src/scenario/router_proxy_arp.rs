//! The mask of the incident, where only the right router answers for everybody: healthy.

use super::Scenario;
use super::incident::{self, Proxies};
use crate::expectation::Expectation;
use crate::running::Condition;

pub(super) static SCENARIO: Scenario = Scenario {
    id: "router-proxy-arp",
    title: "netmask /22 instead of /24, and only the router answers for the rest: healthy",
    story: "\
The server has the wide mask of the incident and asks for the clients 192.168.5.11-18 by ARP. Only
the router answers for them, so the SYN-ACKs take the right way and every handshake completes. The
mask is wrong all the same, and breaks the day another host starts to answer.",
    picture: "
                        192.168.4.0/24              192.168.5.0/24
                        |                           |
  server 192.168.4.10 --+--- .4.1  ROUTER  .5.1 ----+
  02:..:10, mask /22    |    :01   proxy_arp        |
                        |                           +--- clients .5.11 - .5.18
  client 192.168.4.20 --+--- .4.2  BALANCER  .5.2 --+
  02:..:20, mask /24    |    :02   no proxy_arp     |

  SYN      client -> router -> server
  SYN-ACK  server -> router -> client",
    expect: Expectation::HEALTHY,
    needs_nft: true,
    machine_wide: false,
    stage: |lab| {
        let clients = incident::routed_clients();
        let built = incident::build(lab, 22, Proxies::RouterOnly, clients)?;
        let shows = Condition::completed(&built.near, 2).and(Condition::completed(&built.far, 16));
        Ok(built.into_stage(shows))
    },
};
