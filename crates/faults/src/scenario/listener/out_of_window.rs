//! ACKs with a sequence number far outside of the window.

use super::bench::{Bench, ROUND_TRIP, STUCK};
use crate::expectation::Expectation;
use crate::running::Condition;
use crate::scenario::Scenario;
use crate::scenario::routed::service;
use crate::traffic::{Exchange, Script, Segment, Server};

pub(super) fn beyond(exchange: &Exchange<'_>) -> Vec<Segment> {
    shifted(exchange.ack())
}

/// The server answers the first, and counts that it does not answer the second within 500 ms.
pub(super) fn beyond_twice(exchange: &Exchange<'_>) -> Vec<Segment> {
    [exchange.ack(), exchange.ack()].into_iter().flat_map(shifted).collect()
}

fn shifted(mut segment: Segment) -> Vec<Segment> {
    segment.sequence = segment.sequence.wrapping_add(1_000_000);
    vec![segment]
}

pub(in crate::scenario) static SCENARIO: Scenario = Scenario {
    id: "out-of-window",
    title: "the ACKs carry a sequence number outside of the window",
    story: "\
A middlebox between the clients of :80 and the server shifts sequence numbers of the clients'
segments, but not those of their SYNs. Each ACK is a megabyte beyond the window; the server drops it
and says which number it expects, at most twice a second. The ACKs of every other client arrive
twice, so that one of the two is not answered, which is counted.",
    picture: "
  server 10.1.0.10 --- 10.1.0.1 ROUTER 10.9.0.1 --- clients
  :80   healthy                                     192.0.2.x and others
  :443  healthy                                     100.64.0-4.x, 10.9.0.2

  SYN      client -> server   admitted
  SYN-ACK  server -> client   arrives
  ACK      client -> server   arrives, dropped: out of window; challenge ACK",
    expect: Expectation::fault("sequence-rejected", "local", &["confirmed", "likely"])
        .by_sock_diag(),
    needs_nft: false,
    machine_wide: false,
    stage: |lab| {
        let mut bench = Bench::new(lab)?;
        bench.serve(Server::accepting(service(80)))?;
        bench.peers(80, STUCK, |n| {
            Script::answers(ROUND_TRIP, if n % 2 == 0 { beyond } else { beyond_twice })
        })?;
        let shows = Condition::stuck_on_port(80, 8);
        Ok(bench.into_stage(shows))
    },
};
