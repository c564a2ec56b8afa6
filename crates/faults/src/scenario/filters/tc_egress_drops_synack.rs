//! A BPF program of traffic control drops the SYN-ACKs below IP.

use super::bench::Bench;
use crate::bpf::{Family, Frames};
use crate::device_filter::Side;
use crate::expectation::Expectation;
use crate::running::Condition;
use crate::scenario::Scenario;

pub(in crate::scenario) static SCENARIO: Scenario = Scenario {
    id: "tc-egress-drops-synack",
    title: "a BPF filter of traffic control drops the SYN-ACKs of :80",
    story: "\
A program on the egress of ps0 (clsact, direct-action) drops the SYN-ACKs of :80. Sending them
fails, so the kernel gives each request up at its first timer, after 1 s, and the next SYN of the
client makes a new one. The filter counts nothing, and IP takes the packets for sent. :443 works.",
    picture: "
  server 10.1.0.10 --- 10.1.0.1 ROUTER 10.9.0.1 --- clients
  ps0 egress: bpf                                   192.0.2.11   198.51.100.12
                                                    203.0.113.13 198.18.7.14
                                                    198.19.9.15   of :80
                                                    100.64.0-4.1-8,
  :443 healthy                                      10.9.0.2      of :443

  SYN      client -> server   admitted
  SYN-ACK  server -> X        dropped at the device",
    expect: Expectation::fault(
        "synack-dropped-here",
        "output",
        &["confirmed", "likely", "possible"],
    )
    .without_rows(),
    needs_nft: false,
    machine_wide: false,
    stage: |lab| {
        let mut bench = Bench::new(lab, Family::V4, |server| {
            server.classify("ps0")?;
            server.drop_by_tc("ps0", Side::Egress, &Frames::syn_acks_from(Family::V4, 80))
        })?;
        bench.visit(80)?;
        let shows = Condition::counted(&bench.server, ("TcpExt", "TCPTimeouts"), 10);
        Ok(bench.into_stage(shows))
    },
};
