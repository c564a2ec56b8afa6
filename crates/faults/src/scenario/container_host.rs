//! A container host with bridges, proxy ARP and blackhole routes: healthy.

use super::Scenario;
use super::clients::{self, Clients};
use crate::configure::{End, cable, mac};
use crate::expectation::Expectation;
use crate::lab::{ip, net};
use crate::route::NewRoute;

pub(super) static SCENARIO: Scenario = Scenario {
    id: "container-host",
    title: "bridges with proxy ARP and blackhole routes, as container hosts have: healthy",
    story: "\
The server runs containers on the bridge docker0; a second bridge has none. Both bridges answer by
proxy ARP, and blackhole routes catch the prefixes that the node hands out. Clients outside and a
container connect to the service on the host.",
    picture: "
  container 172.17.0.2 --- docker0 172.17.0.1/16
                           br-app  172.18.0.1/16 (no ports)
                              SERVER :80  ps0 10.1.0.10 --- 10.1.0.1 ROUTER
                                                                  10.9.0.1
  default via 10.1.0.1                                               |
  blackhole 10.42.0.0/24                              clients 10.9.0.101-104
  blackhole 10.244.0.0/16",
    expect: Expectation::HEALTHY,
    needs_nft: false,
    machine_wide: false,
    stage: |lab| {
        let inside = lab.segment("inside")?;
        let server = lab.router("server")?;
        lab.attach(&inside, &server, "ps0", mac(0x10), &[net("10.1.0.10/24")])?;
        server.route(NewRoute::default_via(ip("10.1.0.1")))?;
        for (bridge, address) in [("docker0", "172.17.0.1/16"), ("br-app", "172.18.0.1/16")] {
            server.bridge(bridge)?;
            server.address(bridge, net(address))?;
            server.sysctl(&format!("net/ipv4/conf/{bridge}/proxy_arp"), "1")?;
        }
        for own in ["10.42.0.0/24", "10.244.0.0/16"] {
            server.route(NewRoute::blackhole(net(own)))?;
        }

        let container = lab.host("container")?;
        cable(
            End { namespace: &server, device: "veth1", mac: mac(0x41) },
            End { namespace: &container, device: "eth0", mac: mac(0x42) },
        )?;
        server.enslave("veth1", "docker0")?;
        container.address("eth0", net("172.17.0.2/16"))?;
        container.route(NewRoute::default_via(ip("172.17.0.1")))?;
        let container = Clients { host: container, sources: vec![ip("172.17.0.2")] };

        let router = lab.router("router")?;
        lab.attach(&inside, &router, "r0", mac(0x01), &[net("10.1.0.1/24")])?;
        let outsiders = clients::behind(lab, &router)?;
        let visits =
            [(&outsiders, "10.1.0.10"), (&container, "10.1.0.10"), (&container, "172.17.0.1")];
        clients::all_connect(server, &visits)
    },
};
