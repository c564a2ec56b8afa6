//! A router of the clients' side has no way back to them.

use std::time::Duration;

use super::bench::Bench;
use crate::expectation::Expectation;
use crate::lab::net;
use crate::route::NewRoute;
use crate::running::Condition;
use crate::scenario::Scenario;
use crate::scenario::routed::service;
use crate::traffic::{Pace, Script, Server};

/// One SYN a second with the repeated ones: a router says so no more often to one host.
const PACE: Pace = Pace { every: Duration::from_secs(3), burst: 1 };

pub(in crate::scenario) static SCENARIO: Scenario = Scenario {
    id: "peer-resets-icmp",
    title: "a router on the way answers the SYN-ACK with ICMP host unreachable",
    story: "\
The route to the clients of :80 was withdrawn: the router drops each SYN-ACK for them and says ICMP
host unreachable. One such message ends a request, and the client's next SYN begins another.",
    picture: "
  server 10.1.0.10 --- 10.1.0.1 ROUTER 10.9.0.1 --- clients
  :80   healthy              unreachable            192.0.2.x and others
  :443  healthy                                     100.64.0-4.x, 10.9.0.2

  SYN      client -> server   admitted
  SYN-ACK  server -> router   ICMP host unreachable, ends the request",
    expect: Expectation::fault("peer-resets", "outside", &["confirmed", "likely", "possible"])
        .by_rights()
        .without_rows(),
    needs_nft: false,
    machine_wide: false,
    stage: |lab| {
        let mut bench = Bench::new(lab)?;
        bench.hosts.router.sysctl("net/ipv4/icmp_ratelimit", "0")?;
        for prefix in ["192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24", "198.18.7.0/24"] {
            bench.hosts.router.route(NewRoute::unreachable(net(prefix)))?;
        }
        bench.serve(Server::accepting(service(80)))?;
        bench.peers(80, PACE, |_| Script {
            repeat_syn_at: [1, 2].map(Duration::from_secs).to_vec(),
            ..Script::silent()
        })?;
        let shows = Condition::counted(&bench.hosts.server, ("TcpExt", "ListenDrops"), 3);
        Ok(bench.into_stage(shows))
    },
};
