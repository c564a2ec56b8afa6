//! Clients whose resets are not believed.

use super::bench::Bench;
use super::out_of_window::beyond;
use crate::expectation::Expectation;
use crate::running::Condition;
use crate::scenario::Scenario;
use crate::scenario::routed::service;
use crate::traffic::{Exchange, Flags, Segment, Server};

fn reset_beyond(exchange: &Exchange<'_>) -> Vec<Segment> {
    beyond(exchange).into_iter().map(|ack| Segment { flags: Flags::RST, ..ack }).collect()
}

pub(in crate::scenario) static SCENARIO: Scenario = Scenario {
    id: "reset-out-of-window",
    title: "the clients' side answers the SYN-ACK with a reset outside of the window",
    story: "\
A device between the clients of :80 and the server resets each connection, but with a sequence
number that it made up. The server does not believe the resets and does not answer them; its
requests stay, and no ACK ever comes.",
    picture: "
  server 10.1.0.10 --- 10.1.0.1 ROUTER 10.9.0.1 --- clients
  :80   healthy                                     192.0.2.x and others
  :443  healthy                                     100.64.0-4.x, 10.9.0.2

  SYN      client -> server   admitted
  SYN-ACK  server -> client   arrives, and again after 1, 3, 7, 15, 31 s
  RST      client -> server   arrives, dropped: out of window
  ACK      never",
    expect: Expectation::fault("ack-lost-outside", "outside", &["confirmed", "likely", "possible"])
        .or(&["peer-resets", "sequence-rejected"]),
    needs_nft: false,
    machine_wide: false,
    stage: |lab| {
        let mut bench = Bench::new(lab)?;
        bench.serve(Server::accepting(service(80)))?;
        bench.answered_with(80, reset_beyond)?;
        let shows = Condition::stuck_on_port(80, 8);
        Ok(bench.into_stage(shows))
    },
};
