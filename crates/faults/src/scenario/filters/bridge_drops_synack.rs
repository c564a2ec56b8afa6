//! A rule of the bridge that the server is behind drops its SYN-ACKs.

use super::bench::Bench;
use crate::bpf::Family;
use crate::expectation::Expectation;
use crate::scenario::Scenario;

/// No counter, and TCP never hears of it.
const RULES: &str = "\
table bridge guard {
    chain output {
        type filter hook output priority filter; policy accept;
        ip protocol icmp accept
        tcp sport 80 tcp flags & (syn | ack) == syn | ack drop
    }
}
";

pub(in crate::scenario) static SCENARIO: Scenario = Scenario {
    id: "bridge-drops-synack",
    title: "a bridge rule of the server drops SYN-ACKs of :80 in silence",
    story: "\
The address of the server is on the bridge br0, and its cable is a port of it, as on a host of
virtual machines. A table of nftables for the bridge drops what leaves :80 with SYN and ACK. IP
has handed the packet over and TCP is told that it left: the requests live on and the clients
repeat their SYNs, as if the SYN-ACK were lost outside. A capture on br0 shows it leave; one on
ps0 does not. :443 works.",
    picture: "
  server 10.1.0.10 --- 10.1.0.1 ROUTER 10.9.0.1 --- clients
  br0 (ps0): output: drop                           192.0.2.11   198.51.100.12
                                                    203.0.113.13 198.18.7.14
                                                    198.19.9.15   of :80
                                                    100.64.0-4.1-8,
  :443 healthy                                      10.9.0.2      of :443

  SYN      client -> server   admitted
  SYN-ACK  server -> br0 -> X dropped before the port",
    expect: Expectation::fault(
        "synack-dropped-here",
        "output",
        &["confirmed", "likely", "possible"],
    )
    .by_rights(),
    needs_nft: true,
    machine_wide: false,
    stage: |lab| {
        let mut bench = Bench::new(lab, Family::V4, |server| {
            server.behind_bridge("ps0", "br0")?;
            server.nft(RULES)
        })?;
        bench.visit(80)?;
        let shows = bench.visitors_stuck();
        Ok(bench.into_stage(shows))
    },
};
