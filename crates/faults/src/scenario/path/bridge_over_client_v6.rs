//! A container bridge whose IPv6 prefix covers clients that come in by the uplink.

use std::net::{IpAddr, Ipv6Addr};

use super::ground::{connect, give, serve};
use super::ground_v6::{self, SERVICE, far};
use crate::configure::{End, cable, mac};
use crate::expectation::Expectation;
use crate::lab::{ip, net};
use crate::route::NewRoute;
use crate::running::{Condition, Stage};
use crate::scenario::Scenario;

fn covered() -> Vec<IpAddr> {
    (0x11..=0x14).map(|last| Ipv6Addr::new(0x2001, 0xdb8, 0xd0c, 5, 0, 0, 0, last).into()).collect()
}

pub(in crate::scenario) static SCENARIO: Scenario = Scenario {
    id: "bridge-over-client-v6",
    title: "a container bridge 2001:db8:d0c::1/48 covers clients of another network",
    story: "\
The server runs containers on the bridge psbr, 2001:db8:d0c::1/48; one is up. The clients
2001:db8:d0c:5::11-14 of another network come in by the uplink ps0. The server takes them for
neighbours on its bridge and solicits them there; nobody answers. The requests live on for their
full time all the same, as if the SYN-ACKs were lost outside. Other clients connect.",
    picture: "
               psbr 2001:db8:d0c::1/48 --- container 2001:db8:d0c::2
  server :80
               ps0 2001:db8:1::10/64 ----- fe80::1  ROUTER  2001:db8:9::1 ---+
                                                                             |
  default via fe80::1 dev ps0           clients 2001:db8:d0c:5::11-14 -------+
  2001:db8:d0c::/48 dev psbr            clients 2001:db8:a1::11 ... ---------+

  SYN      client -> router -> ps0
  SYN-ACK  psbr: who has 2001:db8:d0c:5::11? ... no answer",
    expect: Expectation::fault("overlapping-route", "path", &["likely", "confirmed"])
        .or(&["neighbour-unresolved"]),
    needs_nft: false,
    machine_wide: false,
    stage: |lab| {
        let hosts = ground_v6::routed(lab)?;
        hosts.server.bridge("psbr")?;
        hosts.server.set_mac("psbr", mac(0x70))?;
        let container = lab.host("container")?;
        cable(
            End { namespace: &hosts.server, device: "pscon0", mac: mac(0x71) },
            End { namespace: &container, device: "eth0", mac: mac(0x72) },
        )?;
        hosts.server.enslave("pscon0", "psbr")?;
        hosts.server.address("psbr", net("2001:db8:d0c::1/48"))?;
        container.address("eth0", net("2001:db8:d0c::2/48"))?;
        container.route(NewRoute::default_via(ip("2001:db8:d0c::1")))?;
        give(&hosts.clients, "c0", &covered())?;

        let app = serve(&hosts.server, 80)?;
        let first = connect(&hosts.clients, &covered(), SERVICE, 80)?;
        let others = connect(&hosts.clients, &far(), SERVICE, 80)?;
        let shows = Condition::stuck_peers(covered()).and(Condition::completed(&others, 8));
        Ok(Stage { server: hosts.server, traffic: vec![first, others, app], shows })
    },
};
