//! A gateway address that moves between two routers: healthy.

use std::time::Duration;

use super::ground::{connect, far, give, serve};
use crate::configure::mac;
use crate::expectation::Expectation;
use crate::lab::{ip, net};
use crate::route::NewRoute;
use crate::running::{Condition, Stage};
use crate::scenario::Scenario;
use crate::traffic::Failover;

pub(in crate::scenario) static SCENARIO: Scenario = Scenario {
    id: "gateway-failover",
    title: "the gateway address moves between two routers every 3 s: healthy",
    story: "\
Two routers back each other up: the gateway address 10.1.0.1 moves from one to the other and back,
far too often. Whoever has it asks for the server, so the server's entry for its gateway changes
between two MAC addresses, as if two hosts claimed it. But each router forwards what it gets, with
or without the address, and every handshake completes.",
    picture: "
                       10.1.0.0/24
                       |
  server 10.1.0.10 ----+---- 10.1.0.2  ROUTER a  10.9.0.1 --+- clients
  :80                  |     02:..:0a                       |  198.18.1.11 ...
                       +---- 10.1.0.3  ROUTER b  10.9.0.3 --+
                             02:..:0b
  10.1.0.1 is that of router a for 3 s, then that of router b for 3 s

  10.1.0.1 dev ps0 lladdr 02:..:0a, later 02:..:0b, and so on",
    expect: Expectation::HEALTHY,
    needs_nft: false,
    machine_wide: false,
    stage: |lab| {
        let wire = lab.segment("wire")?;
        let outside = lab.segment("outside")?;
        let server = lab.host("server")?;
        lab.attach(&wire, &server, "ps0", mac(0x10), &[net("10.1.0.10/24")])?;
        server.route(NewRoute::default_via(ip("10.1.0.1")))?;
        let routers = [
            ("router-a", 0x0a, "10.1.0.2/24", 0x1a, "10.9.0.1/24"),
            ("router-b", 0x0b, "10.1.0.3/24", 0x1b, "10.9.0.3/24"),
        ];
        let routers = routers.map(|(name, inner, near, outer, far)| {
            let router = lab.router(name)?;
            lab.attach(&wire, &router, "r0", mac(inner), &[net(near)])?;
            lab.attach(&outside, &router, "r1", mac(outer), &[net(far)])?;
            router.route(NewRoute::default_via(ip("10.9.0.2")))?;
            Ok((router, "r0".to_owned()))
        });
        let [first, second] = routers;
        let failover = Failover {
            address: net("10.1.0.1/24"),
            routers: [first?, second?],
            neighbour: ip("10.1.0.10"),
            every: Duration::from_secs(3),
        };
        let clients = lab.host("clients")?;
        lab.attach(&outside, &clients, "c0", mac(0x60), &[net("10.9.0.2/24")])?;
        clients.route(NewRoute::default_via(ip("10.9.0.1")))?;
        give(&clients, "c0", &far())?;

        let moves = failover.start()?;
        let app = serve(&server, 80)?;
        let clients = connect(&clients, &far(), "10.1.0.10", 80)?;
        let shows = Condition::completed(&moves, 1).and(Condition::completed(&clients, 8));
        Ok(Stage { server, traffic: vec![clients, moves, app], shows })
    },
};
