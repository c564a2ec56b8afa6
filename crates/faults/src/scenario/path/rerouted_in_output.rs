//! A rule that routes replies anew after the look-up: healthy.

use super::ground::{connect, far, serve, uplinks};
use crate::expectation::Expectation;
use crate::lab::ip;
use crate::netfilter::STATEFUL_FORWARDING;
use crate::route::NewRoute;
use crate::running::{Condition, Stage};
use crate::scenario::Scenario;

/// Routing table of the second uplink.
const TABLE: u32 = 102;

const MARKING: &str = "\
table ip lab {
    chain output {
        type route hook output priority mangle; policy accept;
        ip saddr 10.2.0.10 counter meta mark set 16
    }
}
";

pub(in crate::scenario) static SCENARIO: Scenario = Scenario {
    id: "rerouted-in-output",
    title: "netfilter marks replies, which sends them by the second uplink: healthy",
    story: "\
The server has no rule for the source 10.2.0.10. Instead a chain of type `route` in netfilter's
OUTPUT marks what has that source, and the kernel looks for a route again: the rule
`fwmark 16 lookup 102` sends it by router b. The first look-up alone, which is all that can be asked
for, says ps0 and router a, which is stateful. Every handshake completes.",
    picture: "
                  ps0 10.1.0.10 ---- 10.1.0.1  ROUTER a  10.9.0.1 ---+
  server :80                         stateful                        |
                  ps1 10.2.0.10 ---- 10.2.0.1  ROUTER b  10.9.0.2 ---+
                                                                     |
  OUTPUT: from 10.2.0.10 mark 16         clients 198.18.1.11  .2.12 -+
  default via 10.1.0.1 dev ps0                   198.19.3.13  .4.14
  fwmark 16 lookup 102: default via 10.2.0.1 dev ps1",
    expect: Expectation::HEALTHY,
    needs_nft: true,
    machine_wide: false,
    stage: |lab| {
        let hosts = uplinks(lab)?;
        hosts.server.route(NewRoute::default_via(ip("10.1.0.1")).device("ps0"))?;
        let second = NewRoute::default_via(ip("10.2.0.1")).device("ps1").table(TABLE);
        hosts.server.route(second)?;
        hosts.server.rule_mark(16, TABLE, 1000)?;
        hosts.server.nft(MARKING)?;
        hosts.router_a.nft(STATEFUL_FORWARDING)?;
        let app = serve(&hosts.server, 80)?;
        let first = connect(&hosts.clients, &far(), "10.1.0.10", 80)?;
        let second = connect(&hosts.clients, &far(), "10.2.0.10", 80)?;
        let shows = Condition::completed(&first, 8).and(Condition::completed(&second, 8));
        Ok(Stage { server: hosts.server, traffic: vec![first, second, app], shows })
    },
};
