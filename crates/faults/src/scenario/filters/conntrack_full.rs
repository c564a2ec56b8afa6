//! The table of connection tracking is full, and every new connection is dropped before TCP.

use std::net::Ipv4Addr;

use super::bench::Bench;
use crate::bpf::Family;
use crate::expectation::Expectation;
use crate::running::Condition;
use crate::scenario::Scenario;

/// A stateful firewall that leaves its busiest port alone.
const RULES: &str = "\
table ip filter {
    chain raw_in {
        type filter hook prerouting priority raw; policy accept;
        tcp dport 443 notrack
    }
    chain raw_out {
        type filter hook output priority raw; policy accept;
        tcp sport 443 notrack
    }
    chain input {
        type filter hook input priority filter; policy accept;
        ct state established,related counter accept
        tcp dport { 80, 443 } counter accept
    }
}
";

pub(in crate::scenario) static SCENARIO: Scenario = Scenario {
    id: "conntrack-full",
    title: "connection tracking has no room for new connections of :80",
    story: "\
Connections that nobody ended fill the table of the server's connection tracking to nf_conntrack_max.
All of them are established, so none gives way. SYNs to :80 are dropped where they would be entered:
TCP never sees them, and no rule counts them. :443 is not tracked and works.",
    picture: "
  server 10.1.0.10 --- 10.1.0.1 ROUTER 10.9.0.1 --- clients
  conntrack: full                                   192.0.2.11   198.51.100.12
                                                    203.0.113.13 198.18.7.14
                                                    198.19.9.15   of :80
                                                    100.64.0-4.1-8,
  :443 healthy, notrack                             10.9.0.2      of :443

  SYN      client -> server   dropped by connection tracking",
    expect: Expectation::fault("conntrack-full", "refused", &["confirmed", "likely"])
        .without_rows(),
    needs_nft: true,
    machine_wide: false,
    stage: |lab| {
        let local = Ipv4Addr::new(10, 1, 0, 10);
        let mut bench = Bench::new(lab, Family::V4, |server| {
            server.nft(RULES)?;
            server.fill_tracking(local)
        })?;
        bench.visit(80)?;
        let shows = Condition::undelivered(&bench.server, "Ip", 10);
        Ok(bench.into_stage(shows))
    },
};
