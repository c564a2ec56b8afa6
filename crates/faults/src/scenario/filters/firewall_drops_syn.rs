//! The policy of INPUT drops the SYNs to a port that nobody opened.

use super::bench::Bench;
use crate::bpf::Family;
use crate::expectation::Expectation;
use crate::running::Condition;
use crate::scenario::Scenario;

const RULES: &str = "\
table inet filter {
    chain input {
        type filter hook input priority filter; policy drop;
        iif lo accept
        ct state invalid counter drop
        ct state established,related counter accept
        ip protocol icmp accept
        tcp dport 443 ct state new counter accept
    }
}
";

pub(in crate::scenario) static SCENARIO: Scenario = Scenario {
    id: "firewall-drops-syn",
    title: "the policy of INPUT drops the SYNs to :80: the port was never opened",
    story: "\
A server listens on :80, and the firewall of the host accepts :443 only; its policy drops the SYNs
of five networks. No request is ever made, and no counter moves but that of packets which IP
received and delivered to nobody. A policy of nftables does not count.",
    picture: "
  server 10.1.0.10 --- 10.1.0.1 ROUTER 10.9.0.1 --- clients
  input: policy drop                                192.0.2.11   198.51.100.12
                                                    203.0.113.13 198.18.7.14
                                                    198.19.9.15   of :80
                                                    100.64.0-4.1-8,
  :443 healthy                                      10.9.0.2      of :443

  SYN      client -> server   dropped by policy",
    expect: Expectation::fault(
        "firewall-drops-syn",
        "refused",
        &["confirmed", "likely", "possible"],
    )
    .by_rights()
    .without_rows(),
    needs_nft: true,
    machine_wide: false,
    stage: |lab| {
        let mut bench = Bench::new(lab, Family::V4, |server| server.nft(RULES))?;
        bench.visit(80)?;
        let shows = Condition::undelivered(&bench.server, "Ip", 20);
        Ok(bench.into_stage(shows))
    },
};
