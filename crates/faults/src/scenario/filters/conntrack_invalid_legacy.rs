//! The same in rules of `iptables-legacy`.

use super::bench::Bench;
use crate::bpf::Family;
use crate::expectation::Expectation;
use crate::netfilter::IpTables;
use crate::scenario::Scenario;

const RULES: &str = "\
*raw
:OUTPUT ACCEPT [0:0]
-A OUTPUT -p tcp --sport 80 -j CT --notrack
COMMIT
*filter
:INPUT DROP [0:0]
-A INPUT -i lo -j ACCEPT
-A INPUT -m conntrack --ctstate INVALID -j DROP
-A INPUT -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
-A INPUT -p icmp -j ACCEPT
-A INPUT -p tcp -m multiport --dports 80,443 -j ACCEPT
COMMIT
";

pub(in crate::scenario) static SCENARIO: Scenario = Scenario {
    id: "conntrack-invalid-legacy",
    title: "iptables-legacy: SYN-ACKs of :80 are not tracked, and what is INVALID is dropped",
    story: "\
As `conntrack-invalid-untracked`, in x_tables: `CT --notrack` in OUTPUT of raw, and a rule that
drops what connection tracking calls INVALID. `nft list ruleset` shows nothing. :443 works.",
    picture: "
  server 10.1.0.10 --- 10.1.0.1 ROUTER 10.9.0.1 --- clients
  raw OUTPUT: notrack                               192.0.2.11   198.51.100.12
  INPUT: INVALID DROP                               203.0.113.13 198.18.7.14
                                                    198.19.9.15   of :80
                                                    100.64.0-4.1-8,
  :443 healthy                                      10.9.0.2      of :443

  SYN      client -> server   admitted
  SYN-ACK  server -> client   arrives, untracked
  ACK      client -> server   invalid, dropped",
    expect: Expectation::fault("conntrack-invalid", "local", &["confirmed", "likely", "possible"]),
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
