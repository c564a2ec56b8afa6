//! The reverse-path filter of the next hop drops replies that come from the wrong side.

use super::ground::{connect, far, rp_filter, serve, uplinks};
use crate::expectation::Expectation;
use crate::lab::{ip, net};
use crate::route::NewRoute;
use crate::running::{Condition, Stage};
use crate::scenario::Scenario;

pub(in crate::scenario) static SCENARIO: Scenario = Scenario {
    id: "next-hop-rp-filter",
    title: "two uplinks, one default route; the router on the way back has a strict rp_filter",
    story: "\
The server has two uplinks and one default route, by router a on ps0. Clients reach 10.2.0.10 by
router b, but the SYN-ACKs leave by ps0 to router a. For router a the network 10.2.0.0/24 is on its
other side, behind router b, so its strict reverse-path filter drops them. On the server nothing is
counted. Connections to 10.1.0.10 work.",
    picture: "
                  ps0 10.1.0.10 ---- 10.1.0.1  ROUTER a  10.9.0.1 ---+
  server :80                         rp_filter 1                     |
                  ps1 10.2.0.10 ---- 10.2.0.1  ROUTER b  10.9.0.2 ---+
                                                                     |
  default via 10.1.0.1 dev ps0           clients 198.18.1.11  .2.12 -+
                                                 198.19.3.13  .4.14

  to 10.2.0.10:  SYN  client -> b -> ps1    SYN-ACK  ps0 -> a -> X",
    expect: Expectation::fault("asymmetric-route", "path", &["likely", "confirmed"]),
    needs_nft: false,
    machine_wide: false,
    stage: |lab| {
        let hosts = uplinks(lab)?;
        hosts.server.route(NewRoute::default_via(ip("10.1.0.1")).device("ps0"))?;
        hosts.router_a.route(NewRoute::to(net("10.2.0.0/24")).via(ip("10.9.0.2")))?;
        rp_filter(&hosts.router_a, "a0", "1")?;
        let app = serve(&hosts.server, 80)?;
        let first = connect(&hosts.clients, &far(), "10.1.0.10", 80)?;
        let second = connect(&hosts.clients, &far(), "10.2.0.10", 80)?;
        let shows = Condition::stuck_peers(far()).and(Condition::completed(&first, 8));
        Ok(Stage { server: hosts.server, traffic: vec![first, second, app], shows })
    },
};
