//! A tunnel whose IPv6 route covers clients that come in by the uplink.

use super::ground::{connect, serve};
use super::ground_v6::{self, FAR_NETWORKS, SERVICE, far};
use crate::configure::{End, cable, mac};
use crate::expectation::Expectation;
use crate::lab::{ip, net};
use crate::netfilter::STATEFUL_FORWARDING;
use crate::route::NewRoute;
use crate::running::{Condition, Stage};
use crate::scenario::Scenario;

pub(in crate::scenario) static SCENARIO: Scenario = Scenario {
    id: "vpn-over-client-v6",
    title: "a tunnel's route 2001:db8:a0::/44 covers clients that come in by the uplink",
    story: "\
The server has a tunnel, pstun, to a site that uses 2001:db8:a0::/44. The clients there are not at
that site: they come in by the uplink ps0. Their SYN-ACKs go into the tunnel, whose far end tracks
connections, never saw the SYN, and drops them. A client of another network connects.",
    picture: "
               pstun fd00:200::2 ------ fd00:200::1  VPN GATEWAY - site
  server :80                            stateful
               ps0 2001:db8:1::10/64 -- fe80::1  ROUTER  2001:db8:9::1 ---+
                                                                          |
  default via fe80::1 dev ps0                 clients 2001:db8:a1::11 ----+
  2001:db8:a0::/44 via fd00:200::1 dev pstun          2001:db8:a2::12 ... |
                                              client  2001:db8:9::2 ------+
  SYN      client -> router -> ps0
  SYN-ACK  pstun -> VPN gateway -> X   dropped: no connection known",
    expect: Expectation::fault("overlapping-route", "path", &["likely", "confirmed"])
        .or(&["asymmetric-route"]),
    needs_nft: true,
    machine_wide: false,
    stage: |lab| {
        let hosts = ground_v6::routed(lab)?;
        let gateway = lab.router("vpn-gateway")?;
        cable(
            End { namespace: &hosts.server, device: "pstun", mac: mac(0x80) },
            End { namespace: &gateway, device: "tun0", mac: mac(0x81) },
        )?;
        hosts.server.address("pstun", net("fd00:200::2/64"))?;
        gateway.address("tun0", net("fd00:200::1/64"))?;
        let site = lab.segment("site")?;
        lab.attach(&site, &gateway, "site0", mac(0x82), &[net("2001:db8:a0::1/44")])?;
        gateway.nft(STATEFUL_FORWARDING)?;
        hosts.server.route(NewRoute::to(net(FAR_NETWORKS)).via(ip("fd00:200::1")))?;

        let app = serve(&hosts.server, 80)?;
        let covered = connect(&hosts.clients, &far(), SERVICE, 80)?;
        let other = connect(&hosts.clients, &[ip("2001:db8:9::2")], SERVICE, 80)?;
        let shows = Condition::stuck_peers(far()).and(Condition::completed(&other, 2));
        Ok(Stage { server: hosts.server, traffic: vec![covered, other, app], shows })
    },
};
