//! The incident on a busy host.

use std::net::SocketAddr;

use super::incident::{self, Proxies};
use super::{Scenario, noise};
use crate::configure::mac;
use crate::expectation::Expectation;
use crate::lab::{ip, net};
use crate::route::NewRoute;
use crate::running::Condition;

pub(super) static SCENARIO: Scenario = Scenario {
    id: "incident-in-noise",
    title: "the incident on a busy server with a scanner, lossy clients and dead peers of its own",
    story: "\
The hosts of the incident. Besides, clients far away complete 400 handshakes a second, one in two
hundred of them after a lost SYN-ACK; two addresses scan; and the server itself connects to
machines on its wire that are gone. Only 192.168.5.11-18 are victims of the wrong mask.",
    picture: "
                        192.168.4.0/24              192.168.5.0/24
                        |                           |
  server 192.168.4.10 --+--- .4.1  ROUTER  .5.1 ----+--- clients .5.11 - .5.18
  02:..:10, mask /22    |    :01   proxy_arp, slow  |
                        |                           +--- .5.30  far clients
  client 192.168.4.20 --+--- .4.2  BALANCER  .5.2 --+    100.64-65.0-4.1-40
  02:..:20, mask /24    |    :02   proxy_arp, fast  |    scanner 203.0.113.66
                        |          drops ct invalid |            203.0.113.67
                        +   (192.168.4.201-203)

  to .5.11-18:  SYN-ACK  server -> balancer -> X
  to 100.64-65: SYN-ACK  server -> router -> client",
    expect: Expectation::fault("bad-netmask", "path", &["likely", "confirmed"]),
    needs_nft: true,
    machine_wide: false,
    stage: |lab| {
        let built = incident::build(lab, 22, Proxies::BalancerFirst, incident::routed_clients())?;
        let far = lab.host("far")?;
        lab.attach(&built.back, &far, "f0", mac(0x61), &[net("192.168.5.30/24")])?;
        far.route(NewRoute::default_via(ip("192.168.5.1")))?;
        built.router.route(NewRoute::default_via(ip("192.168.5.30")))?;

        let target = SocketAddr::new(ip("192.168.4.10"), 80);
        let crowd = noise::crowd(&far, target)?;
        let lossy = noise::lossy_crowd(&far, target)?;
        let scan = noise::scanner(&far, target)?;
        let dead = ["192.168.4.201", "192.168.4.202", "192.168.4.203"];
        let dead = noise::dead_peers(&built.server, ip("192.168.4.10"), &dead)?;
        let shows = Condition::stuck_peers(incident::routed_clients())
            .and(Condition::stuck_peers(noise::SCANNER.map(ip)))
            .and(Condition::completed(&built.near, 2))
            .and(Condition::completed(&crowd, 300))
            .and(Condition::completed(&lossy, 100));
        let mut stage = built.into_stage(shows);
        let noise = [crowd, lossy, scan].into_iter().chain(dead);
        stage.traffic.splice(0..0, noise);
        Ok(stage)
    },
};
