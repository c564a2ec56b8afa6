//! A rule drops the SYNs of some networks.

use super::bench::{Bench, visitors};
use crate::bpf::Family;
use crate::expectation::Expectation;
use crate::running::Condition;
use crate::scenario::Scenario;

const RULES: &str = "\
table inet filter {
    chain input {
        type filter hook input priority filter; policy accept;
        iif lo accept
        ip saddr { 192.0.2.0/24, 198.51.100.0/24, 203.0.113.0/24 } tcp dport 80 counter drop
        ct state established,related accept
        tcp dport { 80, 443 } counter accept
    }
}
";

pub(in crate::scenario) static SCENARIO: Scenario = Scenario {
    id: "firewall-drops-syn-of-some",
    title: "an nftables rule drops the SYNs to :80 from three of five networks",
    story: "\
A list of networks that was meant for something else stands in a rule of :80. Clients of three
networks repeat their SYNs and get no answer; those of two others connect to :80 all the time. No
request is made for the three. :443 works.",
    picture: "
  server 10.1.0.10 --- 10.1.0.1 ROUTER 10.9.0.1 --- clients
  input: drop of a list                             192.0.2.11   198.51.100.12
                                                    203.0.113.13 198.18.7.14
                                                    198.19.9.15   of :80
                                                    100.64.0-4.1-8,
  :443 healthy                                      10.9.0.2      of :443

  of 192.0.2.11, 198.51.100.12, 203.0.113.13:
  SYN      client -> server   dropped by a rule
  of 198.18.7.14, 198.19.9.15: connected",
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
        let visitors = visitors(Family::V4);
        let (hit, spared) = visitors.split_at(3);
        bench.serve(80)?;
        bench.connect(80, hit.to_vec())?;
        let connected = bench.connect(80, spared.to_vec())?;
        let dropped = Condition::undelivered(&bench.server, "Ip", 12);
        Ok(bench.into_stage(dropped.and(connected)))
    },
};
