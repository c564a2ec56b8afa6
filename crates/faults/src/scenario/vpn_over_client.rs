//! A tunnel whose route covers clients that come in by the uplink.

use std::net::IpAddr;

use super::Scenario;
use super::routed::{self, service};
use crate::configure::{End, cable, mac};
use crate::expectation::Expectation;
use crate::lab::{ip, net};
use crate::netfilter::STATEFUL_FORWARDING;
use crate::route::NewRoute;
use crate::running::{Condition, Stage};
use crate::traffic::{KernelClients, Server};

fn covered() -> impl Iterator<Item = IpAddr> {
    (101..=106).map(|last| IpAddr::from([10, 9, 0, last]))
}

pub(super) static SCENARIO: Scenario = Scenario {
    id: "vpn-over-client",
    title: "a tunnel's route 10.9.0.0/16 covers clients that come in by the uplink",
    story: "\
The server has a tunnel, pstun, to a site that uses 10.9.0.0/16. Clients 10.9.0.101-106 are not at
that site: they come in by the uplink ps0. Their SYN-ACKs go into the tunnel, whose far end tracks
connections, never saw the SYN, and drops them. A client of another network connects.",
    picture: "
                    pstun 10.200.0.2 ----- 10.200.0.1  VPN GATEWAY - site
  server :80                               stateful                  10.9/16
                    ps0 10.1.0.10/24 ----- 10.1.0.1  ROUTER  10.9.0.1 ---+
                                                                         |
  default via 10.1.0.1 dev ps0             clients 10.9.0.101-106 -------+
  10.9.0.0/16 via 10.200.0.1 dev pstun     client  192.0.2.11 -----------+

  SYN      client -> router -> ps0
  SYN-ACK  pstun -> VPN gateway -> X   dropped: no connection known",
    expect: Expectation::fault("overlapping-route", "path", &["likely", "confirmed"]),
    needs_nft: true,
    machine_wide: false,
    stage: |lab| {
        let hosts = routed::build(lab)?;
        let gateway = lab.router("vpn-gateway")?;
        cable(
            End { namespace: &hosts.server, device: "pstun", mac: mac(0x80) },
            End { namespace: &gateway, device: "tun0", mac: mac(0x81) },
        )?;
        hosts.server.address("pstun", net("10.200.0.2/24"))?;
        gateway.address("tun0", net("10.200.0.1/24"))?;
        let site = lab.segment("site")?;
        lab.attach(&site, &gateway, "site0", mac(0x82), &[net("10.9.0.1/16")])?;
        gateway.nft(STATEFUL_FORWARDING)?;
        hosts.server.route(NewRoute::to(net("10.9.0.0/16")).via(ip("10.200.0.1")))?;

        for client in covered() {
            hosts.clients.address("c0", net(&format!("{client}/24")))?;
        }
        hosts.clients.address("c0", net("192.0.2.11/32"))?;
        let app = Server::accepting(service(80)).start(&hosts.server)?;
        let far = KernelClients::new(service(80), covered()).start(&hosts.clients)?;
        let other = KernelClients::new(service(80), [ip("192.0.2.11")]).start(&hosts.clients)?;
        let shows = Condition::stuck_peers(covered()).and(Condition::completed(&other, 2));
        Ok(Stage { server: hosts.server, traffic: vec![far, other, app], shows })
    },
};
