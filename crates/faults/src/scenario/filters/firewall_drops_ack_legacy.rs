//! A rule of `iptables-legacy`, which `nft` does not list, drops ACKs.

use super::bench::Bench;
use crate::bpf::Family;
use crate::expectation::Expectation;
use crate::netfilter::IpTables;
use crate::scenario::Scenario;

const RULES: &str = "\
*filter
:INPUT DROP [0:0]
:WEB - [0:0]
-A INPUT -i lo -j ACCEPT
-A INPUT -p icmp -j ACCEPT
-A INPUT -p tcp --dport 80 -j WEB
-A INPUT -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
-A INPUT -p tcp --dport 443 --syn -j ACCEPT
-A WEB -p tcp --syn -j ACCEPT
-A WEB -j DROP
COMMIT
";

pub(in crate::scenario) static SCENARIO: Scenario = Scenario {
    id: "firewall-drops-ack-legacy",
    title: "an iptables-legacy rule (x_tables) drops everything but SYNs to :80",
    story: "\
Rules of `iptables-legacy` live in x_tables, a place of their own: `nft list ruleset` shows nothing.
A chain of the web service accepts SYNs and drops all else, before the rule that accepts what is
established. :443 works.",
    picture: "
  server 10.1.0.10 --- 10.1.0.1 ROUTER 10.9.0.1 --- clients
  INPUT -> WEB: DROP                                192.0.2.11   198.51.100.12
                                                    203.0.113.13 198.18.7.14
                                                    198.19.9.15   of :80
                                                    100.64.0-4.1-8,
  :443 healthy                                      10.9.0.2      of :443

  SYN      client -> server   admitted
  SYN-ACK  server -> client   arrives
  ACK      client -> server   dropped by a rule",
    expect: Expectation::fault("firewall-drops-ack", "local", &["confirmed", "likely", "possible"]),
    needs_nft: false,
    machine_wide: false,
    stage: |lab| {
        let mut bench =
            Bench::new(lab, Family::V4, |server| server.iptables(IpTables::Legacy, RULES))?;
        bench.visit(80)?;
        let shows = bench.visitors_stuck();
        Ok(bench.into_stage(shows))
    },
};
