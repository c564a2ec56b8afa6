//! The incident when router and balancer are equally fast: each client is broken or not by chance.

use std::net::IpAddr;

use super::Scenario;
use super::incident::{self, Proxies};
use crate::expectation::Expectation;
use crate::running::Condition;

/// So many that chance hardly ever leaves all but one of them to the same proxy: once in 2,000
/// runs.
fn clients() -> impl Iterator<Item = IpAddr> {
    (11..=26).map(|last| IpAddr::from([192, 168, 5, last]))
}

pub(super) static SCENARIO: Scenario = Scenario {
    id: "incident-race",
    title: "as incident, but router and balancer answer equally fast: some clients break",
    story: "\
The hosts of the incident, but router and load balancer both answer ARP after a random time. The
server keeps the first answer for each client. Clients whose entry got the router's MAC connect;
those whose entry got the balancer's MAC are stuck, and stay stuck: the entry is confirmed by asking
the balancer alone.",
    picture: "
                        192.168.4.0/24              192.168.5.0/24
                        |                           |
  server 192.168.4.10 --+--- .4.1  ROUTER  .5.1 ----+
  02:..:10, mask /22    |    :01   proxy_arp        |
                        |                           +--- clients .5.11 - .5.26
  client 192.168.4.20 --+--- .4.2  BALANCER  .5.2 --+
  02:..:20, mask /24    |    :02   proxy_arp        |
                        |          drops ct invalid |

  entry 02:..:01   SYN-ACK  server -> router   -> client   connects
  entry 02:..:02   SYN-ACK  server -> balancer -> X        stuck",
    expect: Expectation::fault("bad-netmask", "path", &["likely", "confirmed"]),
    needs_nft: true,
    machine_wide: false,
    stage: |lab| {
        let built = incident::build(lab, 22, Proxies::Race, clients())?;
        // Two clients at least on either side.
        let shows = Condition::stuck_on_port(80, 4)
            .and(Condition::completed(&built.far, 4))
            .and(Condition::completed(&built.near, 2));
        Ok(built.into_stage(shows))
    },
};
