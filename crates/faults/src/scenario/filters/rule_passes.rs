//! Rules of routing policy that reject what nobody of the clients gets: healthy.

use super::bench::Bench;
use crate::bpf::Family;
use crate::expectation::Expectation;
use crate::scenario::Scenario;

/// Networks that the server keeps away from, a port that it sends nothing from, and an address that
/// is not its own.
const RULES: &str = "\
rule add priority 400 to 172.16.0.0/12 prohibit
rule add priority 401 to 192.168.0.0/16 blackhole
rule add priority 402 ipproto tcp sport 25 unreachable
rule add priority 403 from 10.1.0.99 to 198.51.100.0/24 prohibit
";

pub(in crate::scenario) static SCENARIO: Scenario = Scenario {
    id: "rule-passes",
    title: "rules reject what the server sends to others, not to its clients: healthy",
    story: "\
Rules of the server reject packets to private networks, from the port of mail, and from an address
that it does not have. It keeps connecting to hosts in the private networks and gets errors. A scanner
leaves stuck requests on :443, which have nothing to do with it. All clients connect.",
    picture: "
  server 10.1.0.10 --- 10.1.0.1 ROUTER 10.9.0.1 --- clients
  ip rule: prohibit, blackhole                      192.0.2.11   198.51.100.12
           for others                               203.0.113.13 198.18.7.14
                                                    198.19.9.15   of :80
                                                    100.64.0-4.1-8,
  :80 and :443 healthy                              10.9.0.2      of :443

  connect  server -> 172.16.0.9, 192.168.0.9   rejected by a rule

  scanner  203.0.113.66, .67  of :443, silent",
    expect: Expectation::HEALTHY,
    needs_nft: false,
    machine_wide: false,
    stage: |lab| {
        let mut bench = Bench::new(lab, Family::V4, |server| server.ip(RULES))?;
        let connected = bench.visit(80)?;
        bench.reach_out(&["172.16.0.9", "192.168.0.9"])?;
        let scanned = bench.scan()?;
        Ok(bench.into_stage(connected.and(scanned)))
    },
};
