//! Replies are marked after the look-up of their route, and routed anew.

use super::multihomed::{Multihomed, second_gateway};
use crate::bpf::Family;
use crate::expectation::Expectation;
use crate::netfilter::{IpTables, STATEFUL_FORWARDING};
use crate::route::NewRoute;
use crate::scenario::Scenario;

const RULES: &str = "\
*mangle
:OUTPUT ACCEPT [0:0]
-A OUTPUT -s 10.2.0.10 -j MARK --set-mark 2
COMMIT
";

/// A table with a default route by the second uplink.
const TABLE: u32 = 102;

pub(in crate::scenario) static SCENARIO: Scenario = Scenario {
    id: "reroute-by-mangle",
    title: "two uplinks; iptables-legacy in mangle OUTPUT marks replies: healthy",
    story: "\
The server has one default route, by router a, which is stateful. Replies from 10.2.0.10 are marked
on their way out (iptables-legacy in mangle OUTPUT), and a rule sends what is marked by router b.
The kernel looks the route up a second time, with the mark; `ip route get` does not know of that and
says router a. All clients connect to both addresses.",
    picture: "
                  ps0 10.1.0.10 ---- 10.1.0.1  ROUTER a  10.9.0.1 ---+
  server :80                         stateful                        |
                  ps1 10.2.0.10 ---- 10.2.0.1  ROUTER b  10.9.0.2 ---+
                                                                     |
  default via 10.1.0.1 dev ps0                clients in 5 networks -+

  to 10.2.0.10:  SYN  client -> b -> ps1    SYN-ACK  ps1 -> b -> client
                 look-up before the mark:   ps0 -> a",
    expect: Expectation::HEALTHY,
    needs_nft: false,
    machine_wide: false,
    stage: |lab| {
        let hosts = Multihomed::build(lab, Family::V4, |server, router_a| {
            server.route(NewRoute::default_via(second_gateway()).device("ps1").table(TABLE))?;
            server.rule_mark(2, TABLE, 1000)?;
            server.iptables(IpTables::Legacy, RULES)?;
            router_a.nft(STATEFUL_FORWARDING)
        })?;
        let shows = hosts.first_connects().and(hosts.second_connects());
        Ok(hosts.into_stage(shows))
    },
};
