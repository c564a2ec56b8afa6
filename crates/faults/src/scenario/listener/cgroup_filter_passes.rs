//! A BPF program on the cgroup of the listener that lets everything pass: healthy.

use std::time::Duration;

use super::bench::{Bench, CROWD, ROUND_TRIP};
use crate::expectation::Expectation;
use crate::running::Condition;
use crate::scenario::Scenario;
use crate::scenario::noise;
use crate::scenario::routed::service;
use crate::traffic::{CgroupServer, Dropped, Script, Server};

pub(in crate::scenario) static SCENARIO: Scenario = Scenario {
    id: "cgroup-filter-passes",
    title: "a BPF program on the listener's cgroup passes everything: healthy",
    story: "\
The application on :8082 runs in a cgroup with a BPF program (cgroup_skb, ingress) that drops
nothing, as container runtimes attach them. Clients complete 50 handshakes a second. Two addresses
send SYNs and never answer, so requests are stuck; the program has nothing to do with them.",
    picture: "
  server 10.1.0.10 --- 10.1.0.1 ROUTER 10.9.0.1 -+- clients
  :8082 cgroup with a BPF program                |  192.0.2.x, 50 a second
  :443  healthy                                  |  100.64.0-4.x, 10.9.0.2
                                                 +- scanner 203.0.113.66, .67",
    expect: Expectation::HEALTHY,
    needs_nft: false,
    machine_wide: false,
    stage: |lab| {
        let mut bench = Bench::new(lab)?;
        let server = Server::accepting(service(8082));
        let app = CgroupServer { server, drops: Dropped::Nothing };
        let app = app.start(&bench.hosts.server)?;
        let shows = Condition::completed(&app, 50).and(Condition::stuck_on_port(8082, 2));
        bench.keep(app);
        bench.peers(8082, CROWD, |_| {
            Script::completes(ROUND_TRIP).closing_after(Duration::from_millis(200))
        })?;
        let silent = noise::scanner(&bench.hosts.clients, service(8082))?;
        bench.keep(silent);
        Ok(bench.into_stage(shows))
    },
};
