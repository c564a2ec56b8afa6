//! A BPF program of traffic control drops the SYN-ACKs below IPv6.

use super::bench::Bench;
use crate::bpf::{Family, Frames};
use crate::device_filter::Side;
use crate::expectation::Expectation;
use crate::running::Condition;
use crate::scenario::Scenario;

pub(in crate::scenario) static SCENARIO: Scenario = Scenario {
    id: "tc-egress-drops-synack-v6",
    title: "a BPF filter of traffic control drops the SYN-ACKs of :80, IPv6",
    story: "\
As `tc-egress-drops-synack`: sending a SYN-ACK fails, the kernel gives each request up at its first
timer, the filter counts nothing, and IPv6 takes the packets for sent. Only the device counts less.
:443 works.",
    picture: "
  server 2001:db8:1::10 --- 2001:db8:1::1 ROUTER -- clients
  ps0 egress: bpf                                   2001:db8:a1::11, a2::12,
                                                    a3::13, a4::14,
                                                    a5::15        of :80
                                                    2001:db8:c0-c4::1-8,
  :443 healthy                                      2001:db8:9::2 of :443

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
        let mut bench = Bench::new(lab, Family::V6, |server| {
            server.classify("ps0")?;
            server.drop_by_tc("ps0", Side::Egress, &Frames::syn_acks_from(Family::V6, 80))
        })?;
        bench.visit(80)?;
        let shows = Condition::counted(&bench.server, ("TcpExt", "TCPTimeouts"), 10);
        Ok(bench.into_stage(shows))
    },
};
