//! An application that hands its listener over to a successor: healthy.

use std::time::Duration;

use super::bench::Bench;
use super::listener_closed_reuseport::far_away;
use crate::expectation::Expectation;
use crate::running::Condition;
use crate::scenario::Scenario;
use crate::scenario::routed::service;
use crate::traffic::{App, Server};

const HANDS_OVER: App = App::HandsOver { every: Duration::from_secs(2) };

pub(in crate::scenario) static SCENARIO: Scenario = Scenario {
    id: "listener-handed-over",
    title: "an application restarts and passes its listener to its successor: healthy",
    story: "\
The application on :80 is restarted every 2 s while handshakes of clients far away are open. It does
not close its listener but passes it to its successor, so the socket never goes away and all
handshakes complete.",
    picture: "
  server 10.1.0.10 --- 10.1.0.1 ROUTER 10.9.0.1 --- clients
  :80   one socket, another owner every 2 s         192.0.2.x, 900 ms away
  :443  healthy                                     100.64.0-4.x, 10.9.0.2",
    expect: Expectation::HEALTHY,
    needs_nft: false,
    machine_wide: false,
    stage: |lab| {
        let mut bench = Bench::new(lab)?;
        let app = Server::new(service(80), 4096, HANDS_OVER).start(&bench.hosts.server)?;
        let shows = Condition::completed(&app, 40);
        bench.keep(app);
        far_away(&mut bench)?;
        Ok(bench.into_stage(shows))
    },
};
