//! A blackhole route covers clients.

use super::ground::{FAR_NETWORKS, connect, far, give, serve};
use crate::error::Result;
use crate::expectation::Expectation;
use crate::lab::{Lab, ip, net};
use crate::namespace::Namespace;
use crate::route::NewRoute;
use crate::running::{Condition, Stage};
use crate::scenario::{Scenario, routed};

pub(in crate::scenario) static SCENARIO: Scenario = Scenario {
    id: "no-return-route-blackhole",
    title: "a blackhole route covers networks of clients",
    story: "\
During an attack somebody gave the server a blackhole route for 198.18.0.0/15 and never took it
away. SYNs from there come in by the uplink, and the kernel finds no way back for the SYN-ACK: it
drops them without a request. Other clients connect.",
    picture: "
  server 10.1.0.10 --- 10.1.0.1 ROUTER 10.9.0.1 --- 10.9.0.2       connects
  :80                                               198.18.1.11    refused
                                                    198.18.2.12    refused
  default via 10.1.0.1                              198.19.3.13    refused
  blackhole 198.18.0.0/15                           198.19.4.14    refused",
    expect: EXPECT,
    needs_nft: false,
    machine_wide: false,
    stage: |lab| without_return(lab, |server| server.route(NewRoute::blackhole(net(FAR_NETWORKS)))),
};

/// Right whenever there is no way back at all.
pub(super) const EXPECT: Expectation =
    Expectation::fault("no-return-route", "refused", &["likely", "confirmed"]).without_rows();

/// Clients of [`FAR_NETWORKS`] and one other behind one router; `prepare` takes the way back to the
/// former from the server. It shows when SYNs were dropped.
pub(super) fn without_return(
    lab: &mut Lab,
    prepare: impl FnOnce(&Namespace) -> Result<()>,
) -> Result<Stage> {
    let hosts = routed::build(lab)?;
    prepare(&hosts.server)?;
    give(&hosts.clients, "c0", &far())?;
    let app = serve(&hosts.server, 80)?;
    let other = connect(&hosts.clients, &[ip("10.9.0.2")], "10.1.0.10", 80)?;
    let refused = connect(&hosts.clients, &far(), "10.1.0.10", 80)?;
    let shows = Condition::counted(&hosts.server, ("TcpExt", "ListenDrops"), 16)
        .and(Condition::completed(&other, 2));
    Ok(Stage { server: hosts.server, traffic: vec![other, refused, app], shows })
}
