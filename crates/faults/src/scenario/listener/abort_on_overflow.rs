//! A full accept queue on a host that resets what has no room in it.

use super::bench::{Bench, ROUND_TRIP, kernel};
use crate::expectation::Expectation;
use crate::running::Condition;
use crate::scenario::Scenario;
use crate::scenario::accept_queue_full::{BACKLOG, BURST, SLOW};
use crate::scenario::routed::service;
use crate::traffic::{Script, Server};

pub(in crate::scenario) static SCENARIO: Scenario = Scenario {
    id: "abort-on-overflow",
    title: "an application accepts too slowly, and tcp_abort_on_overflow resets its clients",
    story: "\
The application on :8443 listens with a backlog of 32 and accepts four connections every 3 s. With
net.ipv4.tcp_abort_on_overflow=1 an ACK that finds the queue full is answered by a reset and its
request is gone, so hardly any request is ever seen stuck.",
    picture: "
  server 10.1.0.10 --- 10.1.0.1 ROUTER 10.9.0.1 --- clients
  :8443 queue full, resets                          192.0.2.x and others
  :443  healthy                                     100.64.0-4.x, 10.9.0.2

  SYN      client -> server   admitted
  SYN-ACK  server -> client   arrives
  ACK      client -> server   arrives, no room: RST",
    expect: Expectation::fault("accept-queue-full", "local", &["confirmed", "likely"])
        .without_rows(),
    needs_nft: false,
    machine_wide: false,
    stage: |lab| {
        let mut bench = Bench::new(lab)?;
        bench.hosts.server.sysctl("net/ipv4/tcp_abort_on_overflow", "1")?;
        bench.serve(Server::new(service(8443), BACKLOG, SLOW))?;
        bench.peers(8443, BURST, |_| Script::completes(ROUND_TRIP))?;
        bench.kernel_clients(kernel(service(8443)))?;
        let shows = Condition::counted(&bench.hosts.server, ("TcpExt", "EmbryonicRsts"), 8);
        Ok(bench.into_stage(shows))
    },
};
