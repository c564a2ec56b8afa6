//! Of the way back to some IPv6 clients there is only the route type `unreachable`.

use super::ground_v6::FAR_NETWORKS;
use super::no_return_route_blackhole::EXPECT;
use super::no_return_route_blackhole_v6::without_return;
use crate::lab::net;
use crate::route::NewRoute;
use crate::scenario::Scenario;

pub(in crate::scenario) static SCENARIO: Scenario = Scenario {
    id: "no-return-route-unreachable-v6",
    title: "an IPv6 route of type unreachable covers networks of clients",
    story: "\
The server has the route `unreachable 2001:db8:a0::/44`, left over from a VPN that came down. SYNs
from there come in by the uplink, and the kernel finds no way back for the SYN-ACK: it drops them
without a request, and counts that in ListenDrops alone. Other clients connect.",
    picture: "
  server 2001:db8:1::10 --- fe80::1 ROUTER ---+--- 2001:db8:9::2     connects
  :80                                         |
                                              +--- 2001:db8:a1::11   refused
  default via fe80::1                         |    2001:db8:a2::12   refused
  unreachable 2001:db8:a0::/44                |    2001:db8:a3::13   refused
                                              +--- 2001:db8:a4::14   refused",
    expect: EXPECT,
    needs_nft: false,
    machine_wide: false,
    stage: |lab| {
        without_return(lab, |server| server.route(NewRoute::unreachable(net(FAR_NETWORKS))))
    },
};
