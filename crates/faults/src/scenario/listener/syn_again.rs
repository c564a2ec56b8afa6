//! Clients that repeat their SYN instead of an ACK.

use std::time::Duration;

use super::bench::{Bench, STUCK};
use crate::expectation::Expectation;
use crate::running::Condition;
use crate::scenario::Scenario;
use crate::scenario::routed::service;
use crate::traffic::{Script, Server};

pub(in crate::scenario) static SCENARIO: Scenario = Scenario {
    id: "syn-again",
    title: "clients ignore each SYN-ACK and repeat their SYN",
    story: "\
Clients of :80 in four networks send a SYN, do not care for the SYN-ACK, and send the same SYN again
every second. The server answers each; nobody completes a handshake on :80. It cannot tell clients
that ignore SYN-ACKs from clients that never get them, but it sends them by the right way, and
clients of :443 by the same way connect.",
    picture: "
  server 10.1.0.10 --- 10.1.0.1 ROUTER 10.9.0.1 --- clients
  :80   nobody completes                            192.0.2.x and others
  :443  healthy                                     100.64.0-4.x, 10.9.0.2

  SYN      client -> server   admitted; again every second
  SYN-ACK  server -> client   arrives, is ignored; again for each SYN
  ACK      never",
    expect: Expectation::fault("synack-lost-outside", "path", &["confirmed", "likely", "possible"]),
    needs_nft: false,
    machine_wide: false,
    stage: |lab| {
        let mut bench = Bench::new(lab)?;
        bench.serve(Server::accepting(service(80)))?;
        bench.peers(80, STUCK, |_| Script {
            repeat_syn_at: (1..=60).map(Duration::from_secs).collect(),
            ..Script::silent()
        })?;
        let shows = Condition::counted(&bench.hosts.server, ("TcpExt", "TCPSynRetrans"), 8);
        Ok(bench.into_stage(shows))
    },
};
