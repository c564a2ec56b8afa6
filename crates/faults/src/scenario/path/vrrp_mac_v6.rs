//! An IPv6 gateway address with a MAC address of its own, as VRRP has them: healthy.

use super::ground::{connect, serve};
use super::ground_v6::{self, SERVICE, far};
use crate::configure::MacBytes;
use crate::expectation::Expectation;
use crate::lab::{ip, net};
use crate::route::NewRoute;
use crate::running::{Condition, Stage};
use crate::scenario::Scenario;

/// Virtual router 5 of VRRP for IPv6 (RFC 9568, section 7.3).
const VIRTUAL: MacBytes = [0, 0, 0x5e, 0, 2, 5];

pub(in crate::scenario) static SCENARIO: Scenario = Scenario {
    id: "vrrp-mac-v6",
    title: "IPv6 SYNs come from the router's own MAC, the gateway has another (VRRP): healthy",
    story: "\
The default gateway fe80::5 is a virtual router, which answers with 00:00:5e:00:02:05. What the
router forwards to the server leaves by its own device, with its own MAC 02:..:01. So SYN and
SYN-ACK carry different MAC addresses on one healthy path.",
    picture: "
                              02:..:01  fe80::1               |
  server 2001:db8:1::10 --+-- ROUTER        2001:db8:9::1 ----+--- clients
  :80                         fe80::5  00:00:5e:00:02:05   2001:db8:a1::11 ...

  default via fe80::5 dev ps0

  SYN      from 02:..:01
  SYN-ACK  to 00:00:5e:00:02:05",
    expect: Expectation::HEALTHY,
    needs_nft: false,
    machine_wide: false,
    stage: |lab| {
        let hosts = ground_v6::without_default(lab)?;
        hosts.server.route(NewRoute::default_via(ip("fe80::5")).device("ps0"))?;
        hosts.router.macvlan("r0", "vrrp6.5", VIRTUAL)?;
        hosts.router.address("vrrp6.5", net("fe80::5/64"))?;
        let app = serve(&hosts.server, 80)?;
        let clients = connect(&hosts.clients, &far(), SERVICE, 80)?;
        let shows = Condition::completed(&clients, 8);
        Ok(Stage { server: hosts.server, traffic: vec![clients, app], shows })
    },
};
