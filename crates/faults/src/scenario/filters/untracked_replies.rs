//! SYN-ACKs are not tracked, ACKs count as invalid, and no rule minds.

use super::bench::Bench;
use crate::bpf::Family;
use crate::expectation::Expectation;
use crate::scenario::Scenario;

const RULES: &str = "\
table ip raw {
    chain output {
        type filter hook output priority raw; policy accept;
        tcp sport 80 notrack
    }
}
table inet filter {
    chain input {
        type filter hook input priority filter; policy drop;
        iif lo accept
        ct state established,related counter accept
        ip protocol icmp accept
        tcp dport { 80, 443 } counter accept
    }
}
";

pub(in crate::scenario) static SCENARIO: Scenario = Scenario {
    id: "untracked-replies",
    title: "replies of :80 are not tracked, but no rule drops what is invalid: healthy",
    story: "\
As `conntrack-invalid-untracked`, without a rule that drops what is invalid. Connection tracking has
the connections in SYN_SENT and counts their ACKs as invalid; the service is accepted by its port,
and all clients connect.",
    picture: "
  server 10.1.0.10 --- 10.1.0.1 ROUTER 10.9.0.1 --- clients
  output, raw: notrack                              192.0.2.11   198.51.100.12
                                                    203.0.113.13 198.18.7.14
                                                    198.19.9.15   of :80
                                                    100.64.0-4.1-8,
  :80 and :443 healthy                              10.9.0.2      of :443

  SYN      client -> server   admitted
  SYN-ACK  server -> client   arrives
  ACK      client -> server   accepted",
    expect: Expectation::HEALTHY,
    needs_nft: true,
    machine_wide: false,
    stage: |lab| {
        let mut bench = Bench::new(lab, Family::V4, |server| server.nft(RULES))?;
        let connected = bench.visit(80)?;
        Ok(bench.into_stage(connected))
    },
};
