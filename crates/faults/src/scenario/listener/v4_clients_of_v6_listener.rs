//! IPv4 clients of a listener on [::]: healthy.

use std::net::SocketAddr;

use super::bench::{Bench, kernel};
use crate::expectation::Expectation;
use crate::lab::ip;
use crate::running::Condition;
use crate::scenario::Scenario;
use crate::scenario::noise;
use crate::scenario::routed::service;
use crate::traffic::Server;

pub(in crate::scenario) static SCENARIO: Scenario = Scenario {
    id: "v4-clients-of-v6-listener",
    title: "IPv4 clients of a listener on [::]: healthy",
    story: "\
The application listens on [::]:80 and serves IPv4 clients as well. Their requests are shown only in
the tables of IPv6, with mapped addresses. Clients complete 300 handshakes a second at 50 ms of
round trip.",
    picture: "
  server 10.1.0.10 --- 10.1.0.1 ROUTER 10.9.0.1 --- clients
  [::]:80                                           100.64.0-4.x, 300 a second
                                                    10.9.0.2
  :443  healthy                                     100.64.0-4.x, 10.9.0.2",
    expect: Expectation::HEALTHY,
    needs_nft: false,
    machine_wide: false,
    stage: |lab| {
        let mut bench = Bench::new(lab)?;
        bench.serve(Server::accepting(SocketAddr::new(ip("::"), 80)))?;
        let crowd = noise::crowd(&bench.hosts.clients, service(80))?;
        let shows = Condition::completed(&crowd, 300);
        bench.keep(crowd);
        bench.kernel_clients(kernel(service(80)))?;
        Ok(bench.into_stage(shows))
    },
};
