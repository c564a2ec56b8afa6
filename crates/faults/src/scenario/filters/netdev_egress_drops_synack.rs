//! A netdev chain drops the SYN-ACKs below IP.

use super::bench::Bench;
use crate::bpf::Family;
use crate::expectation::Expectation;
use crate::running::Condition;
use crate::scenario::Scenario;

const RULES: &str = "\
table netdev filter {
    chain egress {
        type filter hook egress device ps0 priority filter; policy accept;
        tcp sport 80 tcp flags & (syn | ack) == syn | ack counter drop
    }
}
";

pub(in crate::scenario) static SCENARIO: Scenario = Scenario {
    id: "netdev-egress-drops-synack",
    title: "an nftables chain at the egress of ps0 drops the SYN-ACKs of :80",
    story: "\
A chain of the family netdev, at the egress hook of ps0, drops the SYN-ACKs of :80. IP takes them
for sent; the rule counts them. The kernel gives each request up at its first timer, after 1 s. :443
works.",
    picture: "
  server 10.1.0.10 --- 10.1.0.1 ROUTER 10.9.0.1 --- clients
  ps0 egress: drop                                  192.0.2.11   198.51.100.12
                                                    203.0.113.13 198.18.7.14
                                                    198.19.9.15   of :80
                                                    100.64.0-4.1-8,
  :443 healthy                                      10.9.0.2      of :443

  SYN      client -> server   admitted
  SYN-ACK  server -> X        dropped by a rule",
    expect: Expectation::fault(
        "synack-dropped-here",
        "output",
        &["confirmed", "likely", "possible"],
    )
    .without_rows(),
    needs_nft: true,
    machine_wide: false,
    stage: |lab| {
        let mut bench = Bench::new(lab, Family::V4, |server| server.nft(RULES))?;
        bench.visit(80)?;
        let shows = Condition::counted(&bench.server, ("TcpExt", "TCPTimeouts"), 10);
        Ok(bench.into_stage(shows))
    },
};
