//! SYN cookies for every connection: healthy.

use super::bench::Bench;
use crate::expectation::Expectation;
use crate::running::Condition;
use crate::scenario::Scenario;
use crate::scenario::noise;
use crate::scenario::routed::service;
use crate::traffic::Server;

pub(in crate::scenario) static SCENARIO: Scenario = Scenario {
    id: "syn-cookies-always",
    title: "tcp_syncookies is 2, every handshake is made by cookie: healthy",
    story: "\
With net.ipv4.tcp_syncookies=2 the kernel answers every SYN with a cookie, whether a queue is full
or not. Clients complete 300 handshakes a second, the counters of cookies rise with each of them,
and the server never shows a request.",
    picture: "
  server 10.1.0.10 --- 10.1.0.1 ROUTER 10.9.0.1 --- clients
  :80   SYN cookies for everybody                   100.64.0-4.x, 300 a second
  :443  healthy                                     100.64.0-4.x, 10.9.0.2",
    expect: Expectation::HEALTHY,
    needs_nft: false,
    machine_wide: false,
    stage: |lab| {
        let mut bench = Bench::new(lab)?;
        bench.hosts.server.sysctl("net/ipv4/tcp_syncookies", "2")?;
        bench.serve(Server::accepting(service(80)))?;
        let crowd = noise::crowd(&bench.hosts.clients, service(80))?;
        bench.keep(crowd);
        let shows = Condition::counted(&bench.hosts.server, ("TcpExt", "SyncookiesRecv"), 300);
        Ok(bench.into_stage(shows))
    },
};
