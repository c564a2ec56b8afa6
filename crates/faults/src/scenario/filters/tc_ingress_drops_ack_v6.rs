//! A BPF program of traffic control drops ACKs below IP, in IPv6.

use super::bench::Bench;
use crate::bpf::{Family, Frames};
use crate::device_filter::Side;
use crate::expectation::Expectation;
use crate::scenario::Scenario;

pub(in crate::scenario) static SCENARIO: Scenario = Scenario {
    id: "tc-ingress-drops-ack-v6",
    title: "a BPF filter of traffic control drops everything but SYNs to :80, IPv6",
    story: "\
A program on the ingress of ps0 (clsact, direct-action) drops segments to :80 that have ACK and not
SYN. It comes before IP and netfilter: no counter of IP moves, and the filter itself counts nothing.
Only the device counts the frames, and a capture on the server shows them. :443 works.",
    picture: "
  server 2001:db8:1::10 --- 2001:db8:1::1 ROUTER -- clients
  ps0 ingress: bpf                                  2001:db8:a1::11, a2::12,
                                                    a3::13, a4::14,
                                                    a5::15        of :80
                                                    2001:db8:c0-c4::1-8,
  :443 healthy                                      2001:db8:9::2 of :443

  SYN      client -> server   admitted
  SYN-ACK  server -> client   arrives
  ACK      client -> server   dropped at the device",
    expect: Expectation::fault("ingress-filter", "local", &["confirmed", "likely", "possible"]),
    needs_nft: false,
    machine_wide: false,
    stage: |lab| {
        let mut bench = Bench::new(lab, Family::V6, |server| {
            server.classify("ps0")?;
            server.drop_by_tc("ps0", Side::Ingress, &Frames::acks_to(Family::V6, 80))
        })?;
        bench.visit(80)?;
        let shows = bench.visitors_stuck();
        Ok(bench.into_stage(shows))
    },
};
