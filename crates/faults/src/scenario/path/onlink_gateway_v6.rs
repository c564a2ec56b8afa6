//! An IPv6 address with a mask of 128 bits and an onlink gateway: healthy.

use super::ground::{connect, serve};
use super::ground_v6::{self, SERVICE, far};
use crate::expectation::Expectation;
use crate::lab::{ip, net};
use crate::route::NewRoute;
use crate::running::{Condition, Stage};
use crate::scenario::Scenario;

pub(in crate::scenario) static SCENARIO: Scenario = Scenario {
    id: "onlink-gateway-v6",
    title: "IPv6 address with prefix /128 and an onlink gateway: healthy",
    story: "\
The server has 2001:db8:1::10/128, as cloud hosts have it, and the default route
`via 2001:db8:ffff::1 dev ps0 onlink`. No prefix of the server holds its gateway. Every handshake
completes.",
    picture: "
  server 2001:db8:1::10/128 --- 2001:db8:ffff::1  ROUTER --- clients
  :80                                                      2001:db8:a1::11 ...

  default via 2001:db8:ffff::1 dev ps0 onlink",
    expect: Expectation::HEALTHY,
    needs_nft: false,
    machine_wide: false,
    stage: |lab| {
        let hosts = ground_v6::unaddressed(lab)?;
        hosts.server.address("ps0", net(&format!("{SERVICE}/128")))?;
        hosts.router.address("r0", net("2001:db8:ffff::1/128"))?;
        let gateway = NewRoute::default_via(ip("2001:db8:ffff::1")).device("ps0");
        hosts.server.route(gateway.onlink())?;
        let app = serve(&hosts.server, 80)?;
        let clients = connect(&hosts.clients, &far(), SERVICE, 80)?;
        let shows = Condition::completed(&clients, 8);
        Ok(Stage { server: hosts.server, traffic: vec![clients, app], shows })
    },
};
