//! An IPv6 blackhole route covers clients.

use super::ground::{connect, serve};
use super::ground_v6::{self, FAR_NETWORKS, SERVICE, far};
use super::no_return_route_blackhole::EXPECT;
use crate::error::Result;
use crate::lab::{Lab, ip, net};
use crate::namespace::Namespace;
use crate::route::NewRoute;
use crate::running::{Condition, Stage};
use crate::scenario::Scenario;

pub(in crate::scenario) static SCENARIO: Scenario = Scenario {
    id: "no-return-route-blackhole-v6",
    title: "an IPv6 blackhole route covers networks of clients",
    story: "\
During an attack somebody gave the server a blackhole route for 2001:db8:a0::/44 and never took it
away. SYNs from there come in by the uplink, and the kernel finds no way back for the SYN-ACK: it
drops them without a request, and counts that in ListenDrops alone. Other clients connect.",
    picture: "
  server 2001:db8:1::10 --- fe80::1 ROUTER ---+--- 2001:db8:9::2     connects
  :80                                         |
                                              +--- 2001:db8:a1::11   refused
  default via fe80::1                         |    2001:db8:a2::12   refused
  blackhole 2001:db8:a0::/44                  |    2001:db8:a3::13   refused
                                              +--- 2001:db8:a4::14   refused",
    expect: EXPECT,
    needs_nft: false,
    machine_wide: false,
    stage: |lab| without_return(lab, |server| server.route(NewRoute::blackhole(net(FAR_NETWORKS)))),
};

/// Clients of [`FAR_NETWORKS`] and one other behind one router; `prepare` takes the way back to the
/// former from the server. It shows when SYNs were dropped.
pub(super) fn without_return(
    lab: &mut Lab,
    prepare: impl FnOnce(&Namespace) -> Result<()>,
) -> Result<Stage> {
    let hosts = ground_v6::routed(lab)?;
    prepare(&hosts.server)?;
    let app = serve(&hosts.server, 80)?;
    let other = connect(&hosts.clients, &[ip("2001:db8:9::2")], SERVICE, 80)?;
    let refused = connect(&hosts.clients, &far(), SERVICE, 80)?;
    let shows = Condition::counted(&hosts.server, ("TcpExt", "ListenDrops"), 16)
        .and(Condition::completed(&other, 2));
    Ok(Stage { server: hosts.server, traffic: vec![other, refused, app], shows })
}
