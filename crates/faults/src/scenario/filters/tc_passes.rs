//! BPF programs of traffic control on both sides that pass what comes.

use super::bench::Bench;
use crate::bpf::{Family, Frames};
use crate::device_filter::Side;
use crate::expectation::Expectation;
use crate::scenario::Scenario;

pub(in crate::scenario) static SCENARIO: Scenario = Scenario {
    id: "tc-passes",
    title: "BPF filters of traffic control that drop nothing of this host: healthy",
    story: "\
As on a host of Cilium, ps0 has programs on both sides. They drop segments of a port that nobody
uses, and pass all others. A scanner leaves stuck requests on :443, which have nothing to do with
it. All clients connect.",
    picture: "
  server 10.1.0.10 --- 10.1.0.1 ROUTER 10.9.0.1 --- clients
  ps0 ingress: bpf                                  192.0.2.11   198.51.100.12
  ps0 egress: bpf                                   203.0.113.13 198.18.7.14
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
            server.classify("ps0")?;
            server.drop_by_tc("ps0", Side::Ingress, &Frames::acks_to(Family::V4, 9))?;
            server.drop_by_tc("ps0", Side::Egress, &Frames::syn_acks_from(Family::V4, 9))
        })?;
        let connected = bench.visit(80)?;
        let scanned = bench.scan()?;
        Ok(bench.into_stage(connected.and(scanned)))
    },
};
