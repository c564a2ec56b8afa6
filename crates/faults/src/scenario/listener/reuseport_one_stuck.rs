//! Three listeners share a port; one of them does not accept fast enough.

use std::time::Duration;

use super::bench::{Bench, ROUND_TRIP, kernel};
use crate::expectation::Expectation;
use crate::running::Condition;
use crate::scenario::Scenario;
use crate::scenario::accept_queue_full::{BACKLOG, SLOW};
use crate::scenario::routed::service;
use crate::traffic::{App, ListenerOption, Pace, Script, Server};

/// A third of each goes to the slow worker.
const BURSTS: Pace = Pace { every: Duration::from_millis(500), burst: 24 };

pub(in crate::scenario) static SCENARIO: Scenario = Scenario {
    id: "reuseport-one-stuck",
    title: "one of three listeners of a port (SO_REUSEPORT) has its accept queue full",
    story: "\
Three workers listen on :8443 with SO_REUSEPORT, and the kernel spreads the connections over them.
One worker accepts four connections every 3 s; its queue is full. A third of the clients is stuck
there; the others never notice.",
    picture: "
  server 10.1.0.10 --- 10.1.0.1 ROUTER 10.9.0.1 --- clients
  :8443 worker 1, healthy                           192.0.2.x and others
        worker 2, healthy                           each by its hash
        worker 3, queue full
  :443  healthy                                     100.64.0-4.x, 10.9.0.2

  SYN      client -> server   admitted
  SYN-ACK  server -> client   arrives
  ACK      client -> server   arrives, dropped by worker 3",
    expect: Expectation::fault("accept-queue-full", "local", &["confirmed", "likely"]),
    needs_nft: false,
    machine_wide: false,
    stage: |lab| {
        let mut bench = Bench::new(lab)?;
        for app in [App::Accepts, App::Accepts, SLOW] {
            let worker = Server::new(service(8443), BACKLOG, app);
            bench.serve(worker.with(&[ListenerOption::ReusePort]))?;
        }
        bench.peers(8443, BURSTS, |_| {
            Script::completes(ROUND_TRIP).closing_after(Duration::from_millis(200))
        })?;
        bench.kernel_clients(kernel(service(8443)))?;
        let shows = Condition::stuck_on_port(8443, 4);
        Ok(bench.into_stage(shows))
    },
};
