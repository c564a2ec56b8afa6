//! A rule of `ip6tables-legacy` in mangle drops ACKs.

use super::bench::Bench;
use crate::bpf::Family;
use crate::expectation::Expectation;
use crate::netfilter::IpTables;
use crate::scenario::Scenario;

const RULES: &str = "\
*mangle
:PREROUTING ACCEPT [0:0]
-A PREROUTING -p tcp --dport 80 ! --syn -j DROP
COMMIT
*filter
:INPUT ACCEPT [0:0]
-A INPUT -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
COMMIT
";

pub(in crate::scenario) static SCENARIO: Scenario = Scenario {
    id: "firewall-drops-ack-legacy-v6",
    title: "an ip6tables-legacy rule in mangle PREROUTING drops everything but SYNs to :80",
    story: "\
The rule is in x_tables for IPv6, in the table mangle, where nobody looks for drops; it comes after
connection tracking. `nft list ruleset` and `iptables -L` show nothing. :443 works.",
    picture: "
  server 2001:db8:1::10 --- 2001:db8:1::1 ROUTER -- clients
  mangle PREROUTING: DROP                           2001:db8:a1::11, a2::12,
                                                    a3::13, a4::14,
                                                    a5::15        of :80
                                                    2001:db8:c0-c4::1-8,
  :443 healthy                                      2001:db8:9::2 of :443

  SYN      client -> server   admitted
  SYN-ACK  server -> client   arrives
  ACK      client -> server   dropped by a rule",
    expect: Expectation::fault("firewall-drops-ack", "local", &["confirmed", "likely", "possible"]),
    needs_nft: false,
    machine_wide: false,
    stage: |lab| {
        let mut bench =
            Bench::new(lab, Family::V6, |server| server.iptables(IpTables::LegacyV6, RULES))?;
        bench.visit(80)?;
        let shows = bench.visitors_stuck();
        Ok(bench.into_stage(shows))
    },
};
