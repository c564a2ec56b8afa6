//! IPv6 service addresses that leave the host while handshakes are open: healthy.

use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use crate::configure::mac;
use crate::error::Result;
use crate::expectation::Expectation;
use crate::lab::{Lab, ip, net};
use crate::namespace::Namespace;
use crate::route::NewRoute;
use crate::running::{Condition, Stage};
use crate::scenario::Scenario;
use crate::traffic::{Holder, KernelClients, MovingAddresses, Pace, RawPeers, Script, Server};

const PACE: Pace = Pace { every: Duration::from_millis(200), burst: 2 };
/// Long, so that every move finds handshakes open.
const ROUND_TRIP: Duration = Duration::from_millis(500);
const EVERY: Duration = Duration::from_secs(3);
/// An address comes back after 72 s, when all requests that it left behind have ended.
const MOVING: u16 = 24;
/// As many of them have clients.
const VISITED: usize = 8;

struct Hosts {
    server: Namespace,
    second: Namespace,
    router: Namespace,
    clients: Namespace,
}

fn build(lab: &mut Lab) -> Result<Hosts> {
    let inside = lab.segment("inside")?;
    let outside = lab.segment("outside")?;
    let server = lab.host("server")?;
    lab.attach(&inside, &server, "ps0", mac(0x10), &[net("2001:db8:1::10/64")])?;
    server.route(NewRoute::default_via(ip("2001:db8:1::1")))?;
    let second = lab.host("second")?;
    lab.attach(&inside, &second, "s0", mac(0x12), &[net("2001:db8:1::11/64")])?;
    second.route(NewRoute::default_via(ip("2001:db8:1::1")))?;
    let router = lab.router("router")?;
    lab.attach(&inside, &router, "r0", mac(0x01), &[net("2001:db8:1::1/64")])?;
    lab.attach(&outside, &router, "r1", mac(0x51), &[net("2001:db8:9::1/64")])?;
    router.route(NewRoute::default_via(ip("2001:db8:9::2")))?;
    let clients = lab.host("clients")?;
    lab.attach(&outside, &clients, "c0", mac(0x60), &[net("2001:db8:9::2/64")])?;
    clients.route(NewRoute::default_via(ip("2001:db8:9::1")))?;
    Ok(Hosts { server, second, router, clients })
}

pub(in crate::scenario) static SCENARIO: Scenario = Scenario {
    id: "moved-address-v6",
    title: "IPv6 service addresses move to another host while handshakes are open: healthy",
    story: "\
A cluster moves its service addresses 2001:db8:1::100-117 from the server to a second host, one every
3 s. Handshakes that are open at that moment leave requests whose local address the server no longer
has. Unlike with IPv4 the kernel goes on: it sends their SYN-ACKs from the address that is gone until
they are used up. Clients are reset by the new owner, who gets their ACKs, and connect anew.",
    picture: "
                                    |
  server 2001:db8:1::10 ------------+--- 2001:db8:1::1 ROUTER --- clients
  :80    2001:db8:1::100-117 now    |              2001:db8:66:x::1-14
                                    |              2001:db8:9::2
  second 2001:db8:1::11 ------------+
  :80    2001:db8:1::100-117 a moment later

  SYN      client -> server   admitted
           the address moves
  ACK      client -> second   RST
  SYN-ACK  server -> client   again and again, from an address that is gone",
    expect: Expectation::HEALTHY,
    needs_nft: false,
    machine_wide: false,
    stage: |lab| {
        let Hosts { server, second, router, clients } = build(lab)?;
        let moving: Vec<IpAddr> = (0..MOVING)
            .map(|n| IpAddr::from([0x2001, 0xdb8, 1, 0, 0, 0, 0, 0x100 + n]))
            .collect();
        for address in &moving {
            server.address("ps0", (*address).into())?;
        }
        let any = SocketAddr::new(Ipv6Addr::UNSPECIFIED.into(), 80);
        let app = Server::accepting(any).start(&server)?;
        let other_app = Server::accepting(any).start(&second)?;

        let steady = SocketAddr::new(ip("2001:db8:1::10"), 80);
        let steady = KernelClients::new(steady, [ip("2001:db8:9::2")]).start(&clients)?;
        let mut traffic = Vec::new();
        for (address, third) in moving.iter().take(VISITED).zip(1..) {
            let peers =
                (1..=20).map(|last| IpAddr::from([0x2001, 0xdb8, 0x66, third, 0, 0, 0, last]));
            let script =
                |_| Script::completes(ROUND_TRIP).closing_after(Duration::from_millis(100));
            let target = SocketAddr::new(*address, 80);
            traffic.push(RawPeers::new(target, peers, PACE, script).start(&clients)?);
        }
        let holder = |host, device: &str, mac| Holder { host, device: device.to_owned(), mac };
        let moves = MovingAddresses {
            addresses: moving,
            holders: [holder(server.clone(), "ps0", mac(0x10)), holder(second, "s0", mac(0x12))],
            router: (router, "r0".to_owned()),
            every: EVERY,
        };
        traffic.insert(0, moves.start()?);
        let shows = Condition::completed(&steady, 3).and(Condition::stuck_on_port(80, 6));
        traffic.extend([steady, app, other_app]);
        Ok(Stage { server, traffic, shows })
    },
};
