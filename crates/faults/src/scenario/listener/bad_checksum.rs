//! ACKs that were damaged on the way.

use super::bench::Bench;
use crate::expectation::Expectation;
use crate::running::Condition;
use crate::scenario::Scenario;
use crate::scenario::routed::service;
use crate::traffic::{Exchange, Segment, Server};

pub(super) fn damaged(exchange: &Exchange<'_>) -> Vec<Segment> {
    vec![Segment { damaged: true, ..exchange.ack() }]
}

pub(in crate::scenario) static SCENARIO: Scenario = Scenario {
    id: "bad-checksum",
    title: "the ACKs arrive with a wrong TCP checksum",
    story: "\
A device between the clients of :80 and the server damages segments without data, or fills in their
checksum wrongly. Each ACK arrives, is visible in a capture, and is dropped before any socket sees
it.",
    picture: "
  server 10.1.0.10 --- 10.1.0.1 ROUTER 10.9.0.1 --- clients
  :80   healthy                                     192.0.2.x and others
  :443  healthy                                     100.64.0-4.x, 10.9.0.2

  SYN      client -> server   admitted
  SYN-ACK  server -> client   arrives
  ACK      client -> server   arrives, dropped: wrong checksum",
    expect: Expectation::fault("bad-checksum", "local", &["confirmed", "likely"]),
    needs_nft: false,
    machine_wide: false,
    stage: |lab| {
        let mut bench = Bench::new(lab)?;
        bench.serve(Server::accepting(service(80)))?;
        bench.answered_with(80, damaged)?;
        let shows = Condition::stuck_on_port(80, 8);
        Ok(bench.into_stage(shows))
    },
};
