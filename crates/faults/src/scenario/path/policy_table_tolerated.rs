//! A policy table without the connected route, and a gateway that does not mind: healthy.

use super::ground::all_completed;
use super::policy_table_without_connected as fault;
use crate::expectation::Expectation;
use crate::running::Condition;
use crate::scenario::Scenario;

pub(in crate::scenario) static SCENARIO: Scenario = Scenario {
    id: "policy-table-tolerated",
    title: "a policy table lacks the connected route, and the gateway passes replies on: healthy",
    story: "\
As policy-table-without-connected, but the gateway tracks no connections: it passes the replies to
neighbours on, back to the wire that they came from. Every handshake completes.",
    picture: "
                       10.1.0.0/24
                       |
  server 10.1.0.10 ----+---- 10.1.0.1  GATEWAY  10.9.0.1 --- clients
  :80                  |                                     198.18.1.11 ...
                       +---- clients 10.1.0.20-22

  main: 10.1.0.0/24 dev ps0, default via 10.1.0.1
  from 10.1.0.10 lookup 102: default via 10.1.0.1 dev ps0

  to neighbours:  SYN  client -> ps0    SYN-ACK  ps0 -> gateway -> client",
    expect: Expectation::HEALTHY,
    needs_nft: false,
    machine_wide: false,
    stage: |lab| {
        let built = fault::build(lab, |_| Ok(()))?;
        let shows = all_completed(Condition::completed(&built.far, 8), &built.near_traffic);
        Ok(built.into_stage(shows))
    },
};
