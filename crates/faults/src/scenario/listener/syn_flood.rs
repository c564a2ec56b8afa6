//! Spoofed SYNs from everywhere.

use std::net::IpAddr;
use std::time::Duration;

use super::bench::{Bench, kernel};
use crate::expectation::Expectation;
use crate::running::Condition;
use crate::scenario::Scenario;
use crate::scenario::routed::service;
use crate::traffic::{App, Pace, RawPeers, Script, Server};

const FLOOD: Pace = Pace { every: Duration::from_millis(20), burst: 6 };

pub(in crate::scenario) static SCENARIO: Scenario = Scenario {
    id: "syn-flood",
    title: "300 spoofed SYNs a second from 12 800 addresses; SYN cookies keep the server usable",
    story: "\
SYNs with invented source addresses arrive at :80, 300 a second, and nobody answers the SYN-ACKs.
The SYN queue is full, and the kernel answers the rest with SYN cookies, so real clients still
connect.",
    picture: "
  server 10.1.0.10 --- 10.1.0.1 ROUTER 10.9.0.1 --- clients
  :80   backlog 128, SYN cookies                    198.18.x.x, invented
                                                    10.9.0.2, connects
  :443  healthy                                     100.64.0-4.x, 10.9.0.2

  SYN      anybody -> server   300 a second
  SYN-ACK  server -> anybody   lost
  ACK      never",
    expect: Expectation::fault("syn-flood", "flood", &["confirmed", "likely", "possible"]),
    needs_nft: false,
    machine_wide: false,
    stage: |lab| {
        let mut bench = Bench::new(lab)?;
        bench.serve(Server::new(service(80), 128, App::Accepts))?;
        let invented =
            (1..=100).flat_map(|last| (0..128).map(move |n| IpAddr::from([198, 18, n, last])));
        let flood = RawPeers::new(service(80), invented, FLOOD, |_| Script::silent());
        let flood = flood.start(&bench.hosts.clients)?;
        bench.keep(flood);
        bench.kernel_clients(kernel(service(80)))?;
        let shows = Condition::stuck_on_port(80, 60).and(Condition::counted(
            &bench.hosts.server,
            ("TcpExt", "SyncookiesSent"),
            200,
        ));
        Ok(bench.into_stage(shows))
    },
};
