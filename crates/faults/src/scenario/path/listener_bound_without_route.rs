//! A listener that is bound to a device on which there is no route to its clients.

use std::net::SocketAddr;

use super::ground::{connect, far, serve, uplinks};
use crate::expectation::Expectation;
use crate::lab::{ip, net};
use crate::route::NewRoute;
use crate::running::{Condition, Stage};
use crate::scenario::Scenario;
use crate::traffic::{ListenerOption, Server};

pub(in crate::scenario) static SCENARIO: Scenario = Scenario {
    id: "listener-bound-without-route",
    title: "the listener is bound to ps1, and the only route to its clients is by ps0",
    story: "\
The application on :8080 binds its listener to ps1 (SO_BINDTODEVICE). The SYN-ACKs have to leave by
that device, on which there is no route to the clients. The kernel then takes any client for a
neighbour there and asks for it by ARP; nobody answers, and each SYN-ACK is given up after 3 s.
Asked without the device, the kernel says that the reply leaves by ps0. The application on :80 is
not bound and works.",
    picture: "
                  ps0 10.1.0.10 ---- 10.1.0.1  ROUTER a  10.9.0.1 ---+
  server :80                                                         |
         :8080    ps1 10.2.0.10 ---- 10.2.0.1  ROUTER b  10.9.0.2 ---+
         (ps1)                                                       |
                                         clients 198.18.1.11  .2.12 -+
  default via 10.1.0.1 dev ps0                   198.19.3.13  .4.14

  SYN      client -> b -> ps1
  SYN-ACK  ps1: who has 198.18.1.11? ... no answer",
    expect: Expectation::fault("neighbour-unresolved", "path", &["likely", "confirmed"])
        .or(&["asymmetric-route"]),
    needs_nft: false,
    machine_wide: false,
    stage: |lab| {
        let hosts = uplinks(lab)?;
        hosts.server.route(NewRoute::default_via(ip("10.1.0.1")).device("ps0"))?;
        // The routers pass on what is for the other one's address.
        hosts.router_a.route(NewRoute::to(net("10.2.0.0/24")).via(ip("10.9.0.2")))?;
        let app = serve(&hosts.server, 80)?;
        let bound = Server::accepting(SocketAddr::new(ip("0.0.0.0"), 8080));
        let bound = bound.with(&[ListenerOption::BoundTo("ps1")]).start(&hosts.server)?;
        let first = connect(&hosts.clients, &far(), "10.1.0.10", 80)?;
        let second = connect(&hosts.clients, &far(), "10.2.0.10", 8080)?;
        let shows = Condition::stuck_peers(far()).and(Condition::completed(&first, 8));
        Ok(Stage { server: hosts.server, traffic: vec![first, second, bound, app], shows })
    },
};
