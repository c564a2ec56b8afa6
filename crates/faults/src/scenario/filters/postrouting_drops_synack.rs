//! A rule of `iptables` in mangle POSTROUTING drops the SYN-ACKs of the server.

use super::bench::Bench;
use crate::bpf::Family;
use crate::expectation::Expectation;
use crate::netfilter::IpTables;
use crate::running::Condition;
use crate::scenario::Scenario;

const RULES: &str = "\
*mangle
:POSTROUTING ACCEPT [0:0]
-A POSTROUTING -o ps0 -p tcp --sport 80 -j DROP
COMMIT
";

pub(in crate::scenario) static SCENARIO: Scenario = Scenario {
    id: "postrouting-drops-synack",
    title: "an iptables rule in mangle POSTROUTING (nf_tables) drops the SYN-ACKs of :80",
    story: "\
As `output-drops-synack`, at the last hook of IP and in a table where nobody looks for drops. :443
works.",
    picture: "
  server 10.1.0.10 --- 10.1.0.1 ROUTER 10.9.0.1 --- clients
  mangle POSTROUTING: DROP                          192.0.2.11   198.51.100.12
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
            Bench::new(lab, Family::V4, |server| server.iptables(IpTables::Nft, RULES))?;
        bench.visit(80)?;
        let shows = Condition::counted(&bench.server, ("TcpExt", "TCPTimeouts"), 10);
        Ok(bench.into_stage(shows))
    },
};
