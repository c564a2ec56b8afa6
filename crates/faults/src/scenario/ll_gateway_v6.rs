//! A default route by a link-local address: healthy, and the usual case in IPv6.

use super::{Scenario, clients};
use crate::configure::mac;
use crate::expectation::Expectation;
use crate::lab::{ip, net};
use crate::route::NewRoute;

pub(super) static SCENARIO: Scenario = Scenario {
    id: "ll-gateway-v6",
    title: "IPv6 with a default route by fe80::1: healthy",
    story: "\
The server has 2001:db8:1::10/64 and `default via fe80::1 dev ps0`. The gateway is in no prefix of
the server but the link-local one. The router has a second link-local address, made from its MAC,
so the server knows two neighbours with one MAC.",
    picture: "
  server 2001:db8:1::10 --- fe80::1  ROUTER  2001:db8:9::1 --- clients
  :80                                                  2001:db8:9::101-104

  default via fe80::1 dev ps0",
    expect: Expectation::HEALTHY,
    needs_nft: false,
    machine_wide: false,
    stage: |lab| {
        let inside = lab.segment("inside")?;
        let server = lab.host("server")?;
        lab.attach(&inside, &server, "ps0", mac(0x10), &[net("2001:db8:1::10/64")])?;
        server.route(NewRoute::default_via(ip("fe80::1")).device("ps0"))?;

        let router = lab.router("router")?;
        let gateway = [net("2001:db8:1::1/64"), net("fe80::1/64")];
        lab.attach(&inside, &router, "r0", mac(0x01), &gateway)?;
        let outsiders = clients::behind_v6(lab, &router)?;
        clients::all_connect(server, &[(&outsiders, "2001:db8:1::10")])
    },
};
