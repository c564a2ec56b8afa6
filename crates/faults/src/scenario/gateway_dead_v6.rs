//! A dead default gateway in IPv6, while another router brings the SYNs.

use std::net::SocketAddr;

use super::Scenario;
use super::clients;
use crate::configure::mac;
use crate::expectation::Expectation;
use crate::lab::{ip, net};
use crate::route::NewRoute;
use crate::running::{Condition, Stage};
use crate::traffic::{KernelClients, Server};

pub(super) static SCENARIO: Scenario = Scenario {
    id: "gateway-dead-v6",
    title: "the IPv6 default gateway fe80::dead does not answer; another router brings the SYNs",
    story: "\
The static default route of the server goes by fe80::dead on ps0, which does not exist (any more).
SYNs of the clients 2001:db8:9::101-104 come by the router fe80::1. Each SYN-ACK waits for the MAC
address of the dead gateway. Unlike in IPv4 the requests live on for their full time, so they look
as if the SYN-ACKs were lost outside. A client on the server's own wire connects.",
    picture: "
                           2001:db8:1::/64
                           |
  server 2001:db8:1::10 ---+--- 2001:db8:1::1, fe80::1  ROUTER -- clients
  02:..:10                 |    02:..:01               2001:db8:9::101-104
                           |
                           +--- fe80::dead  (nobody)
                           |
                           +--- client 2001:db8:1::20

  default via fe80::dead dev ps0

  SYN      client -> router -> server
  SYN-ACK  server: who has fe80::dead? ... no answer   never sent",
    expect: Expectation::fault("neighbour-unresolved", "path", &["likely", "confirmed"]),
    needs_nft: false,
    machine_wide: false,
    stage: |lab| {
        let inside = lab.segment("inside")?;

        let server = lab.host("server")?;
        lab.attach(&inside, &server, "ps0", mac(0x10), &[net("2001:db8:1::10/64")])?;
        server.route(NewRoute::default_via(ip("fe80::dead")).device("ps0"))?;

        let router = lab.router("router")?;
        let addresses = [net("2001:db8:1::1/64"), net("fe80::1/64")];
        lab.attach(&inside, &router, "r0", mac(0x01), &addresses)?;
        let far = clients::behind_v6(lab, &router)?;
        let near = clients::on(lab, &inside, "near", mac(0x20), &["2001:db8:1::20/64"])?;

        let listen = SocketAddr::new(ip("2001:db8:1::10"), 80);
        let app = Server::accepting(listen).start(&server)?;
        let near = KernelClients::new(listen, near.sources).start(&near.host)?;
        let stuck = far.sources.clone();
        let far = KernelClients::new(listen, far.sources).start(&far.host)?;
        let shows = Condition::stuck_peers(stuck).and(Condition::completed(&near, 2));
        Ok(Stage { server, traffic: vec![near, far, app], shows })
    },
};
