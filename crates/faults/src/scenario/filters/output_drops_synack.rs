//! An nftables rule of the server drops its own SYN-ACKs.

use super::bench::Bench;
use crate::bpf::Family;
use crate::expectation::Expectation;
use crate::running::Condition;
use crate::scenario::Scenario;

const RULES: &str = "\
table inet filter {
    chain output {
        type filter hook output priority filter; policy accept;
        oif lo accept
        tcp sport 443 counter accept
        tcp sport 80 tcp flags & (syn | ack) == syn | ack counter drop
    }
}
";

pub(in crate::scenario) static SCENARIO: Scenario = Scenario {
    id: "output-drops-synack",
    title: "an nftables rule in OUTPUT drops the SYN-ACKs of :80",
    story: "\
A rule of the server drops the SYN-ACKs of :80. Sending them fails, so the kernel gives each request
up at its first timer, after 1 s, and the next SYN of the client makes a new one. No SYN-ACK is ever
on the wire. :443 works.",
    picture: "
  server 10.1.0.10 --- 10.1.0.1 ROUTER 10.9.0.1 --- clients
  output: drop                                      192.0.2.11   198.51.100.12
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
