//! A prefix that is too narrow, and a gateway that passes everything on: healthy.

use super::ground::{all_completed, connect, connect_each, far, give, neighbours, serve};
use crate::configure::mac;
use crate::expectation::Expectation;
use crate::lab::{ip, net};
use crate::route::NewRoute;
use crate::running::{Condition, Stage};
use crate::scenario::Scenario;

pub(in crate::scenario) static SCENARIO: Scenario = Scenario {
    id: "narrow-mask-tolerated",
    title: "netmask /25 instead of /24, and the gateway passes replies on: healthy",
    story: "\
The server was given 10.1.0.10/25 on a wire that is 10.1.0.0/24, as in narrow-mask. Neighbours
10.1.0.200-203 are answered by way of the gateway. That one tracks no connections: it passes the
SYN-ACKs on and sends redirects, after which the server knows better for a while. Every handshake
completes.",
    picture: "
                       10.1.0.0/24
                       |
  server 10.1.0.10 ----+---- 10.1.0.1  GATEWAY  10.9.0.1 --- clients
  :80   mask /25       |     sends redirects                 198.18.1.11 ...
                       +---- client  10.1.0.20        mask /24
                       +---- clients 10.1.0.200-203   mask /24

  SYN      client -> server
  SYN-ACK  server -> gateway -> client, later server -> client",
    expect: Expectation::HEALTHY,
    needs_nft: false,
    machine_wide: false,
    stage: |lab| {
        let wire = lab.segment("wire")?;
        let outside = lab.segment("outside")?;
        let server = lab.host("server")?;
        lab.attach(&wire, &server, "ps0", mac(0x10), &[net("10.1.0.10/25")])?;
        server.route(NewRoute::default_via(ip("10.1.0.1")))?;
        let gateway = lab.router("gateway")?;
        lab.attach(&wire, &gateway, "r0", mac(0x01), &[net("10.1.0.1/24")])?;
        lab.attach(&outside, &gateway, "r1", mac(0x51), &[net("10.9.0.1/24")])?;
        gateway.route(NewRoute::default_via(ip("10.9.0.2")))?;
        let clients = lab.host("clients")?;
        lab.attach(&outside, &clients, "c0", mac(0x60), &[net("10.9.0.2/24")])?;
        clients.route(NewRoute::default_via(ip("10.9.0.1")))?;
        give(&clients, "c0", &far())?;
        let nets =
            ["10.1.0.20/24", "10.1.0.200/24", "10.1.0.201/24", "10.1.0.202/24", "10.1.0.203/24"];
        let near = neighbours(lab, &wire, &nets)?;

        let app = serve(&server, 80)?;
        let mut traffic = connect_each(&near, "10.1.0.10", 80)?;
        traffic.push(connect(&clients, &far(), "10.1.0.10", 80)?);
        let shows = all_completed(Condition::nobody_stuck(), &traffic);
        traffic.push(app);
        Ok(Stage { server, traffic, shows })
    },
};
