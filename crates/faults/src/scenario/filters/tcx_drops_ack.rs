//! A BPF program that no listing of traffic control shows drops ACKs.

use super::bench::Bench;
use crate::bpf::{Family, Frames};
use crate::expectation::Expectation;
use crate::scenario::Scenario;

pub(in crate::scenario) static SCENARIO: Scenario = Scenario {
    id: "tcx-drops-ack",
    title: "a BPF program attached to the ingress of ps0 by tcx drops everything but SYNs to :80",
    story: "\
A program was attached to the ingress of ps0 with bpf(2) (tcx, as Cilium does since Linux 6.6). It
drops segments to :80 that have ACK and not SYN. There is no qdisc and no filter: only a query of
bpf(2) lists it. A capture on the server shows the ACKs, the device counts them, and nothing else
does. :443 works.",
    picture: "
  server 10.1.0.10 --- 10.1.0.1 ROUTER 10.9.0.1 --- clients
  ps0 ingress: tcx                                  192.0.2.11   198.51.100.12
                                                    203.0.113.13 198.18.7.14
                                                    198.19.9.15   of :80
                                                    100.64.0-4.1-8,
  :443 healthy                                      10.9.0.2      of :443

  SYN      client -> server   admitted
  SYN-ACK  server -> client   arrives
  ACK      client -> server   dropped at the device",
    expect: Expectation::fault("ingress-filter", "local", &["confirmed", "likely", "possible"])
        .by_rights(),
    needs_nft: false,
    machine_wide: false,
    stage: |lab| {
        let mut bench = Bench::new(lab, Family::V4, |server| {
            server.tcx("ps0", Some(&Frames::acks_to(Family::V4, 80)))
        })?;
        bench.visit(80)?;
        let shows = bench.visitors_stuck();
        Ok(bench.into_stage(shows))
    },
};
