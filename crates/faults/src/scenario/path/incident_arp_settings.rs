//! The incident on a server with every ARP and reverse-path setting that is advised against it.

use crate::expectation::Expectation;
use crate::running::Condition;
use crate::scenario::Scenario;
use crate::scenario::incident::{self, Proxies, routed_clients};

pub(in crate::scenario) static SCENARIO: Scenario = Scenario {
    id: "incident-arp-settings",
    title: "the incident with rp_filter 1, arp_ignore 1, arp_announce 2: they do not help",
    story: "\
The hosts of the incident. Somebody has set rp_filter 1, arp_ignore 1, and arp_announce 2 on the
server, as manuals advise. None of them concerns the answers that the server gets when it asks for
its clients, so the SYN-ACKs go to the balancer all the same, and the filter drops nothing.",
    picture: "
                        192.168.4.0/24              192.168.5.0/24
                        |                           |
  server 192.168.4.10 --+--- .4.1  ROUTER  .5.1 ----+
  02:..:10, mask /22    |    :01   proxy_arp, slow  |
                        |                           +--- clients .5.11 - .5.18
  client 192.168.4.20 --+--- .4.2  BALANCER  .5.2 --+
  02:..:20, mask /24    |    :02   proxy_arp, fast  |
                        |          drops ct invalid |

  rp_filter 1, arp_ignore 1, arp_announce 2",
    expect: Expectation::fault("bad-netmask", "path", &["likely", "confirmed"]),
    needs_nft: true,
    machine_wide: false,
    stage: |lab| {
        let built = incident::build(lab, 22, Proxies::BalancerFirst, routed_clients())?;
        for (setting, value) in [("rp_filter", "1"), ("arp_ignore", "1"), ("arp_announce", "2")] {
            for device in ["all", "ps0"] {
                built.server.sysctl(&format!("net/ipv4/conf/{device}/{setting}"), value)?;
            }
        }
        let shows =
            Condition::stuck_peers(routed_clients()).and(Condition::completed(&built.near, 2));
        Ok(built.into_stage(shows))
    },
};
