//! The policy of OUTPUT drops SYN-ACKs over IPv6.

use super::bench::Bench;
use crate::bpf::Family;
use crate::expectation::Expectation;
use crate::running::Condition;
use crate::scenario::Scenario;

const RULES: &str = "\
table ip6 filter {
    chain output {
        type filter hook output priority filter; policy drop;
        oif lo accept
        meta l4proto icmpv6 accept
        tcp sport 443 accept
    }
}
";

pub(in crate::scenario) static SCENARIO: Scenario = Scenario {
    id: "output-drops-synack-v6",
    title: "the policy of OUTPUT drops the SYN-ACKs of :80, IPv6",
    story: "\
The server may send neighbour discovery and what comes from :443; the policy of its OUTPUT chain
drops all else, and does not count. Sending a SYN-ACK of :80 fails, and the kernel gives each
request up at its first timer, after 1 s.",
    picture: "
  server 2001:db8:1::10 --- 2001:db8:1::1 ROUTER -- clients
  output: policy drop                               2001:db8:a1::11, a2::12,
                                                    a3::13, a4::14,
                                                    a5::15        of :80
                                                    2001:db8:c0-c4::1-8,
  :443 healthy                                      2001:db8:9::2 of :443

  SYN      client -> server   admitted
  SYN-ACK  server -> X        dropped by policy",
    expect: Expectation::fault(
        "synack-dropped-here",
        "output",
        &["confirmed", "likely", "possible"],
    )
    .without_rows(),
    needs_nft: true,
    machine_wide: false,
    stage: |lab| {
        let mut bench = Bench::new(lab, Family::V6, |server| server.nft(RULES))?;
        bench.visit(80)?;
        let shows = Condition::counted(&bench.server, ("TcpExt", "TCPTimeouts"), 10);
        Ok(bench.into_stage(shows))
    },
};
