//! A balancer translates the destination for clients on the server's own wire.

use super::ground::{connect, connect_each, neighbours, serve};
use super::nat_direct_reply::balancer;
use crate::configure::mac;
use crate::expectation::Expectation;
use crate::lab::{ip, net};
use crate::route::NewRoute;
use crate::running::{Condition, Stage};
use crate::scenario::Scenario;

pub(in crate::scenario) static SCENARIO: Scenario = Scenario {
    id: "nat-hairpin",
    title: "neighbours call the service by a balancer, and the server answers them directly",
    story: "\
Clients on the server's own wire, 10.1.0.0/16, connect to the balancer 10.1.0.2, which translates
the destination to the server and leaves the source. For the server they are neighbours, so it
answers them directly. They get SYN-ACKs from 10.1.0.10, which they never called, and reset them;
each request ends at once. A client that calls the server itself connects.",
    picture: "
                       10.1.0.0/16
                       |
  server 10.1.0.10 ----+---- clients 10.1.20.20  10.1.21.21
  :80 :8080            |             10.1.22.22  10.1.23.23
                       +---- 10.1.0.2  BALANCER
                       |     dnat -> 10.1.0.10, no snat
                       +---- 10.1.0.1  ROUTER  10.9.0.1 --- 10.9.0.2 to :8080

  SYN      client -> balancer -> server   MAC of the balancer, TTL 63
  SYN-ACK  server -> client               from 10.1.0.10, not from 10.1.0.2
  RST      client -> server               the request ends",
    expect: Expectation::fault("peer-resets", "outside", &["likely", "confirmed", "possible"])
        // The requests end within a millisecond, so only frames show whose they were.
        .by_rights()
        .without_rows(),
    needs_nft: true,
    machine_wide: false,
    stage: |lab| {
        let wire = lab.segment("wire")?;
        let outside = lab.segment("outside")?;
        let server = lab.host("server")?;
        lab.attach(&wire, &server, "ps0", mac(0x10), &[net("10.1.0.10/16")])?;
        server.route(NewRoute::default_via(ip("10.1.0.1")))?;
        let router = lab.router("router")?;
        lab.attach(&wire, &router, "r0", mac(0x01), &[net("10.1.0.1/16")])?;
        lab.attach(&outside, &router, "r1", mac(0x51), &[net("10.9.0.1/24")])?;
        let clients = lab.host("clients")?;
        lab.attach(&outside, &clients, "c0", mac(0x60), &[net("10.9.0.2/24")])?;
        clients.route(NewRoute::default_via(ip("10.9.0.1")))?;
        balancer(lab, &wire, 16)?;
        let nets = ["10.1.20.20/16", "10.1.21.21/16", "10.1.22.22/16", "10.1.23.23/16"];
        let near = neighbours(lab, &wire, &nets)?;

        let apps = [serve(&server, 80)?, serve(&server, 8080)?];
        let direct = connect(&clients, &[ip("10.9.0.2")], "10.1.0.10", 8080)?;
        let shows = Condition::counted(&server, ("TcpExt", "EmbryonicRsts"), 8)
            .and(Condition::completed(&direct, 2));
        let mut traffic = connect_each(&near, "10.1.0.2", 80)?;
        traffic.push(direct);
        traffic.extend(apps);
        Ok(Stage { server, traffic, shows })
    },
};
