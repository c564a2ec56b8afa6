//! A default route over two uplinks: healthy.

use super::{Scenario, multihomed_stateful as multihomed};
use crate::expectation::Expectation;
use crate::lab::ip;
use crate::route::NewRoute;
use crate::running::Condition;

pub(super) static SCENARIO: Scenario = Scenario {
    id: "ecmp",
    title: "one default route over two uplinks, each address on one of them: healthy",
    story: "\
The server's default route has two next hops of equal weight, router a on ps0 and router b on ps1.
Recent kernels prefer the next hop on the device that owns the source address; older ones take
either, by a hash. No router tracks connections, so every handshake completes.",
    picture: "
                  ps0 10.1.0.10 ---- 10.1.0.1  ROUTER a  10.9.0.1 ---+
  server :80                                                         |
                  ps1 10.2.0.10 ---- 10.2.0.1  ROUTER b  10.9.0.2 ---+
                                                                     |
  default nexthop via 10.1.0.1 dev ps0      clients 10.9.0.101-104 --+
          nexthop via 10.2.0.1 dev ps1",
    expect: Expectation::HEALTHY,
    needs_nft: false,
    machine_wide: false,
    stage: |lab| {
        let both = [(ip("10.1.0.1"), "ps0"), (ip("10.2.0.1"), "ps1")];
        let built = multihomed::build(lab, NewRoute::default_over(&both), |_, _| Ok(()))?;
        let shows =
            Condition::completed(&built.first, 8).and(Condition::completed(&built.second, 8));
        Ok(built.into_stage(shows))
    },
};
