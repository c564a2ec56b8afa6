//! Ordinary clients of a healthy server, and the stage on which all of them connect.

use std::net::{IpAddr, SocketAddr};

use crate::configure::{MacBytes, mac};
use crate::error::Result;
use crate::lab::{Lab, Segment, ip, net};
use crate::namespace::Namespace;
use crate::route::NewRoute;
use crate::running::{Condition, Stage};
use crate::traffic::{KernelClients, Server};

/// A host of clients and the addresses that they connect from.
pub(super) struct Clients {
    pub(super) host: Namespace,
    pub(super) sources: Vec<IpAddr>,
}

/// The clients 10.9.0.101-104 behind a router, which gets 10.9.0.1 on r1.
pub(super) fn behind(lab: &mut Lab, router: &Namespace) -> Result<Clients> {
    let outside = lab.segment("outside")?;
    lab.attach(&outside, router, "r1", mac(0x51), &[net("10.9.0.1/24")])?;
    let addresses = ["10.9.0.101/24", "10.9.0.102/24", "10.9.0.103/24", "10.9.0.104/24"];
    let clients = on(lab, &outside, "clients", mac(0x60), &addresses)?;
    clients.host.route(NewRoute::default_via(ip("10.9.0.1")))?;
    Ok(clients)
}

/// The clients 2001:db8:9::101-104 behind a router, which gets 2001:db8:9::1 on r1.
pub(super) fn behind_v6(lab: &mut Lab, router: &Namespace) -> Result<Clients> {
    let outside = lab.segment("outside")?;
    lab.attach(&outside, router, "r1", mac(0x51), &[net("2001:db8:9::1/64")])?;
    let addresses =
        ["2001:db8:9::101/64", "2001:db8:9::102/64", "2001:db8:9::103/64", "2001:db8:9::104/64"];
    let clients = on(lab, &outside, "clients", mac(0x60), &addresses)?;
    clients.host.route(NewRoute::default_via(ip("2001:db8:9::1")))?;
    Ok(clients)
}

/// One host with these addresses on a segment, by its device c0, as yet without routes.
pub(super) fn on(
    lab: &mut Lab,
    segment: &Segment,
    name: &str,
    address: MacBytes,
    addresses: &[&str],
) -> Result<Clients> {
    let host = lab.host(name)?;
    let addresses: Vec<_> = addresses.iter().map(|text| net(text)).collect();
    lab.attach(segment, &host, "c0", address, &addresses)?;
    Ok(Clients { host, sources: addresses.iter().map(ipnet::IpNet::addr).collect() })
}

/// A server on port 80 of all its addresses, and clients that connect to these of them; it shows
/// when each client completed two handshakes with each.
pub(super) fn all_connect(server: Namespace, visits: &[(&Clients, &str)]) -> Result<Stage> {
    let mut traffic = Vec::new();
    let mut shows: Option<Condition> = None;
    let app = SocketAddr::new(ip("::"), 80);
    let app = Server::accepting(app).start(&server)?;
    for (clients, target) in visits {
        let target = SocketAddr::new(ip(target), 80);
        let visit = KernelClients::new(target, clients.sources.clone()).start(&clients.host)?;
        let least = 2 * clients.sources.len() as u64;
        let completed = Condition::completed(&visit, least);
        shows = Some(match shows {
            Some(others) => others.and(completed),
            None => completed,
        });
        traffic.push(visit);
    }
    let shows = shows.unwrap_or_else(|| Condition::completed(&app, 1));
    traffic.push(app);
    Ok(Stage { server, traffic, shows })
}
