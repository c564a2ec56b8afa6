//! One neighbour with five addresses: healthy.

use super::{Scenario, clients};
use crate::configure::mac;
use crate::expectation::Expectation;
use crate::lab::{ip, net};
use crate::route::NewRoute;

pub(super) static SCENARIO: Scenario = Scenario {
    id: "five-addresses",
    title: "a neighbour with five addresses and one MAC: healthy",
    story: "\
A host on the server's wire has five addresses, 10.1.0.21-25, and connects from each. They share
one MAC address as the clients of a proxy would, but the host has them itself. Clients behind the
router connect as well.",
    picture: "
                        |
  server 10.1.0.10 -----+--- 10.1.0.1 ROUTER 10.9.0.1 --- clients
  :80                   |                                 10.9.0.101-104
                        +--- near host 10.1.0.21-25
                             02:..:20",
    expect: Expectation::HEALTHY,
    needs_nft: false,
    machine_wide: false,
    stage: |lab| {
        let inside = lab.segment("inside")?;
        let server = lab.host("server")?;
        lab.attach(&inside, &server, "ps0", mac(0x10), &[net("10.1.0.10/24")])?;
        server.route(NewRoute::default_via(ip("10.1.0.1")))?;

        let router = lab.router("router")?;
        lab.attach(&inside, &router, "r0", mac(0x01), &[net("10.1.0.1/24")])?;
        let outsiders = clients::behind(lab, &router)?;
        let five = ["10.1.0.21/24", "10.1.0.22/24", "10.1.0.23/24", "10.1.0.24/24", "10.1.0.25/24"];
        let near = clients::on(lab, &inside, "near", mac(0x20), &five)?;
        clients::all_connect(server, &[(&outsiders, "10.1.0.10"), (&near, "10.1.0.10")])
    },
};
