//! A netdev chain that drops one source, as intended.

use super::bench::{Bench, STUCK};
use crate::bpf::Family;
use crate::expectation::Expectation;
use crate::lab::ip;
use crate::scenario::Scenario;
use crate::traffic::Script;

const RULES: &str = "\
table netdev filter {
    set blocklist {
        type ipv4_addr; flags interval;
        elements = { 203.0.113.192/26 }
    }
    chain ingress {
        type filter hook ingress device ps0 priority filter; policy accept;
        ip saddr @blocklist counter drop
    }
}
";

pub(in crate::scenario) static SCENARIO: Scenario = Scenario {
    id: "netdev-blocklist",
    title: "an nftables chain at the ingress of ps0 drops a blocklisted source: healthy",
    story: "\
A flood filter at the earliest place that nftables has: a chain at the ingress hook of ps0 drops a
source of a list, which goes on sending SYNs. A scanner that is not listed leaves stuck requests on
:443. All clients connect.",
    picture: "
  server 10.1.0.10 --- 10.1.0.1 ROUTER 10.9.0.1 --- clients
  ps0 ingress: drop of a list                       192.0.2.11   198.51.100.12
                                                    203.0.113.13 198.18.7.14
                                                    198.19.9.15   of :80
                                                    100.64.0-4.1-8,
  :80 and :443 healthy                              10.9.0.2      of :443

  SYN      client -> server   admitted
  SYN-ACK  server -> client   arrives
  ACK      client -> server   accepted

  blocklisted  203.0.113.200      dropped
  scanner      203.0.113.66, .67  of :443, silent",
    expect: Expectation::HEALTHY,
    needs_nft: true,
    machine_wide: false,
    stage: |lab| {
        let mut bench = Bench::new(lab, Family::V4, |server| server.nft(RULES))?;
        let connected = bench.visit(80)?;
        bench.crafted(80, STUCK, [ip("203.0.113.200")], |_| Script::silent())?;
        let scanned = bench.scan()?;
        Ok(bench.into_stage(connected.and(scanned)))
    },
};
