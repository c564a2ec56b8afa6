//! A gateway address with a MAC address of its own, as VRRP has them: healthy.

use super::{Scenario, clients};
use crate::configure::{MacBytes, mac};
use crate::expectation::Expectation;
use crate::lab::{ip, net};
use crate::route::NewRoute;

/// Virtual router 5 of VRRP for IPv4 (RFC 9568, section 7.3).
const VIRTUAL: MacBytes = [0, 0, 0x5e, 0, 1, 5];

pub(super) static SCENARIO: Scenario = Scenario {
    id: "vrrp-mac",
    title: "SYNs come from the router's own MAC, the gateway has another (VRRP): healthy",
    story: "\
The default gateway 10.1.0.1 is a virtual router: it answers ARP with 00:00:5e:00:01:05. What the
router forwards to the server leaves by its own device, with its own MAC 02:..:01 and its own
address 10.1.0.2. So SYN and SYN-ACK carry different MAC addresses on one healthy path.",
    picture: "
                         10.1.0.2  02:..:01           |
  server 10.1.0.10 --+-- ROUTER          10.9.0.1 ----+--- clients
  :80                    10.1.0.1  00:00:5e:00:01:05  |    10.9.0.101-104

  SYN      from 02:..:01
  SYN-ACK  to 00:00:5e:00:01:05",
    expect: Expectation::HEALTHY,
    needs_nft: false,
    machine_wide: false,
    stage: |lab| {
        let inside = lab.segment("inside")?;
        let server = lab.host("server")?;
        lab.attach(&inside, &server, "ps0", mac(0x10), &[net("10.1.0.10/24")])?;
        server.route(NewRoute::default_via(ip("10.1.0.1")))?;

        let router = lab.router("router")?;
        lab.attach(&inside, &router, "r0", mac(0x01), &[net("10.1.0.2/24")])?;
        // As keepalived does with `use_vmac`: without it r0 would answer for the address too.
        router.sysctl("net/ipv4/conf/r0/arp_ignore", "1")?;
        router.macvlan("r0", "vrrp.5", VIRTUAL)?;
        router.address("vrrp.5", net("10.1.0.1/32"))?;
        let outsiders = clients::behind(lab, &router)?;
        clients::all_connect(server, &[(&outsiders, "10.1.0.10")])
    },
};
