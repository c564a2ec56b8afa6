//! The plain topology of faults that are not about routing: a server, its gateway, and everybody
//! else behind the gateway.

use std::net::SocketAddr;

use crate::configure::mac;
use crate::error::Result;
use crate::lab::{Lab, Segment, ip, net};
use crate::namespace::Namespace;
use crate::route::NewRoute;

/// Server and clients, with a router between them.
pub(super) struct Routed {
    /// 10.1.0.10/24 on ps0, default route via 10.1.0.1.
    pub(super) server: Namespace,
    /// 10.9.0.2/24 on c0. The router sends every address that it does not know there, so crafted
    /// peers may have any address; the kernel there stays silent for them.
    pub(super) clients: Namespace,
    /// 10.1.0.1/24 on r0 and 10.9.0.1/24 on r1.
    pub(super) router: Namespace,
    /// The wire of the server, 10.1.0.0/24.
    pub(super) inside: Segment,
}

/// The address of the server with this port.
pub(super) fn service(port: u16) -> SocketAddr {
    SocketAddr::new(ip("10.1.0.10"), port)
}

pub(super) fn build(lab: &mut Lab) -> Result<Routed> {
    build_via(lab, "10.1.0.1")
}

/// As [`build`], with any default gateway; the SYNs come by 10.1.0.1 all the same.
pub(super) fn build_via(lab: &mut Lab, gateway: &str) -> Result<Routed> {
    let inside = lab.segment("inside")?;
    let outside = lab.segment("outside")?;

    let server = lab.host("server")?;
    lab.attach(&inside, &server, "ps0", mac(0x10), &[net("10.1.0.10/24")])?;
    server.route(NewRoute::default_via(ip(gateway)))?;

    let router = lab.router("router")?;
    lab.attach(&inside, &router, "r0", mac(0x01), &[net("10.1.0.1/24")])?;
    lab.attach(&outside, &router, "r1", mac(0x51), &[net("10.9.0.1/24")])?;
    router.route(NewRoute::default_via(ip("10.9.0.2")))?;

    let clients = lab.host("clients")?;
    lab.attach(&outside, &clients, "c0", mac(0x60), &[net("10.9.0.2/24")])?;
    clients.route(NewRoute::default_via(ip("10.9.0.1")))?;
    Ok(Routed { server, clients, router, inside })
}
