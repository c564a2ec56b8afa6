//! A BPF program on the listener that drops the last ACK of the handshake.

use super::bench::Bench;
use crate::expectation::Expectation;
use crate::running::Condition;
use crate::scenario::Scenario;
use crate::scenario::routed::service;
use crate::traffic::{ListenerOption, Server};

pub(in crate::scenario) static SCENARIO: Scenario = Scenario {
    id: "socket-filter",
    title: "a socket filter (SO_ATTACH_FILTER) drops ACKs without data",
    story: "\
The application on :8082 has attached a filter to its listener: it drops every segment that has ACK
as its only flag. The clients' ACKs arrive, are visible in a capture, and no counter moves but that
of the socket's drops. Clients that send data are admitted.",
    picture: "
  server 10.1.0.10 --- 10.1.0.1 ROUTER 10.9.0.1 --- clients
  :8082 SO_ATTACH_FILTER                            192.0.2.x and others
  :443  healthy                                     100.64.0-4.x, 10.9.0.2

  SYN      client -> server   admitted
  SYN-ACK  server -> client   arrives
  ACK      client -> server   arrives, dropped by the filter",
    expect: Expectation::fault("socket-filter", "local", &["confirmed", "likely"]).by_sock_diag(),
    needs_nft: false,
    machine_wide: false,
    stage: |lab| {
        let mut bench = Bench::new(lab)?;
        bench.serve(Server::accepting(service(8082)).with(&[ListenerOption::DropBareAcks]))?;
        bench.answered_with(8082, |exchange| vec![exchange.ack()])?;
        let shows = Condition::stuck_on_port(8082, 8);
        Ok(bench.into_stage(shows))
    },
};
