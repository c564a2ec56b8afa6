//! A server with two uplinks whose replies all leave by one of them.

use std::net::{IpAddr, SocketAddr};

use super::Scenario;
use crate::configure::mac;
use crate::error::Result;
use crate::expectation::Expectation;
use crate::lab::{Lab, ip, net};
use crate::namespace::Namespace;
use crate::netfilter::STATEFUL_FORWARDING;
use crate::route::NewRoute;
use crate::running::{Condition, Stage};
use crate::traffic::{KernelClients, Server, Traffic};

pub(super) static SCENARIO: Scenario = Scenario {
    id: "multihomed-stateful",
    title: "two uplinks, one default route; the router on the way back is stateful",
    story: "\
The server has 10.1.0.10 on ps0 and 10.2.0.10 on ps1, and one default route, by router a on ps0.
Clients reach 10.2.0.10 through router b, but the SYN-ACK leaves by ps0 to router a, which tracks
connections, never saw the SYN, and drops it. Connections to 10.1.0.10 work.",
    picture: "
                  ps0 10.1.0.10 ---- 10.1.0.1  ROUTER a  10.9.0.1 ---+
  server :80                         stateful                        |
                  ps1 10.2.0.10 ---- 10.2.0.1  ROUTER b  10.9.0.2 ---+
                                                                     |
  default via 10.1.0.1 dev ps0              clients 10.9.0.101-104 --+

  to 10.2.0.10:  SYN  client -> b -> ps1    SYN-ACK  ps0 -> a -> X
  to 10.1.0.10:  SYN  client -> a -> ps0    SYN-ACK  ps0 -> a -> client",
    expect: Expectation::fault("asymmetric-route", "path", &["likely", "confirmed"]),
    needs_nft: true,
    machine_wide: false,
    stage: |lab| {
        let built = build(lab, by_router_a(), |_, router_a| router_a.nft(STATEFUL_FORWARDING))?;
        let shows = Condition::stuck_peers(clients()).and(Condition::completed(&built.first, 8));
        Ok(built.into_stage(shows))
    },
};

/// The multi-homed server with its traffic.
pub(super) struct Built {
    server: Namespace,
    /// 10.9.0.101-104 on c0, which is on the outer wire of both routers.
    pub(super) clients: Namespace,
    app: Traffic,
    /// Connections to the address of the uplink that has the default route.
    pub(super) first: Traffic,
    /// Connections to the address of the other uplink.
    pub(super) second: Traffic,
}

impl Built {
    pub(super) fn into_stage(self, shows: Condition) -> Stage {
        Stage { server: self.server, traffic: vec![self.first, self.second, self.app], shows }
    }
}

pub(super) fn clients() -> impl Iterator<Item = IpAddr> {
    (101..=104).map(|last| IpAddr::from([10, 9, 0, last]))
}

/// The one default route of a server that has not thought of its second uplink.
pub(super) fn by_router_a() -> NewRoute {
    NewRoute::default_via(ip("10.1.0.1")).device("ps0")
}

/// Builds the hosts; `prepare` gets the server and router a before the first client connects.
pub(super) fn build(
    lab: &mut Lab,
    default_route: NewRoute,
    prepare: impl FnOnce(&Namespace, &Namespace) -> Result<()>,
) -> Result<Built> {
    let left = lab.segment("left")?;
    let right = lab.segment("right")?;
    let outside = lab.segment("outside")?;

    let server = lab.host("server")?;
    lab.attach(&left, &server, "ps0", mac(0x10), &[net("10.1.0.10/24")])?;
    lab.attach(&right, &server, "ps1", mac(0x11), &[net("10.2.0.10/24")])?;
    server.route(default_route)?;

    let router_a = lab.router("router-a")?;
    lab.attach(&left, &router_a, "a0", mac(0x0a), &[net("10.1.0.1/24")])?;
    lab.attach(&outside, &router_a, "a1", mac(0x1a), &[net("10.9.0.1/24")])?;

    let router_b = lab.router("router-b")?;
    lab.attach(&right, &router_b, "b0", mac(0x0b), &[net("10.2.0.1/24")])?;
    lab.attach(&outside, &router_b, "b1", mac(0x1b), &[net("10.9.0.2/24")])?;

    let outsiders = lab.host("clients")?;
    lab.plug(&outside, &outsiders, "c0", mac(0x60))?;
    for client in clients() {
        outsiders.address("c0", net(&format!("{client}/24")))?;
    }
    outsiders.route(NewRoute::to(net("10.1.0.0/24")).via(ip("10.9.0.1")))?;
    outsiders.route(NewRoute::to(net("10.2.0.0/24")).via(ip("10.9.0.2")))?;

    prepare(&server, &router_a)?;

    let app = Server::accepting("0.0.0.0:80".parse().expect("a valid address")).start(&server)?;
    let first = SocketAddr::new(ip("10.1.0.10"), 80);
    let first = KernelClients::new(first, clients()).start(&outsiders)?;
    let second = SocketAddr::new(ip("10.2.0.10"), 80);
    let second = KernelClients::new(second, clients()).start(&outsiders)?;
    Ok(Built { server, clients: outsiders, app, first, second })
}
