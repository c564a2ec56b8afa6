//! An XDP program and a tcx program that pass everything.

use super::bench::{Bench, SCAN, SCANNER};
use crate::bpf::Family;
use crate::expectation::Expectation;
use crate::lab::ip;
use crate::running::Condition;
use crate::scenario::Scenario;
use crate::traffic::Script;

pub(in crate::scenario) static SCENARIO: Scenario = Scenario {
    id: "xdp-passes",
    title: "an XDP program and a tcx program on ps0 that pass everything, and a scanner: healthy",
    story: "\
Load balancers and agents attach programs to devices that only look. A scanner leaves stuck requests
on :443, which have nothing to do with them. All clients connect.",
    picture: "
  server 10.1.0.10 --- 10.1.0.1 ROUTER 10.9.0.1 --- clients
  ps0: XDP                                          192.0.2.11   198.51.100.12
  ps0 ingress: tcx                                  203.0.113.13 198.18.7.14
                                                    198.19.9.15   of :80
                                                    100.64.0-4.1-8,
  :80 and :443 healthy                              10.9.0.2      of :443

  SYN      client -> server   admitted
  SYN-ACK  server -> client   arrives
  ACK      client -> server   accepted

  scanner  203.0.113.66, .67  of :443, silent",
    expect: Expectation::HEALTHY,
    needs_nft: false,
    machine_wide: false,
    stage: |lab| {
        let mut bench = Bench::new(lab, Family::V4, |server| {
            server.xdp("ps0", None)?;
            server.tcx("ps0", None)
        })?;
        let connected = bench.visit(80)?;
        bench.crafted(443, SCAN, SCANNER.map(ip), |_| Script::silent())?;
        let scanned = Condition::stuck_peers(SCANNER.map(ip));
        Ok(bench.into_stage(connected.and(scanned)))
    },
};
