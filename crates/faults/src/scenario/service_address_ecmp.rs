//! A service address on the loopback, and a default route over two uplinks.

use std::net::{IpAddr, SocketAddr};

use super::Scenario;
use crate::configure::mac;
use crate::expectation::Expectation;
use crate::lab::{ip, net};
use crate::netfilter::STATEFUL_FORWARDING;
use crate::route::NewRoute;
use crate::running::{Condition, Stage};
use crate::traffic::{KernelClients, Server};

/// Of four networks, and so many that the hash hardly ever sends all but one by the same uplink:
/// once in 2,000 runs.
fn clients() -> impl Iterator<Item = IpAddr> {
    (0..16).map(|n| IpAddr::from([10, 9, n % 4, 101 + n / 4]))
}

pub(super) static SCENARIO: Scenario = Scenario {
    id: "service-address-ecmp",
    title: "a service address on lo, two uplinks that share the replies, both routers stateful",
    story: "\
Clients reach the service address 10.5.0.10, which is on the server's loopback, through router a.
The default route of the server goes over both routers with equal weight, and a hash of the
addresses decides by which one a reply leaves. Replies that leave to router b are dropped there: it
tracks connections and never saw the SYN. So about half of the clients connect, always the same.",
    picture: "
  lo 10.5.0.10/32
                  ps0 10.1.0.10 ---- 10.1.0.1  ROUTER a  10.9.0.1 ---+
  server :80                         stateful                        |
                  ps1 10.2.0.10 ---- 10.2.0.1  ROUTER b  10.9.0.2 ---+
                                     stateful                        |
  default nexthop via 10.1.0.1 dev ps0      clients 10.9.0-3.101-104 +
          nexthop via 10.2.0.1 dev ps1

  SYN      client -> a -> ps0
  SYN-ACK  ps0 -> a -> client    or, by hash,    ps1 -> b -> X",
    expect: Expectation::fault("asymmetric-route", "path", &["likely", "confirmed"])
        .or(&["synack-lost-outside"]),
    needs_nft: true,
    machine_wide: false,
    stage: |lab| {
        let left = lab.segment("left")?;
        let right = lab.segment("right")?;
        let outside = lab.segment("outside")?;

        let server = lab.host("server")?;
        lab.attach(&left, &server, "ps0", mac(0x10), &[net("10.1.0.10/24")])?;
        lab.attach(&right, &server, "ps1", mac(0x11), &[net("10.2.0.10/24")])?;
        server.address("lo", net("10.5.0.10/32"))?;
        server
            .route(NewRoute::default_over(&[(ip("10.1.0.1"), "ps0"), (ip("10.2.0.1"), "ps1")]))?;

        let router_a = lab.router("router-a")?;
        lab.attach(&left, &router_a, "a0", mac(0x0a), &[net("10.1.0.1/24")])?;
        lab.attach(&outside, &router_a, "a1", mac(0x1a), &[net("10.9.0.1/16")])?;
        router_a.route(NewRoute::to(net("10.5.0.10/32")).via(ip("10.1.0.10")))?;
        router_a.nft(STATEFUL_FORWARDING)?;

        let router_b = lab.router("router-b")?;
        lab.attach(&right, &router_b, "b0", mac(0x0b), &[net("10.2.0.1/24")])?;
        lab.attach(&outside, &router_b, "b1", mac(0x1b), &[net("10.9.0.2/16")])?;
        router_b.route(NewRoute::to(net("10.5.0.10/32")).via(ip("10.2.0.10")))?;
        router_b.nft(STATEFUL_FORWARDING)?;

        let outsiders = lab.host("clients")?;
        lab.plug(&outside, &outsiders, "c0", mac(0x60))?;
        for client in clients() {
            outsiders.address("c0", net(&format!("{client}/16")))?;
        }
        outsiders.route(NewRoute::to(net("10.5.0.10/32")).via(ip("10.9.0.1")))?;

        let listen = SocketAddr::new(ip("10.5.0.10"), 80);
        let app = Server::accepting(listen).start(&server)?;
        let traffic = KernelClients::new(listen, clients()).start(&outsiders)?;
        // Two clients at least on either side.
        let shows = Condition::stuck_on_port(80, 4).and(Condition::completed(&traffic, 4));
        Ok(Stage { server, traffic: vec![traffic, app], shows })
    },
};
