//! A pod as Calico connects it: healthy.

use std::net::IpAddr;

use super::Scenario;
use super::clients::{self, Clients};
use crate::configure::{End, MacBytes, cable, mac};
use crate::error::Result;
use crate::expectation::Expectation;
use crate::lab::{Lab, ip, net};
use crate::namespace::Namespace;
use crate::route::NewRoute;

/// What Calico gives the host's end of every pod.
const HOST_SIDE: MacBytes = [0xee; 6];

pub(super) static SCENARIO: Scenario = Scenario {
    id: "calico-pod",
    title: "inside a pod of Calico, whose gateway 169.254.1.1 nobody owns: healthy",
    story: "\
The pod has 10.244.0.11/32 and a default route by 169.254.1.1. No host has that address; the
node's end of the cable answers for everything by proxy ARP, with ee:ee:ee:ee:ee:ee. The node asks
for the pod with its own address 10.9.0.1, so the pod has a neighbour without a route to it.",
    picture: "
  pod 10.244.0.11/32                    NODE
  eth0 ----------------- cali1 ee:ee:ee:ee:ee:ee   10.9.0.1 --- clients
  :80                    proxy_arp                              10.9.0.101-104
                         cali2 ee:ee:ee:ee:ee:ee
  pod 10.244.0.12 -------'

  default via 169.254.1.1 dev eth0
  169.254.1.1 dev eth0 scope link",
    expect: Expectation::HEALTHY,
    needs_nft: false,
    machine_wide: false,
    stage: |lab| {
        let built = build(lab)?;
        let [pod, other] = built.pods;
        let visits = [(&built.outsiders, "10.244.0.11"), (&other, "10.244.0.11")];
        clients::all_connect(pod.host, &visits)
    },
};

/// A node with two pods.
pub(super) struct Built {
    /// 10.9.0.1 on r1.
    pub(super) node: Namespace,
    /// 10.244.0.11 and 10.244.0.12.
    pub(super) pods: [Clients; 2],
    pub(super) outsiders: Clients,
}

pub(super) fn build(lab: &mut Lab) -> Result<Built> {
    let node = lab.router("node")?;
    let outsiders = clients::behind(lab, &node)?;
    // Proxy ARP answers only for what the node has a route to, on another device.
    node.route(NewRoute::default_via(ip("10.9.0.101")))?;
    let first = connect_pod(lab, &node, 1, ip("10.244.0.11"))?;
    let second = connect_pod(lab, &node, 2, ip("10.244.0.12"))?;
    Ok(Built { node, pods: [first, second], outsiders })
}

fn connect_pod(lab: &mut Lab, node: &Namespace, number: u8, address: IpAddr) -> Result<Clients> {
    let pod = lab.host(&format!("pod-{number}"))?;
    let host_side = format!("cali{number}");
    cable(
        End { namespace: node, device: &host_side, mac: HOST_SIDE },
        End { namespace: &pod, device: "eth0", mac: mac(0x30 + number) },
    )?;
    node.sysctl(&format!("net/ipv4/conf/{host_side}/proxy_arp"), "1")?;
    node.sysctl(&format!("net/ipv4/neigh/{host_side}/proxy_delay"), "0")?;
    node.route(NewRoute::to(address.into()).device(&host_side))?;

    pod.address("eth0", address.into())?;
    pod.route(NewRoute::to(net("169.254.1.1/32")).device("eth0"))?;
    pod.route(NewRoute::default_via(ip("169.254.1.1")).device("eth0"))?;
    Ok(Clients { host: pod, sources: vec![address] })
}
