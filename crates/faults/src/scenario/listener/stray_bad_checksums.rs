//! A scanner that sends SYNs with wrong checksums, beside clients that connect: healthy.

use super::bench::Bench;
use crate::expectation::Expectation;
use crate::lab::ip;
use crate::running::Condition;
use crate::scenario::Scenario;
use crate::scenario::noise::{self, SCAN, SCANNER};
use crate::scenario::routed::service;
use crate::traffic::{RawPeers, Script, Server};

pub(in crate::scenario) static SCENARIO: Scenario = Scenario {
    id: "stray-bad-checksums",
    title: "a scanner sends SYNs, half of them with a wrong checksum: healthy",
    story: "\
Two addresses scan :80. Half of their SYNs have a wrong TCP checksum, as a test for middleboxes: the
kernel counts and drops them. The others are admitted and never answered. The counter of wrong
checksums rises while requests are stuck, and the one has nothing to do with the other; all clients
of :80 connect, 300 a second.",
    picture: "
  server 10.1.0.10 --- 10.1.0.1 ROUTER 10.9.0.1 -+- clients
  :80                                            |  100.64.0-4.x, 300 a second
  :443  healthy                                  |  100.64.0-4.x, 10.9.0.2
                                                 +- scanner 203.0.113.66, .67

  SYN      scanner -> server   every other dropped: wrong checksum
  SYN-ACK  server -> scanner   arrives
  ACK      never",
    expect: Expectation::HEALTHY,
    needs_nft: false,
    machine_wide: false,
    stage: |lab| {
        let mut bench = Bench::new(lab)?;
        bench.serve(Server::accepting(service(80)))?;
        let crowd = noise::crowd(&bench.hosts.clients, service(80))?;
        bench.keep(crowd);
        let scan = RawPeers::new(service(80), SCANNER.map(ip), SCAN, |n| Script {
            // Of both addresses: they are used in turn.
            syn_damaged: n / 2 % 2 == 1,
            ..Script::silent()
        });
        let scan = scan.start(&bench.hosts.clients)?;
        bench.keep(scan);
        let shows = Condition::stuck_on_port(80, 4).and(Condition::counted(
            &bench.hosts.server,
            ("Tcp", "InCsumErrors"),
            4,
        ));
        Ok(bench.into_stage(shows))
    },
};
