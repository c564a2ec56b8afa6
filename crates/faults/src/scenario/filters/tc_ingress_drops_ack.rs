//! A BPF program of traffic control drops ACKs below IP.

use super::bench::Bench;
use crate::bpf::{Family, Frames};
use crate::device_filter::Side;
use crate::expectation::Expectation;
use crate::scenario::Scenario;

pub(in crate::scenario) static SCENARIO: Scenario = Scenario {
    id: "tc-ingress-drops-ack",
    title: "a BPF filter of traffic control drops everything but SYNs to :80",
    story: "\
A program on the ingress of ps0 (clsact, direct-action) drops segments to :80 that have ACK and not
SYN. It comes before IP and netfilter: no counter of IP moves, and the filter itself counts nothing.
Only the device counts the frames, and a capture on the server shows them. :443 works.",
    picture: "
  server 10.1.0.10 --- 10.1.0.1 ROUTER 10.9.0.1 --- clients
  ps0 ingress: bpf                                  192.0.2.11   198.51.100.12
                                                    203.0.113.13 198.18.7.14
                                                    198.19.9.15   of :80
                                                    100.64.0-4.1-8,
  :443 healthy                                      10.9.0.2      of :443

  SYN      client -> server   admitted
  SYN-ACK  server -> client   arrives
  ACK      client -> server   dropped at the device",
    expect: Expectation::fault("ingress-filter", "local", &["confirmed", "likely", "possible"]),
    needs_nft: false,
    machine_wide: false,
    stage: |lab| {
        let mut bench = Bench::new(lab, Family::V4, |server| {
            server.classify("ps0")?;
            server.drop_by_tc("ps0", Side::Ingress, &Frames::acks_to(Family::V4, 80))
        })?;
        bench.visit(80)?;
        let shows = bench.visitors_stuck();
        Ok(bench.into_stage(shows))
    },
};
