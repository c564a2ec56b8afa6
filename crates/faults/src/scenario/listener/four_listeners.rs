//! Four listeners with four faults, and a fifth that is healthy.

use std::time::Duration;

use super::bad_checksum::damaged;
use super::bench::{Bench, ROUND_TRIP, sources};
use super::defer_accept::{defer, silent};
use crate::expectation::Expectation;
use crate::running::Condition;
use crate::scenario::Scenario;
use crate::scenario::accept_queue_full::{BACKLOG, BURST, SLOW};
use crate::scenario::routed::service;
use crate::traffic::{ListenerOption, Pace, Script, Server};

/// All 48 clients of a port within 6 s.
const PACE: Pace = Pace { every: Duration::from_millis(500), burst: 4 };
/// With 48 clients of each faulty port they are 200.
const SILENT: u8 = 8;

pub(in crate::scenario) static SCENARIO: Scenario = Scenario {
    id: "four-listeners",
    title: "four listeners with four different faults, 200 clients, and a healthy fifth",
    story: "\
One host, five listeners: :8443 accepts too slowly, :8080 defers and its clients are silent, the
ACKs of :8081 arrive damaged, :8082 has a filter that drops ACKs. These four have 200 clients, each
of one port only. On :443 others complete their handshakes all the time. None of the faults explains
another.",
    picture: "
  server 10.1.0.10 --- 10.1.0.1 ROUTER 10.9.0.1 --- clients
  :8443 queue full                                  48 in four networks
  :8080 TCP_DEFER_ACCEPT                            48, and 10.9.0.101-108
  :8081 damaged ACKs                                48
  :8082 SO_ATTACH_FILTER                            48
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
        defer(&mut bench, service(8080), SILENT)?;
        bench.serve(Server::accepting(service(8081)))?;
        bench.peers(8081, PACE, |_| Script::answers(ROUND_TRIP, damaged))?;
        bench.serve(Server::accepting(service(8082)).with(&[ListenerOption::DropBareAcks]))?;
        bench.peers(8082, PACE, |_| Script::completes(ROUND_TRIP))?;
        let stuck = [silent(SILENT), sources(8081), sources(8082)].concat();
        let shows = Condition::stuck_peers(stuck).and(Condition::stuck_on_port(8443, 4));
        Ok(bench.into_stage(shows))
    },
};
