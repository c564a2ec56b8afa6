//! Of the way back to some clients there is only the route type `prohibit`.

use super::ground::FAR_NETWORKS;
use super::no_return_route_blackhole::{EXPECT, without_return};
use crate::lab::net;
use crate::route::NewRoute;
use crate::scenario::Scenario;

pub(in crate::scenario) static SCENARIO: Scenario = Scenario {
    id: "no-return-route-prohibit",
    title: "a route of type prohibit covers networks of clients",
    story: "\
The server has the route `prohibit 198.18.0.0/15`, left over from a VPN that came down. SYNs from
there come in by the uplink, and the kernel finds no way back for the SYN-ACK: it drops them without
a request. Other clients connect.",
    picture: "
  server 10.1.0.10 --- 10.1.0.1 ROUTER 10.9.0.1 --- 10.9.0.2       connects
  :80                                               198.18.1.11    refused
                                                    198.18.2.12    refused
  default via 10.1.0.1                              198.19.3.13    refused
  prohibit 198.18.0.0/15                            198.19.4.14    refused",
    expect: EXPECT,
    needs_nft: false,
    machine_wide: false,
    stage: |lab| without_return(lab, |server| server.route(NewRoute::prohibit(net(FAR_NETWORKS)))),
};
