//! No route to some IPv6 clients at all.

use super::no_return_route_blackhole::EXPECT;
use super::no_return_route_blackhole_v6::without_return;
use crate::lab::{ip, net};
use crate::route::NewRoute;
use crate::scenario::Scenario;

pub(in crate::scenario) static SCENARIO: Scenario = Scenario {
    id: "no-return-route-missing-v6",
    title: "the server has no IPv6 default route, and no other to networks of clients",
    story: "\
The server lost its default route; the route to 2001:db8:9::/64 is left. SYNs of the clients in
2001:db8:a0::/44 come in by the uplink, and the kernel finds no way back for the SYN-ACK: it drops
them without a request. The client in 2001:db8:9::/64 connects.",
    picture: "
  server 2001:db8:1::10 --- fe80::1 ROUTER ---+--- 2001:db8:9::2     connects
  :80                                         |
                                              +--- 2001:db8:a1::11   refused
                                              |    2001:db8:a2::12   refused
  2001:db8:9::/64 via fe80::1                 |    2001:db8:a3::13   refused
                                              +--- 2001:db8:a4::14   refused",
    expect: EXPECT,
    needs_nft: false,
    machine_wide: false,
    stage: |lab| {
        without_return(lab, |server| {
            server.remove_route(NewRoute::default_via(ip("fe80::1")).device("ps0"))?;
            server.route(NewRoute::to(net("2001:db8:9::/64")).via(ip("fe80::1")).device("ps0"))
        })
    },
};
