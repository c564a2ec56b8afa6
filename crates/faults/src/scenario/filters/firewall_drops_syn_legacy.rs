//! A rule of `iptables-legacy` drops the SYNs to a port of a listener.

use super::bench::Bench;
use crate::bpf::Family;
use crate::expectation::Expectation;
use crate::netfilter::IpTables;
use crate::running::Condition;
use crate::scenario::Scenario;

const RULES: &str = "\
*filter
:INPUT ACCEPT [0:0]
-A INPUT -i lo -j ACCEPT
-A INPUT -p tcp --dport 443 -j ACCEPT
-A INPUT -p tcp --dport 80 -j DROP
COMMIT
";

pub(in crate::scenario) static SCENARIO: Scenario = Scenario {
    id: "firewall-drops-syn-legacy",
    title: "an iptables-legacy rule (x_tables) drops the SYNs to :80",
    story: "\
A server listens on :80, and a rule of the host, which `nft list ruleset` does not show, drops
everything to that port. No request is ever made. Clients of five networks repeat their SYNs. :443
works.",
    picture: "
  server 10.1.0.10 --- 10.1.0.1 ROUTER 10.9.0.1 --- clients
  INPUT: DROP                                       192.0.2.11   198.51.100.12
                                                    203.0.113.13 198.18.7.14
                                                    198.19.9.15   of :80
                                                    100.64.0-4.1-8,
  :443 healthy                                      10.9.0.2      of :443

  SYN      client -> server   dropped by a rule",
    expect: Expectation::fault(
        "firewall-drops-syn",
        "refused",
        &["confirmed", "likely", "possible"],
    )
    .by_rights()
    .without_rows(),
    needs_nft: false,
    machine_wide: false,
    stage: |lab| {
        let mut bench =
            Bench::new(lab, Family::V4, |server| server.iptables(IpTables::Legacy, RULES))?;
        bench.visit(80)?;
        let shows = Condition::undelivered(&bench.server, "Ip", 20);
        Ok(bench.into_stage(shows))
    },
};
