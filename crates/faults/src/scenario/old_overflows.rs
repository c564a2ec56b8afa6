//! An accept queue that overflowed some time ago: healthy.

use std::net::IpAddr;
use std::time::Duration;

use super::Scenario;
use super::routed::{self, service};
use crate::expectation::Expectation;
use crate::lab::ip;
use crate::running::{Condition, Stage};
use crate::traffic::{App, KernelClients, Pace, RawPeers, Script, Server};

/// Small, so that a rush of clients overflows the accept queue.
const BACKLOG: i32 = 8;
/// A rush of 3 s: 400 connections a second.
const RUSH: Pace = Pace { every: Duration::from_millis(50), burst: 20 };
const RUSHED: u64 = 1200;
const START_UP: Duration = Duration::from_secs(3);

pub(super) static SCENARIO: Scenario = Scenario {
    id: "old-overflows",
    title: "the accept queue overflowed hundreds of times, but not any more: healthy",
    story: "\
The application took 3 s to start while clients rushed in: its accept queue overflowed hundreds of
times, and ListenOverflows and the drops of the listener say so for ever. Since then it accepts at
once and every client connects.",
    picture: "
  server 10.1.0.10 --- 10.1.0.1 ROUTER 10.9.0.1 -+- 192.0.2.1-100
  :443                                           |  rushed in, long ago
  ListenOverflows > 600                          +- 10.9.0.2
                                                    connects",
    expect: Expectation::HEALTHY,
    needs_nft: false,
    machine_wide: false,
    stage: |lab| {
        let hosts = routed::build(lab)?;
        let app = App::Late(START_UP);
        let app = Server::new(service(443), BACKLOG, app).start(&hosts.server)?;
        let rush = (1..=100).map(|last| IpAddr::from([192, 0, 2, last]));
        let script =
            |_| Script::completes(Duration::ZERO).closing_after(Duration::from_millis(100));
        let rush = RawPeers::new(service(443), rush, RUSH, script).at_most(RUSHED);
        let rush = rush.start(&hosts.clients)?;
        let patient = KernelClients::new(service(443), [ip("10.9.0.2")]).start(&hosts.clients)?;
        let shows = Condition::overflowed(&hosts.server, 600)
            .and(Condition::completed(&app, 12))
            .and(Condition::completed(&patient, 4))
            .and(Condition::nobody_stuck());
        Ok(Stage { server: hosts.server, traffic: vec![rush, patient, app], shows })
    },
};
