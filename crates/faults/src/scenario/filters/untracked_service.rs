//! A service that is not tracked in either direction, beside a strict rule.

use super::bench::Bench;
use crate::bpf::Family;
use crate::expectation::Expectation;
use crate::scenario::Scenario;

const RULES: &str = "\
table inet raw {
    chain prerouting {
        type filter hook prerouting priority raw; policy accept;
        tcp dport 80 notrack
    }
    chain output {
        type filter hook output priority raw; policy accept;
        tcp sport 80 notrack
    }
}
table inet filter {
    chain input {
        type filter hook input priority filter; policy drop;
        iif lo accept
        ct state invalid counter drop
        ct state established,related,untracked counter accept
        ip protocol icmp accept
        tcp dport 443 ct state new counter accept
    }
}
";

pub(in crate::scenario) static SCENARIO: Scenario = Scenario {
    id: "untracked-service",
    title: "`notrack` for :80 in both directions, and what is invalid is dropped: healthy",
    story: "\
The right way to take a busy service out of connection tracking: neither its packets nor its replies
are tracked. They count as untracked, not as invalid, so the strict rule leaves them alone. All
clients connect.",
    picture: "
  server 10.1.0.10 --- 10.1.0.1 ROUTER 10.9.0.1 --- clients
  prerouting, raw: notrack                          192.0.2.11   198.51.100.12
  output, raw: notrack                              203.0.113.13 198.18.7.14
  input: ct invalid drop                            198.19.9.15   of :80
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
