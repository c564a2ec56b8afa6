//! What most faults on the path share: clients in four networks, and a server with two uplinks.

use std::net::{IpAddr, SocketAddr};
use std::thread::sleep;
use std::time::{Duration, Instant};

use crate::configure::mac;
use crate::error::{LabError, Result};
use crate::lab::{Lab, Segment, ip, net};
use crate::namespace::Namespace;
use crate::route::NewRoute;
use crate::running::Condition;
use crate::traffic::{KernelClients, Server, Traffic};

/// Clients of four networks, all in [`FAR_NETWORKS`].
const FAR: [&str; 4] = ["198.18.1.11", "198.18.2.12", "198.19.3.13", "198.19.4.14"];

/// The one prefix that covers the clients of [`far`].
pub(super) const FAR_NETWORKS: &str = "198.18.0.0/15";

/// The clients 198.18.1.11, 198.18.2.12, 198.19.3.13, and 198.19.4.14.
pub(super) fn far() -> Vec<IpAddr> {
    FAR.map(ip).to_vec()
}

/// Addresses beside those of [`far`] that no kernel has, for crafted peers.
pub(super) fn crafted() -> [IpAddr; 4] {
    ["198.18.1.31", "198.18.2.32", "198.19.3.33", "198.19.4.34"].map(ip)
}

/// Gives a device these addresses, each alone in its prefix.
pub(super) fn give(host: &Namespace, device: &str, addresses: &[IpAddr]) -> Result<()> {
    addresses.iter().try_for_each(|address| host.address(device, (*address).into()))
}

/// An application on this port of every address, of both families, that accepts at once.
pub(super) fn serve(server: &Namespace, port: u16) -> Result<Traffic> {
    Server::accepting(SocketAddr::new(ip("::"), port)).start(server)
}

/// Clients on `host` that connect from these addresses to this one.
pub(super) fn connect(
    host: &Namespace,
    sources: &[IpAddr],
    target: &str,
    port: u16,
) -> Result<Traffic> {
    KernelClients::new(SocketAddr::new(ip(target), port), sources.iter().copied()).start(host)
}

/// A client on the server's own wire.
pub(super) struct Neighbour {
    pub(super) host: Namespace,
    pub(super) address: IpAddr,
}

/// Hosts of their own on a wire, so that each asks by ARP or ND for itself. The last byte of the
/// address is that of the MAC as well; the device is n0.
pub(super) fn neighbours(lab: &mut Lab, wire: &Segment, nets: &[&str]) -> Result<Vec<Neighbour>> {
    let each = |text: &&str| {
        let net = net(text);
        let last = match net.addr() {
            IpAddr::V4(address) => address.octets()[3],
            IpAddr::V6(address) => address.octets()[15],
        };
        let host = lab.host(&format!("client-{last}"))?;
        lab.attach(wire, &host, "n0", mac(last), &[net])?;
        Ok(Neighbour { host, address: net.addr() })
    };
    nets.iter().map(each).collect()
}

/// Has each of them connect to this address.
pub(super) fn connect_each(
    neighbours: &[Neighbour],
    target: &str,
    port: u16,
) -> Result<Vec<Traffic>> {
    neighbours.iter().map(|near| connect(&near.host, &[near.address], target, port)).collect()
}

/// Each of this traffic completed at least two handshakes.
pub(super) fn all_completed(shows: Condition, traffic: &[Traffic]) -> Condition {
    traffic.iter().fold(shows, |shows, each| shows.and(Condition::completed(each, 2)))
}

/// A server on two networks, each with a router to the same clients.
pub(super) struct Uplinks {
    /// 10.1.0.10/24 on ps0 and 10.2.0.10/24 on ps1, as yet without further routes.
    pub(super) server: Namespace,
    /// 10.1.0.1/24 on a0, 10.9.0.1/24 on a1.
    pub(super) router_a: Namespace,
    /// 10.2.0.1/24 on b0, 10.9.0.2/24 on b1.
    pub(super) router_b: Namespace,
    /// 10.9.0.100/24 and [`far`] on c0. It reaches 10.1.0.0/24 by router a and 10.2.0.0/24 by
    /// router b; both routers send every address that they do not know there.
    pub(super) clients: Namespace,
    /// The wire of ps1, 10.2.0.0/24.
    pub(super) right: Segment,
}

pub(super) fn uplinks(lab: &mut Lab) -> Result<Uplinks> {
    let left = lab.segment("left")?;
    let right = lab.segment("right")?;
    let outside = lab.segment("outside")?;

    let server = lab.host("server")?;
    lab.attach(&left, &server, "ps0", mac(0x10), &[net("10.1.0.10/24")])?;
    lab.attach(&right, &server, "ps1", mac(0x11), &[net("10.2.0.10/24")])?;

    let router_a = lab.router("router-a")?;
    lab.attach(&left, &router_a, "a0", mac(0x0a), &[net("10.1.0.1/24")])?;
    lab.attach(&outside, &router_a, "a1", mac(0x1a), &[net("10.9.0.1/24")])?;

    let router_b = lab.router("router-b")?;
    lab.attach(&right, &router_b, "b0", mac(0x0b), &[net("10.2.0.1/24")])?;
    lab.attach(&outside, &router_b, "b1", mac(0x1b), &[net("10.9.0.2/24")])?;

    let clients = lab.host("clients")?;
    lab.attach(&outside, &clients, "c0", mac(0x60), &[net("10.9.0.100/24")])?;
    give(&clients, "c0", &far())?;
    clients.route(NewRoute::to(net("10.1.0.0/24")).via(ip("10.9.0.1")))?;
    clients.route(NewRoute::to(net("10.2.0.0/24")).via(ip("10.9.0.2")))?;
    for router in [&router_a, &router_b] {
        router.route(NewRoute::default_via(ip("10.9.0.100")))?;
    }
    Ok(Uplinks { server, router_a, router_b, clients, right })
}

/// Waits until something is so that the rest of the stage is built upon.
///
/// # Errors
/// [`LabError::NotReady`] when it is not so within 10 s.
pub(super) fn wait_for(what: &str, is_so: impl Fn() -> Result<bool>) -> Result<()> {
    const LIMIT: Duration = Duration::from_secs(10);
    let began = Instant::now();
    while !is_so()? {
        let waited = began.elapsed();
        if waited >= LIMIT {
            let (expected, seen) = (what.to_owned(), "nothing of it".to_owned());
            return Err(LabError::NotReady { expected, seen, waited });
        }
        sleep(Duration::from_millis(20));
    }
    Ok(())
}

/// Sets `rp_filter` of a device of this host, or of `all`.
pub(super) fn rp_filter(host: &Namespace, device: &str, value: &str) -> Result<()> {
    host.sysctl(&format!("net/ipv4/conf/{device}/rp_filter"), value)
}

/// The counter of packets that the reverse-path filter dropped.
pub(super) const RP_FILTERED: (&str, &str) = ("TcpExt", "IPReversePathFilter");
