//! A scanner answers SYN cookies with wrong numbers: healthy.

use super::bad_ack_number::wrong_number;
use super::bench::{Bench, ROUND_TRIP};
use crate::expectation::Expectation;
use crate::lab::ip;
use crate::running::Condition;
use crate::scenario::Scenario;
use crate::scenario::noise::{self, SCAN, SCANNER};
use crate::scenario::routed::service;
use crate::traffic::{RawPeers, Script, Server};

pub(in crate::scenario) static SCENARIO: Scenario = Scenario {
    id: "cookie-refused",
    title: "a scanner answers SYN cookies with wrong ACKs, and everybody else connects: healthy",
    story: "\
With net.ipv4.tcp_syncookies=2 the kernel keeps no request, it answers every SYN with a cookie. Two
addresses acknowledge what was never sent: the kernel finds no valid cookie in their ACKs and
answers with a reset. All others complete 300 handshakes a second.",
    picture: "
  server 10.1.0.10 --- 10.1.0.1 ROUTER 10.9.0.1 -+- clients
  :80   SYN cookies for everybody                |  100.64.0-4.x, 300 a second
  :443  healthy                                  |  100.64.0-4.x, 10.9.0.2
                                                 +- scanner 203.0.113.66, .67

  SYN      scanner -> server   answered with a cookie
  SYN-ACK  server -> scanner   arrives
  ACK      scanner -> server   arrives, no valid cookie: RST",
    expect: Expectation::HEALTHY,
    needs_nft: false,
    machine_wide: false,
    stage: |lab| {
        let mut bench = Bench::new(lab)?;
        bench.hosts.server.sysctl("net/ipv4/tcp_syncookies", "2")?;
        bench.serve(Server::accepting(service(80)))?;
        let crowd = noise::crowd(&bench.hosts.clients, service(80))?;
        bench.keep(crowd);
        let scan = RawPeers::new(service(80), SCANNER.map(ip), SCAN, |_| {
            Script::answers(ROUND_TRIP, wrong_number)
        });
        let scan = scan.start(&bench.hosts.clients)?;
        bench.keep(scan);
        let server = &bench.hosts.server;
        let shows = Condition::counted(server, ("TcpExt", "SyncookiesFailed"), 4)
            .and(Condition::counted(server, ("TcpExt", "SyncookiesRecv"), 300));
        Ok(bench.into_stage(shows))
    },
};
