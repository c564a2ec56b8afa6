//! The multi-homed server whose routers both forward whatever comes: healthy.

use super::{Scenario, multihomed_stateful as multihomed};
use crate::expectation::Expectation;
use crate::running::Condition;

pub(super) static SCENARIO: Scenario = Scenario {
    id: "tolerated-asymmetry",
    title: "two uplinks, all replies leave by one of them, and nobody minds: healthy",
    story: "\
The hosts of multihomed-stateful, but no router tracks connections. SYNs for 10.2.0.10 come in on
ps1 by router b and the SYN-ACKs leave by ps0 to router a, which forwards them. Every handshake
completes, so the asymmetry is not a fault.",
    picture: "
                  ps0 10.1.0.10 ---- 10.1.0.1  ROUTER a  10.9.0.1 ---+
  server :80                                                         |
                  ps1 10.2.0.10 ---- 10.2.0.1  ROUTER b  10.9.0.2 ---+
                                                                     |
  default via 10.1.0.1 dev ps0              clients 10.9.0.101-104 --+

  to 10.2.0.10:  SYN  client -> b -> ps1    SYN-ACK  ps0 -> a -> client",
    expect: Expectation::HEALTHY,
    needs_nft: false,
    machine_wide: false,
    stage: |lab| {
        let built = multihomed::build(lab, multihomed::by_router_a(), |_, _| Ok(()))?;
        let shows =
            Condition::completed(&built.first, 8).and(Condition::completed(&built.second, 8));
        Ok(built.into_stage(shows))
    },
};
