//! Bursts that fill half of the accept queue: healthy.

use std::time::Duration;

use super::bench::{Bench, ROUND_TRIP};
use crate::expectation::Expectation;
use crate::running::Condition;
use crate::scenario::Scenario;
use crate::scenario::routed::service;
use crate::traffic::{App, Pace, Script, Server};

const BUSY: App = App::Slow { batch: 64, pause: Duration::from_millis(700) };
const BURSTS: Pace = Pace { every: Duration::from_secs(1), burst: 32 };

pub(in crate::scenario) static SCENARIO: Scenario = Scenario {
    id: "half-full-queue",
    title: "bursts of clients fill half of the accept queue: healthy",
    story: "\
Every second a burst of 32 clients connects to :80 while the application is busy; its queue of 64 is
half full until it accepts all of them. Nothing is dropped.",
    picture: "
  server 10.1.0.10 --- 10.1.0.1 ROUTER 10.9.0.1 --- clients
  :80   backlog 64, up to 32 wait                   192.0.2.x and others
  :443  healthy                                     100.64.0-4.x, 10.9.0.2",
    expect: Expectation::HEALTHY,
    needs_nft: false,
    machine_wide: false,
    stage: |lab| {
        let mut bench = Bench::new(lab)?;
        bench.serve(Server::new(service(80), 64, BUSY))?;
        bench.peers(80, BURSTS, |_| {
            Script::completes(ROUND_TRIP).closing_after(Duration::from_secs(3))
        })?;
        let shows = Condition::counted(&bench.hosts.server, ("TcpExt", "TCPPureAcks"), 128);
        Ok(bench.into_stage(shows))
    },
};
