//! A host with a strict firewall for IPv6, which lets neighbour discovery in.

use super::bench::{Bench, STUCK};
use crate::bpf::Family;
use crate::expectation::Expectation;
use crate::lab::ip;
use crate::running::Condition;
use crate::scenario::Scenario;
use crate::traffic::Script;

const RULES: &str = "\
table ip6 filter {
    chain input {
        type filter hook input priority filter; policy drop;
        iif lo accept
        icmpv6 type { nd-neighbor-solicit, nd-neighbor-advert, nd-router-advert } accept
        ct state invalid counter drop
        ct state established,related counter accept
        tcp dport { 80, 443 } ct state new counter accept
    }
}
";

pub(in crate::scenario) static SCENARIO: Scenario = Scenario {
    id: "firewalled-host-v6",
    title: "a strict IPv6 firewall and a scanner of closed ports: healthy",
    story: "\
Policy drop; what is invalid is dropped; neighbour discovery and the two services are accepted. SYNs
to closed ports are dropped by policy all the time. All clients connect.",
    picture: "
  server 2001:db8:1::10 --- 2001:db8:1::1 ROUTER -- clients
  input: policy drop                                2001:db8:a1::11, a2::12,
                                                    a3::13, a4::14,
                                                    a5::15        of :80
                                                    2001:db8:c0-c4::1-8,
  :80 and :443 healthy                              2001:db8:9::2 of :443

  SYN      client -> server   admitted
  SYN-ACK  server -> client   arrives
  ACK      client -> server   accepted

  scans    2001:db8:bad::1, ::2  of closed ports: dropped",
    expect: Expectation::HEALTHY,
    needs_nft: true,
    machine_wide: false,
    stage: |lab| {
        let mut bench = Bench::new(lab, Family::V6, |server| server.nft(RULES))?;
        let connected = bench.visit(80)?;
        let scans = ["2001:db8:bad::1", "2001:db8:bad::2"].map(ip);
        bench.crafted(23, STUCK, scans, |_| Script::silent())?;
        let dropped = Condition::undelivered(&bench.server, "Ip6", 10);
        Ok(bench.into_stage(connected.and(dropped)))
    },
};
