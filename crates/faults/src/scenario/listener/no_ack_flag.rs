//! Answers to the SYN-ACK that lack the flag ACK.

use super::bench::Bench;
use crate::expectation::Expectation;
use crate::running::Condition;
use crate::scenario::Scenario;
use crate::scenario::routed::service;
use crate::traffic::{Exchange, Flags, Segment, Server};

fn without_ack(exchange: &Exchange<'_>) -> Vec<Segment> {
    vec![Segment { flags: Flags::PSH, ..exchange.data(b"GET") }]
}

pub(in crate::scenario) static SCENARIO: Scenario = Scenario {
    id: "no-ack-flag",
    title: "the clients answer with segments that lack the flag ACK: no counter moves",
    story: "\
A middlebox between the clients of :80 and the server clears the flag ACK of what the clients send.
Their answers to the SYN-ACK arrive with the right numbers and are dropped without a word; nothing
but the drops of the listener rises. ACKs outside of the window, or a BPF program on the cgroup,
would look the same to whoever sees no packets.",
    picture: "
  server 10.1.0.10 --- 10.1.0.1 ROUTER 10.9.0.1 --- clients
  :80   healthy                                     192.0.2.x and others
  :443  healthy                                     100.64.0-4.x, 10.9.0.2

  SYN      client -> server   admitted
  SYN-ACK  server -> client   arrives
  PSH      client -> server   arrives, dropped: no ACK",
    expect: Expectation::fault("sequence-rejected", "local", &["possible", "likely"])
        .or(&["socket-filter", "ack-ignored-locally"])
        .by_sock_diag(),
    needs_nft: false,
    machine_wide: false,
    stage: |lab| {
        let mut bench = Bench::new(lab)?;
        bench.serve(Server::accepting(service(80)))?;
        bench.answered_with(80, without_ack)?;
        let shows = Condition::stuck_on_port(80, 8);
        Ok(bench.into_stage(shows))
    },
};
