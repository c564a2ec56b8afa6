//! Clients whose host resets the handshake.

use std::time::Duration;

use super::bench::Bench;
use crate::expectation::Expectation;
use crate::running::Condition;
use crate::scenario::Scenario;
use crate::scenario::routed::service;
use crate::traffic::{Exchange, Flags, Pace, Script, Segment, Server};

const PACE: Pace = Pace { every: Duration::from_millis(500), burst: 4 };

pub(super) fn reset(exchange: &Exchange<'_>) -> Vec<Segment> {
    vec![Segment { flags: Flags::RST, ..exchange.ack() }]
}

pub(in crate::scenario) static SCENARIO: Scenario = Scenario {
    id: "peer-resets-rst",
    title: "the clients' side answers the SYN-ACK with a reset",
    story: "\
Peers send SYNs to :80 and answer the SYN-ACK with a reset after 300 ms: a host that was never asked
because its address was used by others, or a firewall of theirs. Each request ends at once, so none
is stuck.",
    picture: "
  server 10.1.0.10 --- 10.1.0.1 ROUTER 10.9.0.1 --- clients
  :80   healthy                                     192.0.2.x and others
  :443  healthy                                     100.64.0-4.x, 10.9.0.2

  SYN      client -> server   admitted
  SYN-ACK  server -> client   arrives
  RST      client -> server   ends the request",
    expect: Expectation::fault("peer-resets", "outside", &["confirmed", "likely", "possible"])
        .without_rows(),
    needs_nft: false,
    machine_wide: false,
    stage: |lab| {
        let mut bench = Bench::new(lab)?;
        bench.serve(Server::accepting(service(80)))?;
        bench.peers(80, PACE, |_| Script::answers(Duration::from_millis(300), reset))?;
        let shows = Condition::counted(&bench.hosts.server, ("TcpExt", "EmbryonicRsts"), 8);
        Ok(bench.into_stage(shows))
    },
};
