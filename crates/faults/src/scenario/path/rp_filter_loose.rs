//! The two uplinks with a loose reverse-path filter: healthy.

use super::ground::{connect, far, rp_filter, serve, uplinks};
use crate::error::Result;
use crate::expectation::Expectation;
use crate::lab::{Lab, ip};
use crate::route::NewRoute;
use crate::running::{Condition, Stage};
use crate::scenario::Scenario;

pub(in crate::scenario) static SCENARIO: Scenario = Scenario {
    id: "rp-filter-loose",
    title: "two uplinks, all replies leave by one of them, rp_filter is loose: healthy",
    story: "\
The hosts of rp-filter-drop with rp_filter 2 on `all`: a source is all right when there is any route
back to it. SYNs to 10.2.0.10 come in on ps1, the SYN-ACKs leave by ps0, no router minds, and every
handshake completes.",
    picture: "
                  ps0 10.1.0.10 ---- 10.1.0.1  ROUTER a  10.9.0.1 ---+
  server :80                                                         |
                  ps1 10.2.0.10 ---- 10.2.0.1  ROUTER b  10.9.0.2 ---+
                                                                     |
  conf/all/rp_filter 2                   clients 198.18.1.11  .2.12 -+
  default via 10.1.0.1 dev ps0                   198.19.3.13  .4.14

  to 10.2.0.10:  SYN  client -> b -> ps1    SYN-ACK  ps0 -> a -> client",
    expect: Expectation::HEALTHY,
    needs_nft: false,
    machine_wide: false,
    stage: |lab| both_connect(lab, ("2", "0")),
};

/// The two uplinks with these values of `rp_filter`, of `all` and of ps1. It shows when clients
/// connected to both addresses.
pub(super) fn both_connect(lab: &mut Lab, (all, ps1): (&str, &str)) -> Result<Stage> {
    let hosts = uplinks(lab)?;
    hosts.server.route(NewRoute::default_via(ip("10.1.0.1")).device("ps0"))?;
    rp_filter(&hosts.server, "all", all)?;
    rp_filter(&hosts.server, "ps1", ps1)?;
    let app = serve(&hosts.server, 80)?;
    let first = connect(&hosts.clients, &far(), "10.1.0.10", 80)?;
    let second = connect(&hosts.clients, &far(), "10.2.0.10", 80)?;
    let shows = Condition::completed(&first, 8).and(Condition::completed(&second, 8));
    Ok(Stage { server: hosts.server, traffic: vec![first, second, app], shows })
}
