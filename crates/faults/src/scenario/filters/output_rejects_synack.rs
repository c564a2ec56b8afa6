//! An nftables rule of the server rejects its own SYN-ACKs.

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
        tcp sport 80 counter reject
    }
}
";

pub(in crate::scenario) static SCENARIO: Scenario = Scenario {
    id: "output-rejects-synack",
    title: "an nftables rule in OUTPUT rejects the SYN-ACKs of :80",
    story: "\
As `output-drops-synack`, but the rule rejects: the server sends ICMP port unreachable to itself.
Five networks of clients get no answer from :80. :443 works.",
    picture: "
  server 10.1.0.10 --- 10.1.0.1 ROUTER 10.9.0.1 --- clients
  output: reject                                    192.0.2.11   198.51.100.12
                                                    203.0.113.13 198.18.7.14
                                                    198.19.9.15   of :80
                                                    100.64.0-4.1-8,
  :443 healthy                                      10.9.0.2      of :443

  SYN      client -> server   admitted
  SYN-ACK  server -> X        rejected by a rule
  ICMP     server -> server   port unreachable",
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
