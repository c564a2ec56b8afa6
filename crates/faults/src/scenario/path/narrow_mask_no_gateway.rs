//! A prefix so narrow that the gateway is outside of it.

use super::ground::{all_completed, connect, connect_each, far, give, neighbours, serve};
use crate::configure::mac;
use crate::expectation::Expectation;
use crate::lab::{ip, net};
use crate::route::NewRoute;
use crate::running::{Condition, Stage};
use crate::scenario::Scenario;

pub(in crate::scenario) static SCENARIO: Scenario = Scenario {
    id: "narrow-mask-no-gateway",
    title: "netmask /28 instead of /24; the gateway is outside, so there is no default route",
    story: "\
The server was given 10.1.0.10/28 on a wire that is 10.1.0.0/24. The gateway 10.1.0.254 is outside
of that prefix, so the kernel refused the default route (`Nexthop has invalid gateway`). SYNs of
clients behind the gateway and of neighbours in the rest of the wire come in and are dropped: there
is no way back. That gateway and neighbours asked for the server by ARP is in its neighbour table. A
neighbour inside the /28 connects.",
    picture: "
                       10.1.0.0/24
                       |
  server 10.1.0.10 ----+---- 10.1.0.254  ROUTER  10.9.0.1 --- clients
  :80   mask /28       |                                      198.18.1.11 ...
                       +---- client 10.1.0.5      connects
                       +---- client 10.1.0.200    refused

  10.1.0.0/28 dev ps0      and no other route",
    expect: Expectation::fault("no-return-route", "refused", &["likely", "confirmed"])
        .or(&["bad-netmask"])
        .without_rows(),
    needs_nft: false,
    machine_wide: false,
    stage: |lab| {
        let wire = lab.segment("wire")?;
        let outside = lab.segment("outside")?;
        let server = lab.host("server")?;
        lab.attach(&wire, &server, "ps0", mac(0x10), &[net("10.1.0.10/28")])?;
        let router = lab.router("router")?;
        lab.attach(&wire, &router, "r0", mac(0x01), &[net("10.1.0.254/24")])?;
        lab.attach(&outside, &router, "r1", mac(0x51), &[net("10.9.0.1/24")])?;
        router.route(NewRoute::default_via(ip("10.9.0.2")))?;
        let clients = lab.host("clients")?;
        lab.attach(&outside, &clients, "c0", mac(0x60), &[net("10.9.0.2/24")])?;
        clients.route(NewRoute::default_via(ip("10.9.0.1")))?;
        give(&clients, "c0", &far())?;
        let inside = neighbours(lab, &wire, &["10.1.0.5/24"])?;
        let beyond = neighbours(lab, &wire, &["10.1.0.200/24"])?;

        let app = serve(&server, 80)?;
        let mut traffic = connect_each(&inside, "10.1.0.10", 80)?;
        let refused = Condition::counted(&server, ("TcpExt", "ListenDrops"), 16);
        let shows = all_completed(refused, &traffic);
        traffic.extend(connect_each(&beyond, "10.1.0.10", 80)?);
        traffic.push(connect(&clients, &far(), "10.1.0.10", 80)?);
        traffic.push(app);
        Ok(Stage { server, traffic, shows })
    },
};
