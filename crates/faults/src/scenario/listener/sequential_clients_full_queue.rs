//! A full accept queue that leaves no request at all.

use std::time::Duration;

use super::bench::{Bench, kernel};
use crate::expectation::Expectation;
use crate::running::Condition;
use crate::scenario::Scenario;
use crate::scenario::routed::service;
use crate::traffic::{App, KernelClients, Server};

pub(in crate::scenario) static SCENARIO: Scenario = Scenario {
    id: "sequential-clients-full-queue",
    title: "clients one after another at a full accept queue: no request is ever seen",
    story: "\
The application on :8443 listens with a backlog of 8 and is stuck. Its clients come one after
another and answer at once, so nine are established and wait in the queue. From then on every SYN
is dropped in silence: the server shows nothing in SYN_RECV, the clients time out.",
    picture: "
  server 10.1.0.10 --- 10.1.0.1 ROUTER 10.9.0.1 --- clients
  :8443 queue full                                  10.9.0.2
  :443  healthy                                     100.64.0-4.x, 10.9.0.2

  SYN      client -> server   dropped: no room in the accept queue",
    expect: Expectation::fault("accept-queue-full", "local", &["confirmed", "likely"])
        .without_rows(),
    needs_nft: false,
    machine_wide: false,
    stage: |lab| {
        let mut bench = Bench::new(lab)?;
        bench.serve(Server::new(service(8443), 8, App::Stuck))?;
        bench.kernel_clients(KernelClients {
            every: Duration::from_millis(250),
            at_once: 60,
            hold: Duration::from_hours(1),
            ..kernel(service(8443))
        })?;
        let shows = Condition::overflowed(&bench.hosts.server, 8);
        Ok(bench.into_stage(shows))
    },
};
