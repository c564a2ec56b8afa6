//! A policy of IPsec blocks packets to some clients.

use super::bench::Bench;
use crate::bpf::Family;
use crate::expectation::Expectation;
use crate::running::Condition;
use crate::scenario::Scenario;

/// Networks of the clients of :80.
const NETWORKS: [&str; 5] =
    ["192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24", "198.18.0.0/16", "198.19.0.0/16"];

pub(in crate::scenario) static SCENARIO: Scenario = Scenario {
    id: "ipsec-forbids-reply",
    title: "a policy of IPsec blocks replies to the clients of :80",
    story: "\
A policy of the server blocks what would leave for five networks. TCP asks for the way back before
it answers a SYN, and the answer is no: SYNs are dropped without a row, ListenDrops and
OutNoRoutes count each. The routes are all there, and the look-up by hand names them. :443, whose
clients are elsewhere, works.",
    picture: "
  server 10.1.0.10 --- 10.1.0.1 ROUTER 10.9.0.1 --- clients
  IPsec policy: block                               192.0.2.11   198.51.100.12
                                                    203.0.113.13 198.18.7.14
                                                    198.19.9.15   of :80
                                                    100.64.0-4.1-8,
  no policy for those of :443                       10.9.0.2      of :443

  SYN      client -> server   dropped by TCP: no way back",
    expect: Expectation::fault("no-return-route", "refused", &["confirmed", "likely", "possible"])
        .without_rows(),
    needs_nft: false,
    machine_wide: false,
    stage: |lab| {
        let mut bench = Bench::new(lab, Family::V4, |server| {
            let policy = |network: &str| {
                format!("xfrm policy add src 10.1.0.10/32 dst {network} dir out action block\n")
            };
            server.ip(&NETWORKS.map(policy).concat())
        })?;
        bench.visit(80)?;
        let shows = Condition::counted(&bench.server, ("TcpExt", "ListenDrops"), 10);
        Ok(bench.into_stage(shows))
    },
};
