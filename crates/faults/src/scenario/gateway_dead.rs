//! A default gateway that does not exist, while another router brings the SYNs.

use std::net::IpAddr;

use super::Scenario;
use super::routed::{self, service};
use crate::configure::mac;
use crate::expectation::Expectation;
use crate::lab::{ip, net};
use crate::running::{Condition, Stage};
use crate::traffic::{KernelClients, Server};

fn far_clients() -> impl Iterator<Item = IpAddr> {
    (101..=106).map(|last| IpAddr::from([10, 9, 0, last]))
}

pub(super) static SCENARIO: Scenario = Scenario {
    id: "gateway-dead",
    title: "the default gateway does not answer ARP; another router brings the SYNs",
    story: "\
The default route of the server goes by 10.1.0.254, which does not exist (any more). SYNs of the
clients 10.9.0.101-106 come by the router 10.1.0.1. Each SYN-ACK waits for the MAC address of the
dead gateway and is given up after 3 s. A client on the server's own wire connects.",
    picture: "
                       10.1.0.0/24
                       |
  server 10.1.0.10 ----+---- 10.1.0.1  ROUTER  10.9.0.1 --- 10.9.0.101-106
  02:..:10             |     02:..:01                       clients
                       |
                       +---- 10.1.0.254  (nobody)
                       |
                       +---- client 10.1.0.20

  default via 10.1.0.254 dev ps0

  SYN      client -> router -> server
  SYN-ACK  server: who has 10.1.0.254? ... no answer   never sent",
    expect: Expectation::fault("neighbour-unresolved", "path", &["likely", "confirmed"]),
    needs_nft: false,
    machine_wide: false,
    stage: |lab| {
        let hosts = routed::build_via(lab, "10.1.0.254")?;
        let near = lab.host("near")?;
        lab.attach(&hosts.inside, &near, "n0", mac(0x20), &[net("10.1.0.20/24")])?;
        for client in far_clients() {
            hosts.clients.address("c0", net(&format!("{client}/24")))?;
        }
        let app = Server::accepting(service(80)).start(&hosts.server)?;
        let near = KernelClients::new(service(80), [ip("10.1.0.20")]).start(&near)?;
        let far = KernelClients::new(service(80), far_clients()).start(&hosts.clients)?;
        let shows = Condition::stuck_peers(far_clients()).and(Condition::completed(&near, 2));
        Ok(Stage { server: hosts.server, traffic: vec![near, far, app], shows })
    },
};
