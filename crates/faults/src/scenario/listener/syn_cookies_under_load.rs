//! A scanner fills the SYN queue and cookies let everybody else in: healthy.

use std::time::Duration;

use super::bench::{Bench, ROUND_TRIP, kernel};
use crate::expectation::Expectation;
use crate::lab::ip;
use crate::running::Condition;
use crate::scenario::Scenario;
use crate::scenario::noise::SCANNER;
use crate::scenario::routed::service;
use crate::traffic::{App, Pace, RawPeers, Script, Server};

/// More than 64 in the 7 s that a request lives while the queue is half full.
const SCAN: Pace = Pace { every: Duration::from_millis(250), burst: 3 };
const CROWD: Pace = Pace { every: Duration::from_millis(20), burst: 1 };

pub(in crate::scenario) static SCENARIO: Scenario = Scenario {
    id: "syn-cookies-under-load",
    title: "SYN cookies answer clients while a scanner fills the SYN queue: healthy",
    story: "\
Two addresses scan :80, twelve SYNs a second, and fill the SYN queue of 64. The kernel answers all
others with SYN cookies, and 50 clients a second complete their handshakes by them, as it is meant
to be.",
    picture: "
  server 10.1.0.10 --- 10.1.0.1 ROUTER 10.9.0.1 --- clients
  :80   backlog 64, SYN cookies                     203.0.113.66, .67 scan
                                                    192.0.2.x connect
  :443  healthy                                     100.64.0-4.x, 10.9.0.2",
    expect: Expectation::HEALTHY,
    needs_nft: false,
    machine_wide: false,
    stage: |lab| {
        let mut bench = Bench::new(lab)?;
        bench.serve(Server::new(service(80), 64, App::Accepts))?;
        let scan = RawPeers::new(service(80), SCANNER.map(ip), SCAN, |_| Script::silent());
        let scan = scan.start(&bench.hosts.clients)?;
        bench.keep(scan);
        bench.peers(80, CROWD, |_| {
            Script::completes(ROUND_TRIP).closing_after(Duration::from_millis(100))
        })?;
        bench.kernel_clients(kernel(service(80)))?;
        let shows = Condition::counted(&bench.hosts.server, ("TcpExt", "SyncookiesRecv"), 20);
        Ok(bench.into_stage(shows))
    },
};
