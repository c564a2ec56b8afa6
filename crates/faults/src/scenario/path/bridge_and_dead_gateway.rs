//! A container bridge over some clients, and a dead gateway for all others.

use std::net::IpAddr;

use super::ground::{connect, far, give, serve};
use crate::configure::{End, cable, mac};
use crate::expectation::Expectation;
use crate::lab::{ip, net};
use crate::route::NewRoute;
use crate::running::{Condition, Stage};
use crate::scenario::{Scenario, routed};

fn covered() -> impl Iterator<Item = IpAddr> {
    (11..=14).map(|last| IpAddr::from([172, 17, 5, last]))
}

pub(in crate::scenario) static SCENARIO: Scenario = Scenario {
    id: "bridge-and-dead-gateway",
    title: "a container bridge covers some clients, and the gateway of all others is dead",
    story: "\
Two faults at once. The container bridge psbr, 172.17.0.1/16, covers the clients 172.17.5.11-14 of
another network, so the server asks for them on the bridge. And the default gateway 10.1.0.254 does
not exist any more, so all other clients behind the router 10.1.0.1 wait for it. A neighbour
connects.",
    picture: "
                    psbr 172.17.0.1/16 --- container 172.17.0.2
  server :80
                    ps0 10.1.0.10/24 --+-- 10.1.0.1  ROUTER  10.9.0.1 ---+
                                       +-- 10.1.0.254  (nobody)          |
  default via 10.1.0.254 dev ps0       +-- client 10.1.0.20              |
  172.17.0.0/16 dev psbr                   clients 172.17.5.11-14 -------+
                                           clients 198.18.1.11 ... ------+

  SYN-ACK  psbr: who has 172.17.5.11? ... no answer
  SYN-ACK  ps0:  who has 10.1.0.254?  ... no answer",
    expect: Expectation::fault("overlapping-route", "path", &["likely", "confirmed"])
        .and(&[("neighbour-unresolved", "path")]),
    needs_nft: false,
    machine_wide: false,
    stage: |lab| {
        let hosts = routed::build_via(lab, "10.1.0.254")?;
        hosts.server.sysctl("net/ipv4/ip_forward", "1")?;
        hosts.server.bridge("psbr")?;
        hosts.server.set_mac("psbr", mac(0x70))?;
        let container = lab.host("container")?;
        cable(
            End { namespace: &hosts.server, device: "pscon0", mac: mac(0x71) },
            End { namespace: &container, device: "eth0", mac: mac(0x72) },
        )?;
        hosts.server.enslave("pscon0", "psbr")?;
        hosts.server.address("psbr", net("172.17.0.1/16"))?;
        container.address("eth0", net("172.17.0.2/16"))?;
        container.route(NewRoute::default_via(ip("172.17.0.1")))?;

        let near = lab.host("near")?;
        lab.attach(&hosts.inside, &near, "n0", mac(0x20), &[net("10.1.0.20/24")])?;
        let covered: Vec<IpAddr> = covered().collect();
        give(&hosts.clients, "c0", &covered)?;
        give(&hosts.clients, "c0", &far())?;
        let app = serve(&hosts.server, 80)?;
        let near = connect(&near, &[ip("10.1.0.20")], "10.1.0.10", 80)?;
        let first = connect(&hosts.clients, &covered, "10.1.0.10", 80)?;
        let second = connect(&hosts.clients, &far(), "10.1.0.10", 80)?;
        let shows = Condition::stuck_peers(covered.into_iter().chain(far()))
            .and(Condition::completed(&near, 2));
        Ok(Stage { server: hosts.server, traffic: vec![near, first, second, app], shows })
    },
};
