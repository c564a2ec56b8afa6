//! A scanner that sends three SYNs and goes on: healthy.

use std::time::Duration;

use super::bench::Bench;
use crate::expectation::Expectation;
use crate::lab::ip;
use crate::running::Condition;
use crate::scenario::Scenario;
use crate::scenario::routed::service;
use crate::traffic::{Pace, RawPeers, Script};

const SCANNER: &str = "203.0.113.66";
/// One a second.
const SCAN: Pace = Pace { every: Duration::from_secs(1), burst: 1 };

pub(in crate::scenario) static SCENARIO: Scenario = Scenario {
    id: "three-syns",
    title: "a scanner sent three SYNs to a server that others use: healthy",
    story: "\
One address sends three SYNs to :443 and never answers. Its three requests stay for a minute and are
the only ones that are stuck. Everybody else connects.",
    picture: "
  server 10.1.0.10 --- 10.1.0.1 ROUTER 10.9.0.1 -+- clients
  :443  healthy                                  |  100.64.0-4.x, 10.9.0.2
                                                 +- scanner 203.0.113.66",
    expect: Expectation::HEALTHY,
    needs_nft: false,
    machine_wide: false,
    stage: |lab| {
        let mut bench = Bench::new(lab)?;
        let scan = RawPeers::new(service(443), [ip(SCANNER)], SCAN, |_| Script::silent());
        let scan = scan.at_most(3).start(&bench.hosts.clients)?;
        bench.keep(scan);
        let shows = Condition::stuck_on_port(443, 3);
        Ok(bench.into_stage(shows))
    },
};
