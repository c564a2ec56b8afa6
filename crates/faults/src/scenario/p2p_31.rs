//! A point-to-point prefix of two addresses: healthy.

use super::{Scenario, clients};
use crate::configure::mac;
use crate::expectation::Expectation;
use crate::lab::{ip, net};
use crate::route::NewRoute;

pub(super) static SCENARIO: Scenario = Scenario {
    id: "p2p-31",
    title: "a prefix of two addresses, /31, between server and router: healthy",
    story: "\
Server and router share 10.1.0.10/31 (RFC 3021): the server has the first address, the router the
second. There is no network and no broadcast address.",
    picture: "
  server 10.1.0.10/31 --- 10.1.0.11/31  ROUTER  10.9.0.1 --- clients
  :80                                                        10.9.0.101-104

  default via 10.1.0.11",
    expect: Expectation::HEALTHY,
    needs_nft: false,
    machine_wide: false,
    stage: |lab| {
        let inside = lab.segment("inside")?;
        let server = lab.host("server")?;
        lab.attach(&inside, &server, "ps0", mac(0x10), &[net("10.1.0.10/31")])?;
        server.route(NewRoute::default_via(ip("10.1.0.11")))?;

        let router = lab.router("router")?;
        lab.attach(&inside, &router, "r0", mac(0x01), &[net("10.1.0.11/31")])?;
        let outsiders = clients::behind(lab, &router)?;
        clients::all_connect(server, &[(&outsiders, "10.1.0.10")])
    },
};
