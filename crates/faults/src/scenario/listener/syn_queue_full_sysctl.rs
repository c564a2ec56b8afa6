//! A limit of the whole host for open handshakes, far below the backlog.

use std::time::Duration;

use super::bench::{Bench, kernel};
use crate::expectation::Expectation;
use crate::running::Condition;
use crate::scenario::Scenario;
use crate::scenario::routed::service;
use crate::traffic::{App, KernelClients, Pace, Script, Server};

const SILENT: Pace = Pace { every: Duration::from_millis(500), burst: 3 };

pub(in crate::scenario) static SCENARIO: Scenario = Scenario {
    id: "syn-queue-full-sysctl",
    title: "tcp_max_syn_backlog is 16 and SYN cookies are off: SYNs are dropped below the backlog",
    story: "\
The application on :80 listens with a backlog of 128, but net.ipv4.tcp_max_syn_backlog is 16 and SYN
cookies are off. When three quarters of that are open handshakes, SYNs of unknown peers are dropped
in silence; only ListenDrops counts them.",
    picture: "
  server 10.1.0.10 --- 10.1.0.1 ROUTER 10.9.0.1 --- clients
  :80   backlog 128, sysctl 16, no SYN cookies      192.0.2.x, silent
                                                    10.9.0.2, dropped
  :443  healthy                                     100.64.0-4.x, 10.9.0.2

  SYN      client -> server   dropped: 13 requests are open already",
    expect: Expectation::fault("syn-queue-full", "flood", &["confirmed", "likely", "possible"]),
    needs_nft: false,
    machine_wide: false,
    stage: |lab| {
        let mut bench = Bench::new(lab)?;
        bench.hosts.server.sysctl("net/ipv4/tcp_syncookies", "0")?;
        bench.hosts.server.sysctl("net/ipv4/tcp_max_syn_backlog", "16")?;
        bench.serve(Server::new(service(80), 128, App::Accepts))?;
        bench.peers(80, SILENT, |_| Script::silent())?;
        bench.kernel_clients(KernelClients { at_once: 6, ..kernel(service(80)) })?;
        let shows = Condition::stuck_on_port(80, 8).and(Condition::counted(
            &bench.hosts.server,
            ("TcpExt", "ListenDrops"),
            8,
        ));
        Ok(bench.into_stage(shows))
    },
};
