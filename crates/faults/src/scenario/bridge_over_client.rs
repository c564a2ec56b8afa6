//! A container bridge whose prefix covers clients that come in by the uplink.

use std::net::IpAddr;

use super::Scenario;
use super::routed::{self, service};
use crate::configure::{End, cable, mac};
use crate::error::Result;
use crate::expectation::Expectation;
use crate::lab::{Lab, ip, net};
use crate::namespace::Namespace;
use crate::route::NewRoute;
use crate::running::{Condition, Stage};
use crate::traffic::{KernelClients, Server};

pub(super) static SCENARIO: Scenario = Scenario {
    id: "bridge-over-client",
    title: "a container bridge 172.17.0.1/16 on the server covers clients of another network",
    story: "\
The server runs containers on the bridge psbr, 172.17.0.1/16; one is up. Clients 172.17.5.11-16 of
another network come in by the uplink ps0. The server takes them for neighbours on its bridge and
asks for them there; nobody answers, and each SYN-ACK is given up after 3 s. Other clients, behind
the same router, connect.",
    picture: "
                    psbr 172.17.0.1/16 --- container 172.17.0.2
  server :80
                    ps0 10.1.0.10/24 ----- 10.1.0.1  ROUTER  10.9.0.1 ---+
                                                                         |
  default via 10.1.0.1 dev ps0             clients 172.17.5.11-16 -------+
  172.17.0.0/16 dev psbr                   client  10.9.0.2 -------------+

  SYN      client -> router -> ps0
  SYN-ACK  psbr: who has 172.17.5.11? ... no answer",
    expect: Expectation::fault("overlapping-route", "path", &["likely", "confirmed"]),
    needs_nft: false,
    machine_wide: false,
    stage: |lab| {
        build(lab, |lab, server| {
            let container = lab.host("container")?;
            cable(
                End { namespace: server, device: "pscon0", mac: mac(0x71) },
                End { namespace: &container, device: "eth0", mac: mac(0x72) },
            )?;
            server.enslave("pscon0", "psbr")?;
            container.address("eth0", net("172.17.0.2/16"))?;
            container.route(NewRoute::default_via(ip("172.17.0.1")))
        })
    },
};

fn covered() -> impl Iterator<Item = IpAddr> {
    (11..=16).map(|last| IpAddr::from([172, 17, 5, last]))
}

/// Builds the hosts and the bridge; `ports` gives the bridge its ports.
pub(super) fn build(
    lab: &mut Lab,
    ports: impl FnOnce(&mut Lab, &Namespace) -> Result<()>,
) -> Result<Stage> {
    let hosts = routed::build(lab)?;
    // As on every host of containers.
    hosts.server.sysctl("net/ipv4/ip_forward", "1")?;
    hosts.server.bridge("psbr")?;
    hosts.server.set_mac("psbr", mac(0x70))?;
    ports(lab, &hosts.server)?;
    hosts.server.address("psbr", net("172.17.0.1/16"))?;
    for client in covered() {
        hosts.clients.address("c0", net(&format!("{client}/32")))?;
    }

    let app = Server::accepting("0.0.0.0:80".parse().expect("a valid address"));
    let app = app.start(&hosts.server)?;
    let covered_traffic = KernelClients::new(service(80), covered()).start(&hosts.clients)?;
    let others = KernelClients::new(service(80), [ip("10.9.0.2")]).start(&hosts.clients)?;
    let shows = Condition::stuck_peers(covered()).and(Condition::completed(&others, 2));
    Ok(Stage { server: hosts.server, traffic: vec![covered_traffic, others, app], shows })
}
