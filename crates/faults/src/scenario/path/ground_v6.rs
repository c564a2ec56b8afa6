//! The common ground of IPv6: the server of `routed` and clients in four networks.

use std::net::IpAddr;
use std::time::Duration;

use super::ground::give;
use crate::configure::mac;
use crate::error::{LabError, Result};
use crate::lab::{Lab, Segment, ip, net};
use crate::namespace::Namespace;
use crate::route::NewRoute;
use crate::scenario::routed::Routed;
use crate::traffic::{RouterAdvertiser, RouterPreference, Traffic};

/// The one prefix that covers the clients of [`far`].
pub(super) const FAR_NETWORKS: &str = "2001:db8:a0::/44";

/// The server's address.
pub(super) const SERVICE: &str = "2001:db8:1::10";

/// The clients 2001:db8:a1::11, a2::12, a3::13, and a4::14.
pub(super) fn far() -> Vec<IpAddr> {
    ["2001:db8:a1::11", "2001:db8:a2::12", "2001:db8:a3::13", "2001:db8:a4::14"].map(ip).to_vec()
}

/// Server and clients with a router between them, in IPv6 alone: 2001:db8:1::10/64 on ps0, the
/// router fe80::1 and 2001:db8:1::1 on r0, 2001:db8:9::1 on r1; 2001:db8:9::2 and [`far`] on c0.
/// The default route is by fe80::1.
pub(super) fn routed(lab: &mut Lab) -> Result<Routed> {
    let hosts = without_default(lab)?;
    give_default(&hosts)?;
    Ok(hosts)
}

/// Gives the server its default route by fe80::1.
pub(super) fn give_default(hosts: &Routed) -> Result<()> {
    hosts.server.route(NewRoute::default_via(ip("fe80::1")).device("ps0"))
}

/// The same, and the server has no default route.
pub(super) fn without_default(lab: &mut Lab) -> Result<Routed> {
    let hosts = unaddressed(lab)?;
    let address = net(&format!("{SERVICE}/64"));
    hosts.server.address("ps0", address)?;
    Ok(hosts)
}

/// The same, and the server has neither an address on ps0 nor a route.
pub(super) fn unaddressed(lab: &mut Lab) -> Result<Routed> {
    let inside = lab.segment("inside")?;
    let outside = lab.segment("outside")?;
    let server = lab.host("server")?;
    lab.plug(&inside, &server, "ps0", mac(0x10))?;
    let router = lab.router("router")?;
    lab.plug(&inside, &router, "r0", mac(0x01))?;
    lab.plug(&outside, &router, "r1", mac(0x51))?;
    let clients = lab.host("clients")?;
    lab.plug(&outside, &clients, "c0", mac(0x60))?;
    let hosts = Routed { server, clients, router, inside };
    address_others(&hosts)?;
    Ok(hosts)
}

/// Gives router and clients of `routed` their addresses and routes of IPv6.
pub(super) fn address_others(hosts: &Routed) -> Result<()> {
    for address in ["2001:db8:1::1/64", "fe80::1/64"] {
        hosts.router.address("r0", net(address))?;
    }
    hosts.router.address("r1", net("2001:db8:9::1/64"))?;
    hosts.router.route(NewRoute::default_via(ip("2001:db8:9::2")))?;
    hosts.clients.address("c0", net("2001:db8:9::2/64"))?;
    hosts.clients.route(NewRoute::default_via(ip("2001:db8:9::1")))?;
    give(&hosts.clients, "c0", &far())
}

/// A second router fe80::2 on a wire, with the MAC address 02:..:ba on q0, as yet without routes.
/// A host that does not forward would say so when it is asked, and then be no router any more.
pub(super) fn second_router(lab: &mut Lab, wire: &Segment) -> Result<Namespace> {
    let router = lab.router("second")?;
    lab.attach(wire, &router, "q0", mac(0xba), &[net("fe80::2/64")])?;
    Ok(router)
}

/// Has the router of `routed` advertise itself, every 3 s.
pub(super) fn advertise(hosts: &Routed) -> Result<Traffic> {
    advertiser("r0", "fe80::1", 0x01, RouterPreference::Medium).start(&hosts.router)
}

/// Has the second router advertise itself as preferred, every 3 s.
pub(super) fn advertise_preferred(second: &Namespace) -> Result<Traffic> {
    advertiser("q0", "fe80::2", 0xba, RouterPreference::High).start(second)
}

fn advertiser(
    device: &str,
    router: &str,
    last: u8,
    preference: RouterPreference,
) -> RouterAdvertiser {
    RouterAdvertiser {
        device: device.to_owned(),
        router: router.parse().expect("a valid address"),
        mac: mac(last),
        preference,
        prefixes: Vec::new(),
        every: Duration::from_secs(3),
    }
}

/// Default routes by a gateway that a host has.
pub(super) fn default_routes(host: &Namespace) -> Result<usize> {
    const PATH: &str = "/proc/thread-self/net/ipv6_route";
    let failed = |source| LabError::Read { path: PATH, namespace: host.name().to_owned(), source };
    let text = host.run(|| std::fs::read_to_string(PATH))?.map_err(failed)?;
    // Destination and its prefix length, source and its prefix length, next hop.
    let is_default = |line: &&str| {
        let mut fields = line.split_ascii_whitespace();
        let any = "0".repeat(32);
        fields.next() == Some(&any)
            && fields.next() == Some("00")
            && fields.nth(2).is_some_and(|next_hop| next_hop != any)
    };
    Ok(text.lines().filter(is_default).count())
}
