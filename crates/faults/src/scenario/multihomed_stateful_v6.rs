//! A server with two IPv6 uplinks whose replies all leave by one of them.

use std::net::SocketAddr;

use super::Scenario;
use super::clients;
use crate::configure::mac;
use crate::expectation::Expectation;
use crate::lab::{ip, net};
use crate::netfilter::STATEFUL_FORWARDING;
use crate::route::NewRoute;
use crate::running::{Condition, Stage};
use crate::traffic::{KernelClients, Server};

pub(super) static SCENARIO: Scenario = Scenario {
    id: "multihomed-stateful-v6",
    title: "two IPv6 uplinks, one default route; the router on the way back is stateful",
    story: "\
The server has 2001:db8:1::10 on ps0 and 2001:db8:2::10 on ps1, and one default route, by router a
on ps0. Clients reach 2001:db8:2::10 through router b, but the SYN-ACK leaves by ps0 to router a,
which tracks connections, never saw the SYN, and drops it. Connections to 2001:db8:1::10 work.",
    picture: "
                  ps0 2001:db8:1::10 ---- 2001:db8:1::1  ROUTER a ---+
  server :80                              stateful                   |
                  ps1 2001:db8:2::10 ---- 2001:db8:2::1  ROUTER b ---+
                                                                     |
  default via 2001:db8:1::1 dev ps0     clients 2001:db8:9::101-104 -+

  to 2001:db8:2::10:  SYN  client -> b -> ps1    SYN-ACK  ps0 -> a -> X
  to 2001:db8:1::10:  SYN  client -> a -> ps0    SYN-ACK  ps0 -> a -> client",
    expect: Expectation::fault("asymmetric-route", "path", &["likely", "confirmed"]),
    needs_nft: true,
    machine_wide: false,
    stage: |lab| {
        let left = lab.segment("left")?;
        let right = lab.segment("right")?;
        let outside = lab.segment("outside")?;

        let server = lab.host("server")?;
        lab.attach(&left, &server, "ps0", mac(0x10), &[net("2001:db8:1::10/64")])?;
        lab.attach(&right, &server, "ps1", mac(0x11), &[net("2001:db8:2::10/64")])?;
        server.route(NewRoute::default_via(ip("2001:db8:1::1")).device("ps0"))?;

        let router_a = lab.router("router-a")?;
        lab.attach(&left, &router_a, "a0", mac(0x0a), &[net("2001:db8:1::1/64")])?;
        lab.attach(&outside, &router_a, "a1", mac(0x1a), &[net("2001:db8:9::1/64")])?;
        router_a.nft(STATEFUL_FORWARDING)?;

        let router_b = lab.router("router-b")?;
        lab.attach(&right, &router_b, "b0", mac(0x0b), &[net("2001:db8:2::1/64")])?;
        lab.attach(&outside, &router_b, "b1", mac(0x1b), &[net("2001:db8:9::2/64")])?;

        let addresses = [
            "2001:db8:9::101/64",
            "2001:db8:9::102/64",
            "2001:db8:9::103/64",
            "2001:db8:9::104/64",
        ];
        let clients = clients::on(lab, &outside, "clients", mac(0x60), &addresses)?;
        for (to, via) in [("2001:db8:1::", "2001:db8:9::1"), ("2001:db8:2::", "2001:db8:9::2")] {
            clients.host.route(NewRoute::to(net(&format!("{to}/64"))).via(ip(via)))?;
        }

        let app = Server::accepting(SocketAddr::new(ip("::"), 80)).start(&server)?;
        let connect = |to| {
            let target = SocketAddr::new(ip(to), 80);
            KernelClients::new(target, clients.sources.clone()).start(&clients.host)
        };
        let first = connect("2001:db8:1::10")?;
        let second = connect("2001:db8:2::10")?;
        let shows =
            Condition::stuck_peers(clients.sources.clone()).and(Condition::completed(&first, 8));
        Ok(Stage { server, traffic: vec![first, second, app], shows })
    },
};
