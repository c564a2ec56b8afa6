//! Multipath TCP: healthy.

use super::bench::{Bench, kernel};
use crate::expectation::Expectation;
use crate::running::Condition;
use crate::scenario::routed::service;
use crate::scenario::{Scenario, noise};
use crate::traffic::{KernelClients, ListenerOption, Server};

pub(in crate::scenario) static SCENARIO: Scenario = Scenario {
    id: "multipath",
    title: "the listener speaks Multipath TCP, its clients do or do not: healthy",
    story: "\
The listener on :80 is a socket of Multipath TCP. Some clients ask for it, others come with
plain TCP, 300 a second at 50 ms of round trip. All of them connect.",
    picture: "
  server 10.1.0.10 --- 10.1.0.1 ROUTER 10.9.0.1 --- clients
  :80   MPTCP                                       10.9.0.2, MPTCP
                                                    100.64.0-4.x, 300 a second
  :443  healthy                                     100.64.0-4.x, 10.9.0.2",
    expect: Expectation::HEALTHY,
    needs_nft: false,
    machine_wide: false,
    stage: |lab| {
        let mut bench = Bench::new(lab)?;
        bench.serve(Server::accepting(service(80)).with(&[ListenerOption::Multipath]))?;
        bench.kernel_clients(KernelClients { multipath: true, ..kernel(service(80)) })?;
        let crowd = noise::crowd(&bench.hosts.clients, service(80))?;
        let shows = Condition::completed(&crowd, 300);
        bench.keep(crowd);
        Ok(bench.into_stage(shows))
    },
};
