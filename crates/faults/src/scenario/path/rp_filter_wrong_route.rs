//! A missing route for the second uplink, hidden behind a strict reverse-path filter.

use super::ground::{self, connect, far, rp_filter, serve, uplinks};
use crate::expectation::Expectation;
use crate::lab::ip;
use crate::netfilter::STATEFUL_FORWARDING;
use crate::route::NewRoute;
use crate::running::{Condition, Stage};
use crate::scenario::Scenario;

pub(in crate::scenario) static SCENARIO: Scenario = Scenario {
    id: "rp-filter-wrong-route",
    title: "strict rp_filter drops the SYNs, and behind it the replies would leave the wrong way",
    story: "\
As rp-filter-drop, but router a tracks connections. Whoever only loosens the filter trades one fault
for the next: the SYNs would be admitted, and the SYN-ACKs leave by ps0 to router a, which never saw
the SYN and drops them. The one cure is a route back by router b for replies from 10.2.0.10.",
    picture: "
                  ps0 10.1.0.10 ---- 10.1.0.1  ROUTER a  10.9.0.1 ---+
  server :80                         stateful                        |
                  ps1 10.2.0.10 ---- 10.2.0.1  ROUTER b  10.9.0.2 ---+
  rp_filter 1 on all                                                 |
                                         clients 198.18.1.11  .2.12 -+
  default via 10.1.0.1 dev ps0                   198.19.3.13  .4.14

  to 10.2.0.10:  SYN  client -> b -> ps1   dropped by the reverse-path filter",
    expect: Expectation::fault("rp-filter-drop", "refused", &["likely", "confirmed"])
        .without_rows(),
    needs_nft: true,
    machine_wide: false,
    stage: |lab| {
        let hosts = uplinks(lab)?;
        hosts.server.route(NewRoute::default_via(ip("10.1.0.1")).device("ps0"))?;
        rp_filter(&hosts.server, "all", "1")?;
        hosts.router_a.nft(STATEFUL_FORWARDING)?;
        let app = serve(&hosts.server, 80)?;
        let first = connect(&hosts.clients, &far(), "10.1.0.10", 80)?;
        let second = connect(&hosts.clients, &far(), "10.2.0.10", 80)?;
        let shows = Condition::counted(&hosts.server, ground::RP_FILTERED, 16)
            .and(Condition::completed(&first, 8));
        Ok(Stage { server: hosts.server, traffic: vec![first, second, app], shows })
    },
};
