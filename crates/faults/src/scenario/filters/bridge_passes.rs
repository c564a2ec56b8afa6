//! A bridge with rules of its own that are in nobody's way.

use super::bench::{Bench, visitors};
use crate::bpf::Family;
use crate::expectation::Expectation;
use crate::lab::ip;
use crate::scenario::Scenario;

/// Frames of strangers are dropped, and those of the server counted.
const RULES: &str = "\
table bridge guard {
    chain input {
        type filter hook input priority filter; policy accept;
        ip saddr 198.51.100.0/24 tcp dport 80 counter drop
        counter
    }
    chain output {
        type filter hook output priority filter; policy accept;
        tcp sport 25 counter drop
        counter
    }
}
";

pub(in crate::scenario) static SCENARIO: Scenario = Scenario {
    id: "bridge-passes",
    title: "the server is behind a bridge with rules, and all connect",
    story: "\
The address of the server is on the bridge br0, whose port its cable is. A table for the bridge
counts what passes and keeps mail of the server in and one network out, from which nobody comes.
Everybody connects.",
    picture: "
  server 10.1.0.10 --- 10.1.0.1 ROUTER 10.9.0.1 --- clients
  br0 (ps0): rules                                  192.0.2.11   203.0.113.13
                                                    198.18.7.14  198.19.9.15
                                                                  of :80
                                                    100.64.0-4.1-8,
                                                    10.9.0.2      of :443",
    expect: Expectation::HEALTHY,
    needs_nft: true,
    machine_wide: false,
    stage: |lab| {
        let mut bench = Bench::new(lab, Family::V4, |server| {
            server.behind_bridge("ps0", "br0")?;
            server.nft(RULES)
        })?;
        bench.serve(80)?;
        let welcome = visitors(Family::V4).into_iter().filter(|peer| *peer != ip("198.51.100.12"));
        let shows = bench.connect(80, welcome)?;
        Ok(bench.into_stage(shows))
    },
};
