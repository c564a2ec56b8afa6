//! A policy rule prohibits packets to some clients.

use super::bench::Bench;
use crate::bpf::Family;
use crate::expectation::Expectation;
use crate::running::Condition;
use crate::scenario::Scenario;

pub(in crate::scenario) static SCENARIO: Scenario = Scenario {
    id: "rule-forbids-reply",
    title: "rules of routing policy reject replies to the clients of :80",
    story: "\
Rules of the server reject what would leave for the networks of its clients of :80, before any
table is asked: some are prohibited, some swallowed. No route of any table rejects anything. TCP
drops the SYNs, as it has no way back. :443, whose clients are elsewhere, works.",
    picture: "
  server 10.1.0.10 --- 10.1.0.1 ROUTER 10.9.0.1 --- clients
  ip rule: prohibit, blackhole                      192.0.2.11   198.51.100.12
                                                    203.0.113.13 198.18.7.14
                                                    198.19.9.15   of :80
                                                    100.64.0-4.1-8,
  no rule for those of :443                         10.9.0.2      of :443

  SYN      client -> server   dropped by TCP: no way back",
    expect: Expectation::fault("no-return-route", "refused", &["confirmed", "likely", "possible"])
        .without_rows(),
    needs_nft: false,
    machine_wide: false,
    stage: |lab| {
        let mut bench = Bench::new(lab, Family::V4, |server| {
            server.ip("rule add priority 400 to 192.0.2.0/24 prohibit\n\
                 rule add priority 401 to 198.51.100.0/24 blackhole\n\
                 rule add priority 402 to 203.0.113.0/24 unreachable\n\
                 rule add priority 403 to 198.18.0.0/15 prohibit\n")
        })?;
        bench.visit(80)?;
        let shows = Condition::counted(&bench.server, ("TcpExt", "ListenDrops"), 10);
        Ok(bench.into_stage(shows))
    },
};
