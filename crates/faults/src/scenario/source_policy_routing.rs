//! The multi-homed server with a rule that sends each reply back by its own uplink: healthy.

use super::{Scenario, multihomed_stateful as multihomed};
use crate::expectation::Expectation;
use crate::lab::{ip, net};
use crate::netfilter::STATEFUL_FORWARDING;
use crate::route::NewRoute;
use crate::running::Condition;

/// Routing table of the second uplink.
const TABLE: u32 = 102;

pub(super) static SCENARIO: Scenario = Scenario {
    id: "source-policy-routing",
    title: "two uplinks, each reply leaves by its own: healthy",
    story: "\
The hosts of multihomed-stateful, but the server has the rule `from 10.2.0.10 lookup 102`, and a
default route by router b in table 102. The main table alone would say that replies from 10.2.0.10
leave by ps0; they do not.",
    picture: "
                  ps0 10.1.0.10 ---- 10.1.0.1  ROUTER a  10.9.0.1 ---+
  server :80                         stateful                        |
                  ps1 10.2.0.10 ---- 10.2.0.1  ROUTER b  10.9.0.2 ---+
                                                                     |
  default via 10.1.0.1 dev ps0              clients 10.9.0.101-104 --+
  from 10.2.0.10 lookup 102: default via 10.2.0.1 dev ps1",
    expect: Expectation::HEALTHY,
    needs_nft: true,
    machine_wide: false,
    stage: |lab| {
        let built = multihomed::build(lab, multihomed::by_router_a(), |server, router_a| {
            router_a.nft(STATEFUL_FORWARDING)?;
            server.route(NewRoute::default_via(ip("10.2.0.1")).device("ps1").table(TABLE))?;
            server.rule_from(net("10.2.0.10/32"), TABLE, 1000)
        })?;
        let shows =
            Condition::completed(&built.first, 8).and(Condition::completed(&built.second, 8));
        Ok(built.into_stage(shows))
    },
};
