//! Clients ask for a port that the server redirects to another.

use super::bench::{Bench, visitors};
use crate::bpf::Family;
use crate::expectation::Expectation;
use crate::scenario::Scenario;

/// As an application without rights behind a well-known port.
const RULES: &str = "\
table ip nat {
    chain prerouting {
        type nat hook prerouting priority dstnat; policy accept;
        tcp dport 80 redirect to :8080
    }
}
";

pub(in crate::scenario) static SCENARIO: Scenario = Scenario {
    id: "redirected-port",
    title: "the server redirects :80 to :8080, and all connect",
    story: "\
A rule of the server redirects what comes to :80 to its own :8080, where an application without
rights listens. On the wire the handshakes are of :80, in the tables of the sockets of :8080.
Everybody connects.",
    picture: "
  server 10.1.0.10 --- 10.1.0.1 ROUTER 10.9.0.1 --- clients
  nat: :80 to :8080                                 192.0.2.11   198.51.100.12
                                                    203.0.113.13 198.18.7.14
                                                    198.19.9.15   of :80
                                                    100.64.0-4.1-8,
  :443 healthy                                      10.9.0.2      of :443

  SYN      client -> server :80 (:8080)   accepted",
    expect: Expectation::HEALTHY,
    needs_nft: true,
    machine_wide: false,
    stage: |lab| {
        let mut bench = Bench::new(lab, Family::V4, |server| server.nft(RULES))?;
        bench.serve(8080)?;
        let shows = bench.connect(80, visitors(Family::V4))?;
        Ok(bench.into_stage(shows))
    },
};
