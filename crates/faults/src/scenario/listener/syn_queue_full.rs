//! A SYN queue that a few silent peers fill: nobody else gets in.

use std::time::Duration;

use super::bench::{Bench, kernel};
use crate::expectation::Expectation;
use crate::running::Condition;
use crate::scenario::Scenario;
use crate::scenario::routed::service;
use crate::traffic::{App, KernelClients, Pace, Script, Server};

const SILENT: Pace = Pace { every: Duration::from_millis(500), burst: 2 };

pub(in crate::scenario) static SCENARIO: Scenario = Scenario {
    id: "syn-queue-full",
    title: "a small backlog without SYN cookies: silent peers fill the SYN queue, SYNs are dropped",
    story: "\
The application on :80 listens with a backlog of 4 and SYN cookies are off. A few peers that never
answer hold all places for handshakes; every other SYN is dropped in silence, although the
application accepts at once.",
    picture: "
  server 10.1.0.10 --- 10.1.0.1 ROUTER 10.9.0.1 --- clients
  :80   backlog 4, no SYN cookies                   192.0.2.x, silent
                                                    10.9.0.2, dropped
  :443  healthy                                     100.64.0-4.x, 10.9.0.2

  SYN      client -> server   dropped: five requests are open already",
    expect: Expectation::fault("syn-queue-full", "flood", &["confirmed", "likely", "possible"]),
    needs_nft: false,
    machine_wide: false,
    stage: |lab| {
        let mut bench = Bench::new(lab)?;
        bench.hosts.server.sysctl("net/ipv4/tcp_syncookies", "0")?;
        bench.serve(Server::new(service(80), 4, App::Accepts))?;
        bench.peers(80, SILENT, |_| Script::silent())?;
        bench.kernel_clients(KernelClients { at_once: 6, ..kernel(service(80)) })?;
        let shows = Condition::stuck_on_port(80, 3).and(Condition::counted(
            &bench.hosts.server,
            ("TcpExt", "ListenDrops"),
            8,
        ));
        Ok(bench.into_stage(shows))
    },
};
