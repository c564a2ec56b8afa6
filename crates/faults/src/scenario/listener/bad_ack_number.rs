//! ACKs that acknowledge what was never sent.

use super::bench::Bench;
use crate::expectation::Expectation;
use crate::running::Condition;
use crate::scenario::Scenario;
use crate::scenario::routed::service;
use crate::traffic::{Exchange, Segment, Server};

pub(super) fn wrong_number(exchange: &Exchange<'_>) -> Vec<Segment> {
    let mut ack = exchange.ack();
    ack.acknowledgement = ack.acknowledgement.wrapping_add(1_000_000);
    vec![ack]
}

pub(in crate::scenario) static SCENARIO: Scenario = Scenario {
    id: "bad-ack-number",
    title: "the ACKs carry a wrong acknowledgement number",
    story: "\
A middlebox between the clients of :80 and the server rewrites sequence numbers and forgets one
direction: each ACK acknowledges something that the server never sent. The server answers with a
reset that the client does not believe, keeps the request, and sends its SYN-ACK again.",
    picture: "
  server 10.1.0.10 --- 10.1.0.1 ROUTER 10.9.0.1 --- clients
  :80   healthy                                     192.0.2.x and others
  :443  healthy                                     100.64.0-4.x, 10.9.0.2

  SYN      client -> server   admitted
  SYN-ACK  server -> client   arrives
  ACK      client -> server   arrives, wrong number: RST, the request stays",
    expect: Expectation::fault("sequence-rejected", "local", &["confirmed", "likely"]),
    needs_nft: false,
    machine_wide: false,
    stage: |lab| {
        let mut bench = Bench::new(lab)?;
        bench.serve(Server::accepting(service(80)))?;
        bench.answered_with(80, wrong_number)?;
        let shows = Condition::stuck_on_port(80, 8);
        Ok(bench.into_stage(shows))
    },
};
