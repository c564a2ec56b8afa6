//! A port scan that resets what it finds open, beside clients that connect: healthy.

use super::bench::{Bench, ROUND_TRIP};
use super::peer_resets_rst::reset;
use crate::expectation::Expectation;
use crate::lab::ip;
use crate::running::Condition;
use crate::scenario::Scenario;
use crate::scenario::noise::{self, SCAN, SCANNER};
use crate::scenario::routed::service;
use crate::traffic::{RawPeers, Script, Server};

pub(in crate::scenario) static SCENARIO: Scenario = Scenario {
    id: "port-scan-resets",
    title: "a port scan answers each SYN-ACK with a reset; everybody else connects: healthy",
    story: "\
Two addresses look again and again whether :80 is open: they send a SYN and answer the SYN-ACK with
a reset, three times a second. All clients of :80 connect, 300 a second.",
    picture: "
  server 10.1.0.10 --- 10.1.0.1 ROUTER 10.9.0.1 -+- clients
  :80                                            |  100.64.0-4.x, 300 a second
  :443  healthy                                  |  100.64.0-4.x, 10.9.0.2
                                                 +- scanner 203.0.113.66, .67

  SYN      scanner -> server   admitted
  SYN-ACK  server -> scanner   arrives
  RST      scanner -> server   ends the request",
    expect: Expectation::HEALTHY,
    needs_nft: false,
    machine_wide: false,
    stage: |lab| {
        let mut bench = Bench::new(lab)?;
        bench.serve(Server::accepting(service(80)))?;
        let crowd = noise::crowd(&bench.hosts.clients, service(80))?;
        bench.keep(crowd);
        let scan = RawPeers::new(service(80), SCANNER.map(ip), SCAN, |_| {
            Script::answers(ROUND_TRIP, reset)
        });
        let scan = scan.start(&bench.hosts.clients)?;
        bench.keep(scan);
        let shows = Condition::counted(&bench.hosts.server, ("TcpExt", "EmbryonicRsts"), 6);
        Ok(bench.into_stage(shows))
    },
};
