//! A node that answers by ND for the pods behind it: healthy.

use std::net::IpAddr;

use super::ground::{connect, connect_each, neighbours, serve};
use super::ground_v6::{self, SERVICE, far};
use crate::configure::{End, MacBytes, cable, mac};
use crate::error::Result;
use crate::expectation::Expectation;
use crate::lab::{Lab, ip};
use crate::namespace::Namespace;
use crate::route::NewRoute;
use crate::running::{Condition, Stage};
use crate::scenario::Scenario;
use crate::scenario::routed::Routed;

/// What the node's end of every pod has.
const HOST_SIDE: MacBytes = [0xee; 6];

pub(in crate::scenario) static SCENARIO: Scenario = Scenario {
    id: "proxy-nd-host-v6",
    title: "a node with pods out of its wire's own IPv6 prefix, for which it answers: healthy",
    story: "\
The pods of the node have addresses out of 2001:db8:1::/64, the prefix of its wire, and the node
answers neighbour solicitations for them (proxy_ndp). Its ends of the pods' cables all have the MAC
ee:ee:ee:ee:ee:ee and so one link-local address. Clients outside, a neighbour, and the pods connect
to the service on the node.",
    picture: "
                      NODE :80                 2001:db8:1::/64
  pod ::a1 ---------- cali1 ee:ee:ee:ee:ee:ee  |
                      ps0 2001:db8:1::10 ------+--- fe80::1 ROUTER --- clients
  pod ::a2 ---------- cali2 ee:ee:ee:ee:ee:ee  |          2001:db8:a1::11 ...
                                               +--- client 2001:db8:1::20
  2001:db8:1::a1 dev cali1
  2001:db8:1::a2 dev cali2
  neighbours that it answers for on ps0: ::a1, ::a2",
    expect: Expectation::HEALTHY,
    needs_nft: false,
    machine_wide: false,
    stage: |lab| {
        let Built { hosts, pods } = build(lab)?;
        let near = neighbours(lab, &hosts.inside, &["2001:db8:1::20/64"])?;
        let app = serve(&hosts.server, 80)?;
        let mut traffic = connect_each(&near, SERVICE, 80)?;
        for (pod, address) in &pods {
            traffic.push(connect(pod, &[*address], SERVICE, 80)?);
        }
        traffic.push(connect(&hosts.clients, &far(), SERVICE, 80)?);
        let shows = super::ground::all_completed(Condition::nobody_stuck(), &traffic);
        traffic.push(app);
        Ok(Stage { server: hosts.server, traffic, shows })
    },
};

/// A node, which is the server of `hosts`, with two pods.
pub(super) struct Built {
    pub(super) hosts: Routed,
    /// 2001:db8:1::a1 and a2 on eth0.
    pub(super) pods: [(Namespace, IpAddr); 2],
}

pub(super) fn build(lab: &mut Lab) -> Result<Built> {
    let hosts = ground_v6::routed(lab)?;
    hosts.server.sysctl("net/ipv6/conf/all/forwarding", "1")?;
    hosts.server.sysctl("net/ipv6/conf/ps0/proxy_ndp", "1")?;
    hosts.server.sysctl("net/ipv6/neigh/ps0/proxy_delay", "0")?;
    let pods = [
        connect_pod(lab, &hosts.server, 1, ip("2001:db8:1::a1"))?,
        connect_pod(lab, &hosts.server, 2, ip("2001:db8:1::a2"))?,
    ];
    Ok(Built { hosts, pods })
}

fn connect_pod(
    lab: &mut Lab,
    node: &Namespace,
    number: u8,
    address: IpAddr,
) -> Result<(Namespace, IpAddr)> {
    let pod = lab.host(&format!("pod-{number}"))?;
    let host_side = format!("cali{number}");
    cable(
        End { namespace: node, device: &host_side, mac: HOST_SIDE },
        End { namespace: &pod, device: "eth0", mac: mac(0x30 + number) },
    )?;
    node.route(NewRoute::to(address.into()).device(&host_side))?;
    node.proxy_neighbour("ps0", address)?;
    pod.address("eth0", address.into())?;
    // The address that the kernel makes of HOST_SIDE.
    pod.route(NewRoute::default_via(ip("fe80::ecee:eeff:feee:eeee")).device("eth0"))?;
    Ok((pod, address))
}
