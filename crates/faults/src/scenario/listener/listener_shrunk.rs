//! An application that makes its own accept queue smaller while clients connect.

use std::time::Duration;

use super::bench::Bench;
use crate::expectation::Expectation;
use crate::running::Condition;
use crate::scenario::Scenario;
use crate::scenario::routed::service;
use crate::traffic::{App, Pace, Script, Server};

/// The ACKs of all that is admitted into the large queue find the small one; so do those of most
/// SYN-ACKs that are sent again.
const SHRINKS: App = App::Shrinks {
    backlog: 1,
    large: Duration::from_millis(500),
    pause: Duration::from_millis(4500),
};
const BURSTS: Pace = Pace { every: Duration::from_millis(400), burst: 8 };

pub(in crate::scenario) static SCENARIO: Scenario = Scenario {
    id: "listener-shrunk",
    title: "the application calls listen() again with a backlog of 1",
    story: "\
The application on :8443 listens with a backlog of 64. After half a second it calls listen() again
with a backlog of 1, works for 4.5 s, takes what is there, and begins anew. Clients that were
admitted into the large queue answer 800 ms later and find the small one full.",
    picture: "
  server 10.1.0.10 --- 10.1.0.1 ROUTER 10.9.0.1 --- clients
  :8443 backlog 64, then 1, then 64 ...             192.0.2.x and others
                                                    far away: 800 ms
  :443  healthy                                     100.64.0-4.x, 10.9.0.2

  SYN      client -> server   admitted
  SYN-ACK  server -> client   arrives
  ACK      client -> server   arrives, dropped: no room in the accept queue",
    expect: Expectation::fault("accept-queue-full", "local", &["confirmed", "likely"]),
    needs_nft: false,
    machine_wide: false,
    stage: |lab| {
        let mut bench = Bench::new(lab)?;
        bench.serve(Server::new(service(8443), 64, SHRINKS))?;
        bench.peers(8443, BURSTS, |_| Script::completes(Duration::from_millis(800)))?;
        let shows = Condition::stuck_on_port(8443, 4);
        Ok(bench.into_stage(shows))
    },
};
