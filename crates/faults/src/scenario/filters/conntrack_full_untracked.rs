//! The table of connection tracking is full, and no client needs an entry: healthy.

use std::net::Ipv4Addr;

use super::bench::Bench;
use crate::bpf::Family;
use crate::expectation::Expectation;
use crate::scenario::Scenario;

/// A stateful firewall that tracks what the server itself begins.
const RULES: &str = "\
table ip filter {
    chain raw_in {
        type filter hook prerouting priority raw; policy accept;
        tcp dport { 80, 443 } notrack
    }
    chain raw_out {
        type filter hook output priority raw; policy accept;
        tcp sport { 80, 443 } notrack
    }
    chain input {
        type filter hook input priority filter; policy accept;
        ct state established,related,untracked counter accept
    }
}
";

pub(in crate::scenario) static SCENARIO: Scenario = Scenario {
    id: "conntrack-full-untracked",
    title: "connection tracking is full, and the services are not tracked: healthy",
    story: "\
Connections that nobody ended fill the table of the server's connection tracking. Its services are
`notrack`, as busy services are, so their clients need no entry; what the server itself begins is
dropped for want of one. A scanner leaves stuck requests on :443, which have nothing to do with it.
All clients connect.",
    picture: "
  server 10.1.0.10 --- 10.1.0.1 ROUTER 10.9.0.1 --- clients
  conntrack: full                                   192.0.2.11   198.51.100.12
  :80 and :443: notrack                             203.0.113.13 198.18.7.14
                                                    198.19.9.15   of :80
                                                    100.64.0-4.1-8,
  :80 and :443 healthy                              10.9.0.2      of :443

  connect  server -> 172.16.0.9   dropped by connection tracking

  scanner  203.0.113.66, .67  of :443, silent",
    expect: Expectation::HEALTHY,
    needs_nft: true,
    machine_wide: false,
    stage: |lab| {
        let mut bench = Bench::new(lab, Family::V4, |server| {
            server.nft(RULES)?;
            server.fill_tracking(Ipv4Addr::new(10, 1, 0, 10))
        })?;
        let connected = bench.visit(80)?;
        bench.reach_out(&["172.16.0.9"])?;
        let scanned = bench.scan()?;
        Ok(bench.into_stage(connected.and(scanned)))
    },
};
