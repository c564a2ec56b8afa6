//! TCP Fast Open: connections in SYN_RECV that are established for the application: healthy.

use std::time::Duration;

use super::bench::{Bench, kernel};
use crate::expectation::Expectation;
use crate::running::Condition;
use crate::scenario::Scenario;
use crate::scenario::routed::service;
use crate::traffic::{KernelClients, ListenerOption, Pace, Script, Server};

/// `TFO_SERVER_ENABLE | TFO_SERVER_COOKIE_NOT_REQD`: crafted peers have no cookie.
const SERVER_WITHOUT_COOKIE: &str = "514";
/// `TFO_CLIENT_ENABLE | TFO_CLIENT_NO_COOKIE`: from such a server nobody gets one.
const CLIENT_WITHOUT_COOKIE: &str = "5";
const CROWD: Pace = Pace { every: Duration::from_millis(50), burst: 1 };

pub(in crate::scenario) static SCENARIO: Scenario = Scenario {
    id: "fast-open",
    title: "clients send data with their SYN (TCP Fast Open): healthy",
    story: "\
The listener on :80 allows TCP Fast Open. Clients far away send their request with the SYN; the
kernel makes a whole socket of it at once, which the application accepts while it is still in
SYN_RECV, until the ACK comes 400 ms later.",
    picture: "
  server 10.1.0.10 --- 10.1.0.1 ROUTER 10.9.0.1 --- clients
  :80   TCP_FASTOPEN                                192.0.2.x, 400 ms
                                                    10.9.0.2
  :443  healthy                                     100.64.0-4.x, 10.9.0.2

  SYN+data client -> server   accepted at once, in SYN_RECV
  SYN-ACK  server -> client   arrives
  ACK      client -> server   ESTABLISHED",
    expect: Expectation::HEALTHY,
    needs_nft: false,
    machine_wide: false,
    stage: |lab| {
        let mut bench = Bench::new(lab)?;
        bench.hosts.server.sysctl("net/ipv4/tcp_fastopen", SERVER_WITHOUT_COOKIE)?;
        bench.hosts.clients.sysctl("net/ipv4/tcp_fastopen", CLIENT_WITHOUT_COOKIE)?;
        bench.serve(Server::accepting(service(80)).with(&[ListenerOption::FastOpen(256)]))?;
        bench.peers(80, CROWD, |_| Script {
            syn_payload: b"GET".to_vec(),
            ..Script::completes(Duration::from_millis(400))
                .closing_after(Duration::from_millis(100))
        })?;
        bench.kernel_clients(KernelClients { fast_open: true, ..kernel(service(80)) })?;
        let shows = Condition::counted(&bench.hosts.server, ("TcpExt", "TCPFastOpenPassive"), 40);
        Ok(bench.into_stage(shows))
    },
};
