//! No route to some clients at all.

use super::no_return_route_blackhole::{EXPECT, without_return};
use crate::lab::{ip, net};
use crate::route::NewRoute;
use crate::scenario::Scenario;

pub(in crate::scenario) static SCENARIO: Scenario = Scenario {
    id: "no-return-route-missing",
    title: "the server has no default route, and no other to networks of clients",
    story: "\
The server lost its default route; the route to 10.9.0.0/24 is left. SYNs of the clients in
198.18.0.0/15 come in by the uplink, and the kernel finds no way back for the SYN-ACK: it drops them
without a request. The client in 10.9.0.0/24 connects.",
    picture: "
  server 10.1.0.10 --- 10.1.0.1 ROUTER 10.9.0.1 --- 10.9.0.2       connects
  :80                                               198.18.1.11    refused
                                                    198.18.2.12    refused
  10.9.0.0/24 via 10.1.0.1                          198.19.3.13    refused
                                                    198.19.4.14    refused",
    expect: EXPECT,
    needs_nft: false,
    machine_wide: false,
    stage: |lab| {
        without_return(lab, |server| {
            server.remove_route(NewRoute::default_via(ip("10.1.0.1")))?;
            server.route(NewRoute::to(net("10.9.0.0/24")).via(ip("10.1.0.1")))
        })
    },
};
