//! A rule of `iptables-legacy` drops SYN-ACKs of the server.

use super::bench::Bench;
use crate::bpf::Family;
use crate::expectation::Expectation;
use crate::netfilter::IpTables;
use crate::running::Condition;
use crate::scenario::Scenario;

const RULES: &str = "\
*filter
:OUTPUT ACCEPT [0:0]
-A OUTPUT -o lo -j ACCEPT
-A OUTPUT -p tcp --sport 80 --tcp-flags SYN,ACK SYN,ACK -j DROP
COMMIT
";

pub(in crate::scenario) static SCENARIO: Scenario = Scenario {
    id: "output-drops-synack-legacy",
    title: "an iptables-legacy rule in OUTPUT (x_tables) drops the SYN-ACKs of :80",
    story: "\
As `output-drops-synack`, with a rule in x_tables, which `nft list ruleset` does not show. :443
works.",
    picture: "
  server 10.1.0.10 --- 10.1.0.1 ROUTER 10.9.0.1 --- clients
  OUTPUT: DROP                                      192.0.2.11   198.51.100.12
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
    needs_nft: false,
    machine_wide: false,
    stage: |lab| {
        let mut bench =
            Bench::new(lab, Family::V4, |server| server.iptables(IpTables::Legacy, RULES))?;
        bench.visit(80)?;
        let shows = Condition::counted(&bench.server, ("TcpExt", "TCPTimeouts"), 10);
        Ok(bench.into_stage(shows))
    },
};
