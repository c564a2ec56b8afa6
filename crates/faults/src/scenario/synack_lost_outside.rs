//! SYN-ACKs that leave the server by the right way and are lost at the next router.

use std::net::IpAddr;

use super::Scenario;
use super::routed::{self, service};
use crate::configure::mac;
use crate::expectation::Expectation;
use crate::lab::{ip, net};
use crate::running::{Condition, Stage};
use crate::traffic::{KernelClients, Server};

/// In networks that have nothing in common but the way that they come in by.
const CUT_OFF: [&str; 5] =
    ["192.0.2.11", "198.51.100.12", "203.0.113.13", "198.18.7.14", "198.19.9.15"];

/// Every SYN-ACK that comes from the server and goes to the outside.
const LOSE_SYN_ACKS: &str = "\
table inet lab {
    chain forward {
        type filter hook forward priority filter; policy accept;
        iifname r0 oifname r1 tcp flags & (syn | ack) == syn | ack counter drop
    }
}
";

pub(super) static SCENARIO: Scenario = Scenario {
    id: "synack-lost-outside",
    title: "the router loses every SYN-ACK; nothing is wrong with the server",
    story: "\
The server sends its SYN-ACKs to its gateway, the router that brought the SYNs, and the router drops
them: a wrong filter there. Clients of five networks repeat their SYNs to :80 and never see an
answer; nobody else uses :80. A client on the server's own wire connects to :8080.",
    picture: "
                       10.1.0.0/24
                       |
  server 10.1.0.10 ----+---- 10.1.0.1  ROUTER ------ clients
  :80 :8080            |               drops         192.0.2.11  198.51.100.12
                       |               SYN-ACKs      203.0.113.13  198.18.7.14
                       +---- client 10.1.0.20        198.19.9.15
                             to :8080             to :80

  SYN      client -> router -> server
  SYN-ACK  server -> router -> X",
    expect: Expectation::fault("synack-lost-outside", "path", &["likely", "confirmed"]),
    needs_nft: true,
    machine_wide: false,
    stage: |lab| {
        let hosts = routed::build(lab)?;
        hosts.router.nft(LOSE_SYN_ACKS)?;
        let near = lab.host("near")?;
        lab.attach(&hosts.inside, &near, "n0", mac(0x20), &[net("10.1.0.20/24")])?;
        let cut_off: Vec<IpAddr> = CUT_OFF.iter().map(|address| ip(address)).collect();
        for client in &cut_off {
            hosts.clients.address("c0", net(&format!("{client}/32")))?;
        }
        let app = Server::accepting(service(80)).start(&hosts.server)?;
        // Not to :80: a listener that completes handshakes is not cut off, only some clients are.
        let near_app = Server::accepting(service(8080)).start(&hosts.server)?;
        let near = KernelClients::new(service(8080), [ip("10.1.0.20")]).start(&near)?;
        let far = KernelClients::new(service(80), cut_off.clone()).start(&hosts.clients)?;
        let shows = Condition::stuck_peers(cut_off).and(Condition::completed(&near, 2));
        Ok(Stage { server: hosts.server, traffic: vec![near, far, app, near_app], shows })
    },
};
