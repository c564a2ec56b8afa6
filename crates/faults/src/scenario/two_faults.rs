//! Two faults at once, each with its own connections: the incident, and a full accept queue.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use super::Scenario;
use super::accept_queue_full::{BACKLOG, BURST, SLOW};
use super::incident::{self, Proxies, routed_clients};
use crate::configure::mac;
use crate::expectation::Expectation;
use crate::lab::{ip, net};
use crate::route::NewRoute;
use crate::running::Condition;
use crate::traffic::{RawPeers, Script, Server};

pub(super) static SCENARIO: Scenario = Scenario {
    id: "two-faults",
    title: "the incident on :80 and a full accept queue on :8443 at once",
    story: "\
The hosts of the incident: clients 192.168.5.11-18 of :80 are stuck by the netmask of the server.
Beside that the application on :8443 accepts four connections every 3 s. Its clients,
192.0.2.11-18, are outside the wrong netmask and answered by the right router; they complete their
handshakes, and the server drops their ACKs for want of room. Neither fault explains the other.",
    picture: "
                        192.168.4.0/24              192.168.5.0/24
                        |                           |
  server 192.168.4.10 --+--- .4.1  ROUTER  .5.1 ----+--- clients .5.11 - .5.18
  02:..:10, mask /22    |    :01   proxy_arp, slow  |    of :80
  :80    healthy        |                           |
  :8443  queue full     |                           +--- .5.50
                        |                           |    clients 192.0.2.11-18
  client 192.168.4.20 --+--- .4.2  BALANCER  .5.2 --+    of :8443
  02:..:20, of :80      |    :02   proxy_arp, fast  |
                        |          drops ct invalid |

  :80    SYN-ACK  server -> balancer -> X         dropped there
  :8443  ACK      client -> router   -> server    dropped: no room",
    expect: Expectation::fault("bad-netmask", "path", &["likely", "confirmed"])
        .and(&[("accept-queue-full", "local")]),
    needs_nft: true,
    machine_wide: false,
    stage: |lab| {
        let built = incident::build(lab, 22, Proxies::BalancerFirst, routed_clients())?;
        let crowd = lab.host("crowd")?;
        lab.attach(&built.back, &crowd, "d0", mac(0x61), &[net("192.168.5.50/24")])?;
        crowd.route(NewRoute::default_via(ip("192.168.5.1")))?;
        built.router.route(NewRoute::to(net("192.0.2.0/24")).via(ip("192.168.5.50")))?;

        let slow = SocketAddr::new(ip("192.168.4.10"), 8443);
        let app = Server::new(slow, BACKLOG, SLOW).start(&built.server)?;
        let patient = (11..=18).map(|last| IpAddr::from([192, 0, 2, last]));
        let script = |_| Script::completes(Duration::from_millis(50));
        let bursts = RawPeers::new(slow, patient, BURST, script).start(&crowd)?;
        let shows = Condition::stuck_peers(routed_clients())
            .and(Condition::completed(&built.near, 2))
            .and(Condition::stuck_on_port(8443, 4));
        let mut stage = built.into_stage(shows);
        stage.traffic.splice(0..0, [bursts, app]);
        Ok(stage)
    },
};
