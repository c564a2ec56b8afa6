//! A service that is not tracked, and a firewall that accepts what is established.

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
        ct state established,related counter accept
        ip protocol icmp accept
        tcp dport { 80, 443 } tcp flags syn / fin,syn,rst,ack counter accept
    }
}
";

pub(in crate::scenario) static SCENARIO: Scenario = Scenario {
    id: "firewall-drops-ack-untracked",
    title: "policy drop accepts what is established, and :80 is not tracked",
    story: "\
Somebody took the busy :80 out of connection tracking, in both directions. SYNs to it are accepted
by their flags; the rest was to be accepted as established, which nothing is that is not tracked,
and meets the policy. There is no conntrack entry, and nothing counts the drops. :443 works.",
    picture: "
  server 10.1.0.10 --- 10.1.0.1 ROUTER 10.9.0.1 --- clients
  prerouting, raw: notrack                          192.0.2.11   198.51.100.12
  output, raw: notrack                              203.0.113.13 198.18.7.14
  input: policy drop                                198.19.9.15   of :80
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
