//! Two subnets on one device: healthy.

use super::{Scenario, clients};
use crate::configure::mac;
use crate::expectation::Expectation;
use crate::lab::{ip, net};
use crate::route::NewRoute;

pub(super) static SCENARIO: Scenario = Scenario {
    id: "secondary-addresses",
    title: "two subnets on one device, one default route: healthy",
    story: "\
The server has 10.1.0.10/24 and 10.7.0.10/24 on ps0, and the router has a gateway address in each.
There is one default route, so replies from 10.7.0.10 leave by the gateway of the other subnet.
Both gateway addresses have the router's MAC. Clients in both subnets are neighbours.",
    picture: "
                          |                   +- 10.9.0.1 --- clients
  server ps0 10.1.0.10 ---+--- 10.1.0.1 ROUTER                10.9.0.101-104
             10.7.0.10    |    10.7.0.1
  :80                     |
                          +--- near clients 10.1.0.20, 10.7.0.20
  default via 10.1.0.1",
    expect: Expectation::HEALTHY,
    needs_nft: false,
    machine_wide: false,
    stage: |lab| {
        let inside = lab.segment("inside")?;
        let server = lab.host("server")?;
        let addresses = [net("10.1.0.10/24"), net("10.7.0.10/24")];
        lab.attach(&inside, &server, "ps0", mac(0x10), &addresses)?;
        server.route(NewRoute::default_via(ip("10.1.0.1")))?;

        let router = lab.router("router")?;
        let gateways = [net("10.1.0.1/24"), net("10.7.0.1/24")];
        lab.attach(&inside, &router, "r0", mac(0x01), &gateways)?;
        let outsiders = clients::behind(lab, &router)?;
        let near = ["10.1.0.20/24", "10.7.0.20/24"];
        let near = clients::on(lab, &inside, "near", mac(0x20), &near)?;
        let visits = [
            (&outsiders, "10.1.0.10"),
            (&outsiders, "10.7.0.10"),
            (&near, "10.1.0.10"),
            (&near, "10.7.0.10"),
        ];
        clients::all_connect(server, &visits)
    },
};
