//! The reverse-path filter of the second uplink drops every SYN.

use super::ground::{self, connect, far, rp_filter, serve, uplinks};
use crate::error::Result;
use crate::expectation::Expectation;
use crate::lab::{Lab, ip};
use crate::route::NewRoute;
use crate::running::{Condition, Stage};
use crate::scenario::Scenario;

pub(in crate::scenario) static SCENARIO: Scenario = Scenario {
    id: "rp-filter-drop",
    title: "strict rp_filter on the second uplink, whose clients are routed by the first",
    story: "\
The server has two uplinks and one default route, by router a on ps0. ps1 has rp_filter 1. SYNs to
10.2.0.10 come in on ps1; a reply to those clients would leave by ps0, so the filter drops them
before TCP sees them. No request is ever made. Connections to 10.1.0.10 work.",
    picture: "
                  ps0 10.1.0.10 ---- 10.1.0.1  ROUTER a  10.9.0.1 ---+
  server :80                                                         |
                  ps1 10.2.0.10 ---- 10.2.0.1  ROUTER b  10.9.0.2 ---+
                  rp_filter 1                                        |
                                         clients 198.18.1.11  .2.12 -+
  default via 10.1.0.1 dev ps0                   198.19.3.13  .4.14
                                                 10.9.0.100

  to 10.2.0.10:  SYN  client -> b -> ps1   dropped by the reverse-path filter",
    expect: Expectation::fault("rp-filter-drop", "refused", &["likely", "confirmed"])
        .without_rows(),
    needs_nft: false,
    machine_wide: false,
    stage: |lab| dropped_on_ps1(lab, ("0", "1")),
};

/// The two uplinks with these values of `rp_filter`, of `all` and of ps1. It shows when packets
/// were dropped.
pub(super) fn dropped_on_ps1(lab: &mut Lab, (all, ps1): (&str, &str)) -> Result<Stage> {
    let hosts = uplinks(lab)?;
    hosts.server.route(NewRoute::default_via(ip("10.1.0.1")).device("ps0"))?;
    rp_filter(&hosts.server, "all", all)?;
    rp_filter(&hosts.server, "ps1", ps1)?;
    let app = serve(&hosts.server, 80)?;
    let steady = connect(&hosts.clients, &[ip("10.9.0.100")], "10.1.0.10", 80)?;
    let first = connect(&hosts.clients, &far(), "10.1.0.10", 80)?;
    let second = connect(&hosts.clients, &far(), "10.2.0.10", 80)?;
    let shows = Condition::counted(&hosts.server, ground::RP_FILTERED, 16)
        .and(Condition::completed(&first, 8));
    Ok(Stage { server: hosts.server, traffic: vec![steady, first, second, app], shows })
}
