//! A chain of the server accepts SYNs to one port, and its policy drops the rest.

use super::bench::Bench;
use crate::bpf::Family;
use crate::expectation::Expectation;
use crate::scenario::Scenario;

const RULES: &str = "\
table inet filter {
    chain input {
        type filter hook input priority filter; policy drop;
        iif lo accept
        ip protocol icmp accept
        tcp dport 443 accept
        tcp dport 80 tcp flags syn / fin,syn,rst,ack accept
    }
}
";

pub(in crate::scenario) static SCENARIO: Scenario = Scenario {
    id: "firewall-drops-ack-policy",
    title: "the policy of INPUT drops ACKs: only SYNs to :80 are accepted",
    story: "\
A stateless firewall with policy drop. For :443 it accepts all, for :80 SYNs only: somebody took
`new` connections for all there is to accept. No rule drops anything, and a policy of nftables does
not count. Connection tracking is not at work.",
    picture: "
  server 10.1.0.10 --- 10.1.0.1 ROUTER 10.9.0.1 --- clients
  input: accept syn; policy drop                    192.0.2.11   198.51.100.12
                                                    203.0.113.13 198.18.7.14
                                                    198.19.9.15   of :80
                                                    100.64.0-4.1-8,
  :443 healthy                                      10.9.0.2      of :443

  SYN      client -> server   admitted
  SYN-ACK  server -> client   arrives
  ACK      client -> server   dropped by policy",
    expect: Expectation::fault("firewall-drops-ack", "local", &["confirmed", "likely", "possible"]),
    needs_nft: true,
    machine_wide: false,
    stage: |lab| {
        let mut bench = Bench::new(lab, Family::V4, |server| server.nft(RULES))?;
        bench.visit(80)?;
        let shows = bench.visitors_stuck();
        Ok(bench.into_stage(shows))
    },
};
