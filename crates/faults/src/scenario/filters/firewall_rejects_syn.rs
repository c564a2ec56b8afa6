//! The last rule of INPUT answers the SYNs to a port that nobody opened.

use super::bench::Bench;
use crate::bpf::Family;
use crate::expectation::Expectation;
use crate::running::Condition;
use crate::scenario::Scenario;

const RULES: &str = "\
table inet filter {
    chain input {
        type filter hook input priority filter; policy accept;
        iif lo accept
        ct state established,related counter accept
        ip protocol icmp accept
        tcp dport 443 ct state new counter accept
        counter reject with icmpx type admin-prohibited
    }
}
";

pub(in crate::scenario) static SCENARIO: Scenario = Scenario {
    id: "firewall-rejects-syn",
    title: "the last rule of INPUT rejects the SYNs to :80 (admin-prohibited)",
    story: "\
As `firewall-drops-syn`, with a firewall that says so: a rule at the end of INPUT answers what
nothing accepted with ICMP host administratively prohibited, as firewalld does. Clients of five
networks see `No route to host`. :443 works.",
    picture: "
  server 10.1.0.10 --- 10.1.0.1 ROUTER 10.9.0.1 --- clients
  input: reject at the end                          192.0.2.11   198.51.100.12
                                                    203.0.113.13 198.18.7.14
                                                    198.19.9.15   of :80
                                                    100.64.0-4.1-8,
  :443 healthy                                      10.9.0.2      of :443

  SYN      client -> server   rejected by a rule
  ICMP     server -> client   admin-prohibited",
    expect: Expectation::fault(
        "firewall-drops-syn",
        "refused",
        &["confirmed", "likely", "possible"],
    )
    .by_rights()
    .without_rows(),
    needs_nft: true,
    machine_wide: false,
    stage: |lab| {
        let mut bench = Bench::new(lab, Family::V4, |server| server.nft(RULES))?;
        bench.visit(80)?;
        let shows = Condition::undelivered(&bench.server, "Ip", 20);
        Ok(bench.into_stage(shows))
    },
};
