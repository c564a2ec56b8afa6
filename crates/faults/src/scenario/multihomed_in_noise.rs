//! The multi-homed fault on a busy host.

use std::net::SocketAddr;

use super::{Scenario, multihomed_stateful as multihomed, noise};
use crate::expectation::Expectation;
use crate::lab::ip;
use crate::netfilter::STATEFUL_FORWARDING;
use crate::route::NewRoute;
use crate::running::Condition;

pub(super) static SCENARIO: Scenario = Scenario {
    id: "multihomed-in-noise",
    title: "multihomed-stateful on a busy server with a scanner and lossy clients",
    story: "\
The hosts of multihomed-stateful. Besides, clients far away complete 400 handshakes a second with
10.1.0.10, one in two hundred of them after a lost SYN-ACK, and two addresses scan 10.1.0.10.
Connections to 10.2.0.10 are the victims of the missing route.",
    picture: "
                  ps0 10.1.0.10 ---- 10.1.0.1  ROUTER a  10.9.0.1 ---+
  server :80                         stateful                        |
                  ps1 10.2.0.10 ---- 10.2.0.1  ROUTER b  10.9.0.2 ---+
                                                                     |
  default via 10.1.0.1 dev ps0              clients 10.9.0.101-104 --+
                                            100.64-65.0-4.1-40
                                            scanner 203.0.113.66, .67

  to 10.2.0.10:  SYN  client -> b -> ps1    SYN-ACK  ps0 -> a -> X
  to 10.1.0.10:  SYN  client -> a -> ps0    SYN-ACK  ps0 -> a -> client",
    expect: Expectation::fault("asymmetric-route", "path", &["likely", "confirmed"]),
    needs_nft: true,
    machine_wide: false,
    stage: |lab| {
        let default = multihomed::by_router_a();
        let built = multihomed::build(lab, default, |_, router_a| {
            router_a.nft(STATEFUL_FORWARDING)?;
            router_a.route(NewRoute::default_via(ip("10.9.0.101")))
        })?;
        let target = SocketAddr::new(ip("10.1.0.10"), 80);
        let crowd = noise::crowd(&built.clients, target)?;
        let lossy = noise::lossy_crowd(&built.clients, target)?;
        let scan = noise::scanner(&built.clients, target)?;
        let shows = Condition::stuck_peers(multihomed::clients())
            .and(Condition::stuck_peers(noise::SCANNER.map(ip)))
            .and(Condition::completed(&built.first, 8))
            .and(Condition::completed(&crowd, 300))
            .and(Condition::completed(&lossy, 100));
        let mut stage = built.into_stage(shows);
        stage.traffic.splice(0..0, [crowd, lossy, scan]);
        Ok(stage)
    },
};
