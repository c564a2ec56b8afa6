//! The hosts of the incident in IPv6 with other reasons for the wide prefix and other proxies.

use std::net::{IpAddr, Ipv6Addr};

use super::ground::{Neighbour, connect, connect_each, neighbours, serve};
use crate::configure::mac;
use crate::error::Result;
use crate::lab::{Lab, ip, net};
use crate::namespace::Namespace;
use crate::netfilter::STATEFUL_FORWARDING;
use crate::route::NewRoute;
use crate::running::{Condition, Stage};

/// The clients 2001:db8:4:5::11-16 behind the router.
pub(super) fn routed_clients() -> Vec<IpAddr> {
    (0x11..=0x16).map(|last| Ipv6Addr::new(0x2001, 0xdb8, 4, 5, 0, 0, 0, last).into()).collect()
}

/// The hosts, as yet without traffic and without anybody who answers for the clients.
pub(super) struct Wide {
    /// 2001:db8:4::10 on ps0.
    pub(super) server: Namespace,
    /// 2001:db8:4::1 and fe80::1 on r0.
    pub(super) router: Namespace,
    /// 2001:db8:4::2 on lb0, with the MAC address 02:..:02. It drops what it knows no connection for.
    pub(super) balancer: Namespace,
    clients: Namespace,
    near: Vec<Neighbour>,
}

/// `prefix_len` is that of the server.
pub(super) fn build(lab: &mut Lab, prefix_len: u8) -> Result<Wide> {
    let front = lab.segment("front")?;
    let back = lab.segment("back")?;
    let server = lab.host("server")?;
    let own = net(&format!("2001:db8:4::10/{prefix_len}"));
    lab.attach(&front, &server, "ps0", mac(0x10), &[own])?;
    server.route(NewRoute::default_via(ip("fe80::1")).device("ps0"))?;
    let near = neighbours(lab, &front, &["2001:db8:4::20/64"])?;

    let router = lab.router("router")?;
    let addresses = [net("2001:db8:4::1/64"), net("fe80::1/64")];
    lab.attach(&front, &router, "r0", mac(0x01), &addresses)?;
    lab.attach(&back, &router, "r1", mac(0x51), &[net("2001:db8:4:5::1/64")])?;
    let balancer = lab.router("balancer")?;
    lab.attach(&front, &balancer, "lb0", mac(0x02), &[net("2001:db8:4::2/64")])?;
    lab.attach(&back, &balancer, "lb1", mac(0x52), &[net("2001:db8:4:5::2/64")])?;
    balancer.nft(STATEFUL_FORWARDING)?;

    let clients = lab.host("clients")?;
    lab.plug(&back, &clients, "c0", mac(0x60))?;
    for client in routed_clients() {
        clients.address("c0", net(&format!("{client}/64")))?;
    }
    clients.route(NewRoute::default_via(ip("2001:db8:4:5::1")))?;
    Ok(Wide { server, router, balancer, clients, near })
}

impl Wide {
    /// Has a router answer for every client on a device, after a random time up to `delay` in
    /// 1/100 s.
    pub(super) fn proxy(router: &Namespace, device: &str, delay: &str) -> Result<()> {
        // On the device alone the kernel would not answer when the server asks again by unicast,
        // and then the two would race anew every half minute.
        router.sysctl("net/ipv6/conf/all/proxy_ndp", "1")?;
        router.sysctl(&format!("net/ipv6/neigh/{device}/proxy_delay"), delay)?;
        routed_clients().into_iter().try_for_each(|client| router.proxy_neighbour(device, client))
    }

    /// Starts the traffic. It shows when all clients behind the router are stuck and the one on the
    /// wire connected.
    pub(super) fn into_stage(self) -> Result<Stage> {
        const SERVICE: &str = "2001:db8:4::10";
        let app = serve(&self.server, 80)?;
        let mut traffic = connect_each(&self.near, SERVICE, 80)?;
        let shows =
            Condition::stuck_peers(routed_clients()).and(Condition::completed(&traffic[0], 2));
        traffic.push(connect(&self.clients, &routed_clients(), SERVICE, 80)?);
        traffic.push(app);
        Ok(Stage { server: self.server, traffic, shows })
    }
}
