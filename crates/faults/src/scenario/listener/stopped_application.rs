//! An application that was stopped while clients connect.

use std::time::Duration;

use super::bench::{Bench, ROUND_TRIP, kernel};
use crate::expectation::Expectation;
use crate::running::Condition;
use crate::scenario::Scenario;
use crate::scenario::routed::service;
use crate::traffic::{Pace, Script, StoppedServer};

const BACKLOG: i32 = 32;
/// The first burst is taken into the queue. The second is admitted as well, for there is room when
/// its SYNs come, and the ACKs of half of it find none. From then on SYNs are dropped, so the
/// requests of that burst are the last. One burst alone would not do: it fills the SYN queue, which
/// is as long, and the rest gets cookies.
const RUSH: Pace = Pace { every: Duration::from_millis(500), burst: 24 };

pub(in crate::scenario) static SCENARIO: Scenario = Scenario {
    id: "stopped-application",
    title: "the application was stopped (SIGSTOP) and accepts nothing",
    story: "\
The process that listens on :8443 is stopped. The first clients fill its queue; those whose ACK
comes too late for it stay in SYN_RECV until their SYN-ACKs are used up, and every later SYN is
dropped in silence.",
    picture: "
  server 10.1.0.10 --- 10.1.0.1 ROUTER 10.9.0.1 --- clients
  :8443 process in state T                          192.0.2.x and others
  :443  healthy                                     100.64.0-4.x, 10.9.0.2

  SYN      client -> server   admitted
  SYN-ACK  server -> client   arrives
  ACK      client -> server   arrives, dropped: no room in the accept queue",
    expect: Expectation::fault("accept-queue-full", "local", &["confirmed", "likely"]),
    needs_nft: false,
    machine_wide: false,
    stage: |lab| {
        let mut bench = Bench::new(lab)?;
        let app = StoppedServer { local: service(8443), backlog: BACKLOG };
        let app = app.start(&bench.hosts.server)?;
        bench.keep(app);
        bench.peers(8443, RUSH, |_| Script::completes(ROUND_TRIP))?;
        bench.kernel_clients(kernel(service(8443)))?;
        let shows = Condition::stuck_on_port(8443, 8);
        Ok(bench.into_stage(shows))
    },
};
