//! A wire on which the router answers ARP for everybody: healthy.

use super::ground::{all_completed, connect, connect_each, far, give, neighbours, serve};
use crate::configure::mac;
use crate::expectation::Expectation;
use crate::route::NewRoute;
use crate::running::{Condition, Stage};
use crate::scenario::{Scenario, routed};

pub(in crate::scenario) static SCENARIO: Scenario = Scenario {
    id: "private-vlan",
    title: "hosts of one prefix reach each other by the router only (private VLAN): healthy",
    story: "\
As in private VLANs and the fabrics of clouds, hosts of 10.1.0.0/24 cannot talk to each other
directly: the router answers ARP for everybody and passes packets on. The prefix is right. The
server's neighbours all have the router's MAC, and their SYNs come with a TTL of 63; so do the
SYN-ACKs go there, and every handshake completes.",
    picture: "
  server 10.1.0.10/24 ---- r0 02:..:01  10.1.0.1  ROUTER  10.9.0.1 -- clients
  :80                         proxy_arp             |          198.18.1.11 ...
                                                    |
  clients 10.1.0.20-23/24 ---------- r2 proxy_arp --+

  10.1.0.20-23 dev ps0 lladdr 02:..:01",
    expect: Expectation::HEALTHY,
    needs_nft: false,
    machine_wide: false,
    stage: |lab| {
        let hosts = routed::build(lab)?;
        let ports = lab.segment("ports")?;
        lab.plug(&ports, &hosts.router, "r2", mac(0x21))?;
        for device in ["r0", "r2"] {
            hosts.router.sysctl(&format!("net/ipv4/conf/{device}/proxy_arp"), "1")?;
            hosts.router.sysctl(&format!("net/ipv4/neigh/{device}/proxy_delay"), "0")?;
        }
        let nets = ["10.1.0.20/24", "10.1.0.21/24", "10.1.0.22/24", "10.1.0.23/24"];
        let near = neighbours(lab, &ports, &nets)?;
        for each in &near {
            hosts.router.route(NewRoute::to(each.address.into()).device("r2"))?;
        }
        give(&hosts.clients, "c0", &far())?;
        let app = serve(&hosts.server, 80)?;
        let mut traffic = connect_each(&near, "10.1.0.10", 80)?;
        traffic.push(connect(&hosts.clients, &far(), "10.1.0.10", 80)?);
        let shows = all_completed(Condition::nobody_stuck(), &traffic);
        traffic.push(app);
        Ok(Stage { server: hosts.server, traffic, shows })
    },
};
