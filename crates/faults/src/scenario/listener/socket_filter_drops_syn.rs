//! A BPF program on the listener that drops the first segment of the handshake.

use std::time::Duration;

use super::bench::{Bench, ROUND_TRIP, STUCK};
use crate::expectation::Expectation;
use crate::running::Condition;
use crate::scenario::Scenario;
use crate::scenario::routed::service;
use crate::traffic::{ListenerOption, Script, Server};

pub(in crate::scenario) static SCENARIO: Scenario = Scenario {
    id: "socket-filter-drops-syn",
    title: "a socket filter (SO_ATTACH_FILTER) drops SYNs",
    story: "\
The application on :8082 has attached a filter to its listener that drops every segment with SYN as
its only flag. The clients repeat their SYNs and get no answer; no request is ever made, and no
counter moves but that of the socket's drops. :443 works.",
    picture: "
  server 10.1.0.10 --- 10.1.0.1 ROUTER 10.9.0.1 --- clients
  :8082 SO_ATTACH_FILTER                            192.0.2.x and others
  :443  healthy                                     100.64.0-4.x, 10.9.0.2

  SYN      client -> server   arrives, dropped by the filter",
    expect: Expectation::fault("socket-filter", "refused", &["confirmed", "likely"])
        .without_rows()
        .by_sock_diag(),
    needs_nft: false,
    machine_wide: false,
    stage: |lab| {
        let mut bench = Bench::new(lab)?;
        bench.serve(Server::accepting(service(8082)).with(&[ListenerOption::DropSyns]))?;
        bench.peers(8082, STUCK, |_| {
            let repeat_syn_at = [1, 3, 7].map(Duration::from_secs).to_vec();
            Script { repeat_syn_at, ..Script::completes(ROUND_TRIP) }
        })?;
        Ok(bench.into_stage(Condition::nobody_stuck()))
    },
};
