//! A host whose own connections have no route, and that serves its clients well: healthy.

use std::net::SocketAddr;
use std::time::Duration;

use super::ground::{FAR_NETWORKS, connect, far, give, serve};
use crate::expectation::Expectation;
use crate::lab::{ip, net};
use crate::route::NewRoute;
use crate::running::{Condition, Stage};
use crate::scenario::{Scenario, routed};
use crate::traffic::KernelClients;

pub(in crate::scenario) static SCENARIO: Scenario = Scenario {
    id: "own-connects-without-route",
    title: "the server's own connections have no route, its clients connect: healthy",
    story: "\
The server has no default route, only those to its clients. An agent on it keeps trying to reach
203.0.113.9, which it cannot, and each attempt counts in OutNoRoutes. No client lacks a way back:
every handshake completes.",
    picture: "
  server 10.1.0.10 --- 10.1.0.1 ROUTER 10.9.0.1 --- 10.9.0.2
  :80                                               198.18.1.11  198.18.2.12
                                                    198.19.3.13  198.19.4.14
  10.9.0.0/24   via 10.1.0.1
  198.18.0.0/15 via 10.1.0.1

  connect  server -> 203.0.113.9    network is unreachable",
    expect: Expectation::HEALTHY,
    needs_nft: false,
    machine_wide: false,
    stage: |lab| {
        let hosts = routed::build(lab)?;
        hosts.server.remove_route(NewRoute::default_via(ip("10.1.0.1")))?;
        for known in ["10.9.0.0/24", FAR_NETWORKS] {
            hosts.server.route(NewRoute::to(net(known)).via(ip("10.1.0.1")))?;
        }
        give(&hosts.clients, "c0", &far())?;
        let app = serve(&hosts.server, 80)?;
        let agent = KernelClients {
            every: Duration::from_millis(100),
            ..KernelClients::new(SocketAddr::new(ip("203.0.113.9"), 443), [ip("10.1.0.10")])
        };
        let agent = agent.start(&hosts.server)?;
        let clients = connect(&hosts.clients, &far(), "10.1.0.10", 80)?;
        let shows = Condition::counted(&hosts.server, ("Ip", "OutNoRoutes"), 10)
            .and(Condition::completed(&clients, 8));
        Ok(Stage { server: hosts.server, traffic: vec![agent, clients, app], shows })
    },
};
