//! The incident on a host whose strict firewall drops stray packets all the time.

use std::net::SocketAddr;

use super::bench::{HEALTHY, ROUND_TRIP, crowd};
use super::firewalled_host::with_stray_reset;
use crate::bpf::Family;
use crate::configure::mac;
use crate::expectation::Expectation;
use crate::lab::{ip, net};
use crate::route::NewRoute;
use crate::running::Condition;
use crate::scenario::Scenario;
use crate::scenario::incident::{self, Proxies};
use crate::traffic::{RawPeers, Script};

const RULES: &str = "\
table inet filter {
    chain input {
        type filter hook input priority filter; policy accept;
        iif lo accept
        ct state invalid counter drop
        ct state established,related counter accept
        tcp dport 80 ct state new counter accept
    }
}
";

pub(in crate::scenario) static SCENARIO: Scenario = Scenario {
    id: "incident-behind-firewall",
    title: "the incident, and a rule `ct state invalid drop` on the server whose counter moves",
    story: "\
The hosts of the incident. The server has a strict firewall, and the rule that drops what connection
tracking calls invalid moves all the time: by stray RSTs of clients far away, who connect. The rule
has no part in the fault; SYN-ACKs to 192.168.5.11-18 go to the balancer and are dropped there.",
    picture: "
                        192.168.4.0/24              192.168.5.0/24
                        |                           |
  server 192.168.4.10 --+--- .4.1  ROUTER  .5.1 ----+--- clients .5.11 - .5.18
  02:..:10, mask /22    |    :01   proxy_arp, slow  |
  input:                |                           +--- .5.50
  ct invalid drop       |                           |    clients 100.64.0-4.x
  client 192.168.4.20 --+--- .4.2  BALANCER  .5.2 --+    and their stray RSTs
  02:..:20, mask /24    |    :02   proxy_arp, fast  |
                        |          drops ct invalid |

  to .5.11-18:  SYN-ACK  server -> balancer -> X
  stray RSTs of 100.64.0-4.x: dropped by the server, harmless",
    expect: Expectation::fault("bad-netmask", "path", &["likely", "confirmed"]),
    needs_nft: true,
    machine_wide: false,
    stage: |lab| {
        let built = incident::build(lab, 22, Proxies::BalancerFirst, incident::routed_clients())?;
        built.server.nft(RULES)?;
        let far = lab.host("far")?;
        lab.attach(&built.back, &far, "f0", mac(0x61), &[net("192.168.5.50/24")])?;
        far.route(NewRoute::default_via(ip("192.168.5.1")))?;
        built.router.route(NewRoute::default_via(ip("192.168.5.50")))?;

        let target = SocketAddr::new(ip("192.168.4.10"), 80);
        let crowd = RawPeers::new(target, crowd(Family::V4), HEALTHY, |_| Script {
            close_after: Some(ROUND_TRIP),
            ..Script::answers(ROUND_TRIP, with_stray_reset)
        });
        let crowd = crowd.start(&far)?;
        let shows = Condition::stuck_peers(incident::routed_clients())
            .and(Condition::completed(&built.near, 2))
            .and(Condition::completed(&crowd, 10))
            .and(Condition::undelivered(&built.server, "Ip", 5));
        let mut stage = built.into_stage(shows);
        stage.traffic.insert(0, crowd);
        Ok(stage)
    },
};
