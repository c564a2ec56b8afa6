//! A missing route and a reverse-path filter, each with victims of its own.

use std::net::IpAddr;

use super::ground::{connect, far, give, rp_filter, serve, uplinks};
use crate::expectation::Expectation;
use crate::lab::{ip, net};
use crate::netfilter::STATEFUL_FORWARDING;
use crate::route::NewRoute;
use crate::running::{Condition, Stage};
use crate::scenario::Scenario;

/// The partner sends all but SYNs by router a.
const SPLIT: &str = "\
table ip lab {
    chain output {
        type route hook output priority mangle; policy accept;
        ip saddr 203.0.113.0/24 tcp flags & (syn | ack) == ack meta mark set 1
    }
}
";

/// Routing table of the clients for what is marked.
const TABLE: u32 = 101;

fn partner() -> Vec<IpAddr> {
    (11..=14).map(|last| IpAddr::from([203, 0, 113, last])).collect()
}

pub(in crate::scenario) static SCENARIO: Scenario = Scenario {
    id: "rp-filter-and-wrong-route",
    title: "replies by the wrong uplink for some clients, ACKs dropped by rp_filter for others",
    story: "\
Two faults at once. Replies from 10.2.0.10 to most clients leave by the default route on ps0, where
router a tracks connections, never saw the SYN, and drops them. For the partner network
203.0.113.0/24 there is a route back by router b, so its SYN-ACKs arrive; but the partner sends its
ACKs by router a to ps0, whose strict rp_filter drops them. Connections to 10.1.0.10 work.",
    picture: "
                  ps0 10.1.0.10 ---- 10.1.0.1  ROUTER a  10.9.0.1 ---+
  server :80      rp_filter 1        stateful                        |
                  ps1 10.2.0.10 ---- 10.2.0.1  ROUTER b  10.9.0.2 ---+
                                                                     |
  default via 10.1.0.1 dev ps0           clients 198.18.1.11  .2.12 -+
  203.0.113.0/24 via 10.2.0.1 dev ps1            198.19.3.13  .4.14
                                         partner 203.0.113.11-14

  clients:  SYN -> ps1   SYN-ACK ps0 -> a -> X
  partner:  SYN -> ps1   SYN-ACK ps1 -> b -> partner   ACK -> a -> ps0 dropped",
    expect: Expectation::fault("asymmetric-route", "path", &["likely", "confirmed"])
        .and(&[("rp-filter-drop", "local")]),
    needs_nft: true,
    machine_wide: false,
    stage: |lab| {
        let hosts = uplinks(lab)?;
        hosts.server.route(NewRoute::default_via(ip("10.1.0.1")).device("ps0"))?;
        hosts.server.route(NewRoute::to(net("203.0.113.0/24")).via(ip("10.2.0.1")))?;
        rp_filter(&hosts.server, "ps0", "1")?;
        hosts.router_a.nft(STATEFUL_FORWARDING)?;
        hosts.router_a.route(NewRoute::to(net("10.2.0.10/32")).via(ip("10.1.0.10")))?;
        give(&hosts.clients, "c0", &partner())?;
        hosts.clients.route(NewRoute::default_via(ip("10.9.0.1")).table(TABLE))?;
        hosts.clients.rule_mark(1, TABLE, 1000)?;
        hosts.clients.nft(SPLIT)?;

        let app = serve(&hosts.server, 80)?;
        let first = connect(&hosts.clients, &far(), "10.1.0.10", 80)?;
        let second = connect(&hosts.clients, &far(), "10.2.0.10", 80)?;
        let split = connect(&hosts.clients, &partner(), "10.2.0.10", 80)?;
        let shows = Condition::stuck_peers(far().into_iter().chain(partner()))
            .and(Condition::completed(&first, 8));
        Ok(Stage { server: hosts.server, traffic: vec![first, second, split, app], shows })
    },
};
