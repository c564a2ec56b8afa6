//! A service for few, whose port many try.

use super::bench::{Bench, SCAN, SCANNER};
use crate::bpf::Family;
use crate::expectation::Expectation;
use crate::lab::ip;
use crate::running::Condition;
use crate::scenario::Scenario;
use crate::traffic::Script;

const RULES: &str = "\
table inet filter {
    chain input {
        type filter hook input priority filter; policy drop;
        iif lo accept
        ct state established,related counter accept
        ip protocol icmp accept
        ip saddr 10.9.0.0/24 tcp dport 22 ct state new counter accept
        tcp dport { 80, 443 } ct state new counter accept
        tcp dport 22 counter drop
    }
}
";

pub(in crate::scenario) static SCENARIO: Scenario = Scenario {
    id: "closed-service-scanned",
    title: "SSH is open to the administrators only, and scanned by others: healthy",
    story: "\
A server listens on :22, and the firewall admits one network of administrators, who work there. Two
scanners try the port all day; their SYNs are dropped, as intended. Five networks use :80, and all
of them connect.",
    picture: "
  server 10.1.0.10 --- 10.1.0.1 ROUTER 10.9.0.1 --- clients
  input: :22 of 10.9.0.0/24                         192.0.2.11   198.51.100.12
                                                    203.0.113.13 198.18.7.14
                                                    198.19.9.15   of :80
                                                    100.64.0-4.1-8,
  :80 and :443 healthy                              10.9.0.2      of :443

  SYN      client -> server   admitted
  SYN-ACK  server -> client   arrives
  ACK      client -> server   accepted

  administrator  10.9.0.2           of :22, connected
  scanner        203.0.113.66, .67  of :22: dropped",
    expect: Expectation::HEALTHY,
    needs_nft: true,
    machine_wide: false,
    stage: |lab| {
        let mut bench = Bench::new(lab, Family::V4, |server| server.nft(RULES))?;
        let connected = bench.visit(80)?;
        bench.serve(22)?;
        let working = bench.connect(22, [ip("10.9.0.2")])?;
        bench.crafted(22, SCAN, SCANNER.map(ip), |_| Script::silent())?;
        let dropped = Condition::undelivered(&bench.server, "Ip", 3);
        Ok(bench.into_stage(connected.and(working).and(dropped)))
    },
};
