//! Four listeners with four faults, and a fifth that is healthy.

use super::bad_checksum::damaged;
use super::bench::{Bench, ROUND_TRIP};
use super::defer_accept::defer;
use crate::expectation::Expectation;
use crate::running::Condition;
use crate::scenario::Scenario;
use crate::scenario::accept_queue_full::{BACKLOG, BURST, SLOW};
use crate::scenario::routed::service;
use crate::traffic::{ListenerOption, Script, Server};

pub(in crate::scenario) static SCENARIO: Scenario = Scenario {
    id: "four-listeners",
    title: "four listeners with four different faults, and a healthy fifth",
    story: "\
One host, five listeners: :8443 accepts too slowly, :8080 defers and its clients are silent, the
ACKs of :8081 arrive damaged, :8082 has a filter that drops ACKs. On :443 clients complete their
handshakes all the time. None of the faults explains another.",
    picture: "
  server 10.1.0.10 --- 10.1.0.1 ROUTER 10.9.0.1 --- clients
  :8443 queue full                                  each port has clients of
  :8080 TCP_DEFER_ACCEPT                            its own in four networks
  :8081 damaged ACKs
  :8082 SO_ATTACH_FILTER
  :443  healthy                                     100.64.0-4.x, 10.9.0.2",
    expect: Expectation::fault("accept-queue-full", "local", &["confirmed", "likely"])
        .and(&[("bad-checksum", "local"), ("socket-filter", "local")])
        .and_warnings(&["defer-accept"])
        .by_sock_diag(),
    needs_nft: false,
    machine_wide: false,
    stage: |lab| {
        let mut bench = Bench::new(lab)?;
        bench.serve(Server::new(service(8443), BACKLOG, SLOW))?;
        bench.peers(8443, BURST, |_| Script::completes(ROUND_TRIP))?;
        defer(&mut bench, service(8080))?;
        bench.serve(Server::accepting(service(8081)))?;
        bench.answered_with(8081, damaged)?;
        bench.serve(Server::accepting(service(8082)).with(&[ListenerOption::DropBareAcks]))?;
        bench.answered_with(8082, |exchange| vec![exchange.ack()])?;
        let shows = [8080, 8081, 8082]
            .map(|port| Condition::stuck_on_port(port, 4))
            .into_iter()
            .fold(Condition::stuck_on_port(8443, 4), Condition::and);
        Ok(bench.into_stage(shows))
    },
};
