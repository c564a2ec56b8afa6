//! One of three listeners of a port is closed, and another takes over its handshakes: healthy.

use super::bench::Bench;
use super::listener_closed_reuseport::{far_away, workers};
use crate::expectation::Expectation;
use crate::running::Condition;
use crate::scenario::Scenario;

pub(in crate::scenario) static SCENARIO: Scenario = Scenario {
    id: "reuseport-migrated",
    title: "a worker restarts, and tcp_migrate_req gives its handshakes to the others: healthy",
    story: "\
Three workers listen on :80 with SO_REUSEPORT; one of them closes its listener every few seconds and
opens a new one a second later, while handshakes of clients far away are open. With
net.ipv4.tcp_migrate_req=1 the kernel hands them to another listener of the group, and every client
is connected.",
    picture: "
  server 10.1.0.10 --- 10.1.0.1 ROUTER 10.9.0.1 --- clients
  :80   worker 1, healthy                           192.0.2.x, 900 ms away
        worker 2, healthy                           each by its hash
        worker 3, open 2.5 s, closed 1 s, ...
  :443  healthy                                     100.64.0-4.x, 10.9.0.2

  SYN      client -> server   admitted by worker 3
           worker 3 closes its listener
  ACK      client -> server   ESTABLISHED, accepted by worker 1",
    expect: Expectation::HEALTHY,
    needs_nft: false,
    machine_wide: false,
    stage: |lab| {
        let mut bench = Bench::new(lab)?;
        bench.hosts.server.sysctl("net/ipv4/tcp_migrate_req", "1")?;
        workers(&mut bench)?;
        far_away(&mut bench)?;
        let shows = Condition::counted(&bench.hosts.server, ("TcpExt", "TCPMigrateReqSuccess"), 2);
        Ok(bench.into_stage(shows))
    },
};
