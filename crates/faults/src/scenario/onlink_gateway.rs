//! An address with a host mask and a gateway outside every prefix: healthy.

use super::{Scenario, clients};
use crate::configure::mac;
use crate::expectation::Expectation;
use crate::lab::{ip, net};
use crate::route::NewRoute;

pub(super) static SCENARIO: Scenario = Scenario {
    id: "onlink-gateway",
    title: "address with mask /32 and an onlink gateway: healthy",
    story: "\
The server has 203.0.113.10/32 and `default via 172.31.1.1 dev ps0 onlink`, as hosting companies
hand out addresses. The gateway is in no prefix of the server; it needs to be in none.",
    picture: "
  server 203.0.113.10/32 --- 172.31.1.1  ROUTER  10.9.0.1 --- clients
  :80                                                         10.9.0.101-104

  default via 172.31.1.1 dev ps0 onlink",
    expect: Expectation::HEALTHY,
    needs_nft: false,
    machine_wide: false,
    stage: |lab| {
        let inside = lab.segment("inside")?;
        let server = lab.host("server")?;
        lab.attach(&inside, &server, "ps0", mac(0x10), &[net("203.0.113.10/32")])?;
        server.route(NewRoute::default_via(ip("172.31.1.1")).device("ps0").onlink())?;

        let router = lab.router("router")?;
        lab.attach(&inside, &router, "r0", mac(0x01), &[net("172.31.1.1/32")])?;
        router.route(NewRoute::to(net("203.0.113.10/32")).device("r0"))?;
        let outsiders = clients::behind(lab, &router)?;
        clients::all_connect(server, &[(&outsiders, "203.0.113.10")])
    },
};
