//! ACKs that echo a timestamp which the server never sent.

use super::bench::{Bench, ROUND_TRIP, STUCK};
use crate::expectation::Expectation;
use crate::running::Condition;
use crate::scenario::Scenario;
use crate::scenario::routed::service;
use crate::traffic::{Exchange, Script, Segment, Server};

fn echoes_another(exchange: &Exchange<'_>) -> Vec<Segment> {
    vec![exchange.ack_with_timestamp(1, 5_000_000)]
}

pub(in crate::scenario) static SCENARIO: Scenario = Scenario {
    id: "wrong-tsecr",
    title: "the ACKs echo a timestamp that the server never sent",
    story: "\
A middlebox between the clients of :80 and the server shifts the server's timestamps in one
direction only: each ACK echoes a value that was never sent, and the server drops it.",
    picture: "
  server 10.1.0.10 --- 10.1.0.1 ROUTER 10.9.0.1 --- clients
  :80   healthy                                     192.0.2.x and others
  :443  healthy                                     100.64.0-4.x, 10.9.0.2

  SYN      client -> server   admitted
  SYN-ACK  server -> client   arrives
  ACK      client -> server   arrives, dropped: TSecr was never sent",
    expect: Expectation::fault("timestamp-rejected", "local", &["confirmed", "likely"]),
    needs_nft: false,
    machine_wide: false,
    stage: |lab| {
        let mut bench = Bench::new(lab)?;
        bench.serve(Server::accepting(service(80)))?;
        bench.peers(80, STUCK, |_| {
            Script::answers(ROUND_TRIP, echoes_another).with_timestamp(7_000_000)
        })?;
        let shows = Condition::stuck_on_port(80, 8);
        Ok(bench.into_stage(shows))
    },
};
