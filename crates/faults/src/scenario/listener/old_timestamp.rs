//! ACKs whose timestamp is older than that of their SYN.

use super::bench::{Bench, ROUND_TRIP, STUCK};
use crate::expectation::Expectation;
use crate::running::Condition;
use crate::scenario::Scenario;
use crate::scenario::routed::service;
use crate::traffic::{Exchange, Script, Segment, Server};

pub(super) fn older(exchange: &Exchange<'_>) -> Vec<Segment> {
    vec![exchange.ack_with_timestamp(0_u32.wrapping_sub(1_000_000), 0)]
}

pub(in crate::scenario) static SCENARIO: Scenario = Scenario {
    id: "old-timestamp",
    title: "the ACKs carry timestamps older than the SYN's (PAWS)",
    story: "\
A load balancer in front of :80 opens connections with one clock and lets another of its nodes
go on: the timestamp of each ACK is older than that of its SYN. The server takes it for an old
duplicate (PAWS, RFC 7323) and drops it.",
    picture: "
  server 10.1.0.10 --- 10.1.0.1 ROUTER 10.9.0.1 --- clients
  :80   healthy                                     192.0.2.x and others
  :443  healthy                                     100.64.0-4.x, 10.9.0.2

  SYN      client -> server   admitted
  SYN-ACK  server -> client   arrives
  ACK      client -> server   arrives, dropped: TSval older than the SYN's",
    expect: Expectation::fault("timestamp-rejected", "local", &["confirmed", "likely"]),
    needs_nft: false,
    machine_wide: false,
    stage: |lab| {
        let mut bench = Bench::new(lab)?;
        bench.serve(Server::accepting(service(80)))?;
        bench.peers(80, STUCK, |_| Script::answers(ROUND_TRIP, older).with_timestamp(7_000_000))?;
        let shows = Condition::stuck_on_port(80, 8);
        Ok(bench.into_stage(shows))
    },
};
