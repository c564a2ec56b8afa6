//! The common ground: a server behind a gateway, whose :443 is healthy and visited, and whose rules
//! are loaded before the first client connects.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use ipnet::IpNet;

use crate::bpf::Family;
use crate::configure::mac;
use crate::error::Result;
use crate::lab::{Lab, ip, net};
use crate::namespace::Namespace;
use crate::route::NewRoute;
use crate::running::{Condition, Stage};
use crate::scenario::noise;
use crate::traffic::{KernelClients, Pace, RawPeers, Script, Server, Traffic};

/// Ten handshakes a second on the healthy listener.
pub(super) const HEALTHY: Pace = Pace { every: Duration::from_millis(200), burst: 2 };
/// Four connections a second, each of which stays as long as the kernel keeps it: 63 s.
pub(super) const STUCK: Pace = Pace { every: Duration::from_millis(500), burst: 2 };
pub(super) const ROUND_TRIP: Duration = Duration::from_millis(50);
/// One SYN a second and a half; each leaves a row for 63 s.
pub(super) const SCAN: Pace = Pace { every: Duration::from_millis(700), burst: 1 };
/// The addresses of a scanner.
pub(super) const SCANNER: [&str; 2] = ["203.0.113.66", "203.0.113.67"];
const HOLD: Duration = Duration::from_millis(100);
/// How long a visitor waits for an answer, to its SYN or to what it sends, before it starts anew.
pub(super) const PATIENCE: Duration = Duration::from_secs(6);

/// The addresses of a scenario.
struct Plan {
    server: IpNet,
    gateway: IpNet,
    /// The router's, on the wire of the clients.
    outer: IpNet,
    /// The host of all clients; a client itself.
    client: IpNet,
}

fn plan(family: Family) -> Plan {
    let [server, gateway, outer, client] = match family {
        Family::V4 => ["10.1.0.10/24", "10.1.0.1/24", "10.9.0.1/24", "10.9.0.2/24"],
        Family::V6 => {
            ["2001:db8:1::10/64", "2001:db8:1::1/64", "2001:db8:9::1/64", "2001:db8:9::2/64"]
        }
    };
    Plan { server: net(server), gateway: net(gateway), outer: net(outer), client: net(client) }
}

/// This port of any address: one of IPv6 cannot be bound to before the kernel has looked at it.
pub(super) fn any(family: Family, port: u16) -> SocketAddr {
    match family {
        Family::V4 => SocketAddr::new(ip("0.0.0.0"), port),
        Family::V6 => SocketAddr::new(ip("::"), port),
    }
}

/// Clients with the kernel's TCP in five networks that have nothing in common but the way that they
/// come in by.
pub(super) fn visitors(family: Family) -> [IpAddr; 5] {
    match family {
        Family::V4 => {
            ["192.0.2.11", "198.51.100.12", "203.0.113.13", "198.18.7.14", "198.19.9.15"].map(ip)
        }
        Family::V6 => [
            "2001:db8:a1::11",
            "2001:db8:a2::12",
            "2001:db8:a3::13",
            "2001:db8:a4::14",
            "2001:db8:a5::15",
        ]
        .map(ip),
    }
}

/// Crafted clients of the healthy listener, in five networks of their own: 100.64.0-4.1-8 or
/// 2001:db8:c0-c4::1-8.
pub(super) fn crowd(family: Family) -> impl Iterator<Item = IpAddr> {
    (0..40_u8).map(move |n| match family {
        Family::V4 => IpAddr::V4(Ipv4Addr::new(100, 64, n % 5, 1 + n / 5)),
        Family::V6 => {
            let (network, host) = (0xc0 + u16::from(n % 5), 1 + u16::from(n / 5));
            IpAddr::V6(Ipv6Addr::new(0x2001, 0xdb8, network, 0, 0, 0, 0, host))
        }
    })
}

/// Twenty-four addresses in four networks, for crafted peers.
pub(super) fn strangers() -> impl Iterator<Item = IpAddr> {
    const NETWORKS: [[u8; 3]; 4] = [[192, 0, 2], [198, 51, 100], [203, 0, 113], [198, 18, 7]];
    (0..6_u8).flat_map(|n| NETWORKS.map(|[a, b, c]| IpAddr::from([a, b, c, 100 + n])))
}

impl Namespace {
    /// Moves the address of the server of a bench, of IPv4, to a bridge whose port the device becomes.
    pub(super) fn behind_bridge(&self, device: &str, bridge: &str) -> Result<()> {
        let plan = plan(Family::V4);
        self.bridge(bridge)?;
        self.remove_address(device, plan.server)?;
        self.enslave(device, bridge)?;
        self.set_mac(bridge, mac(0x10))?;
        self.address(bridge, plan.server)?;
        self.route(NewRoute::default_via(plan.gateway.addr()))
    }
}

pub(super) struct Bench {
    /// Its device is ps0.
    pub(super) server: Namespace,
    /// Its device r0 is on the wire of the server, r1 on that of the clients.
    pub(super) router: Namespace,
    /// Its device is c0.
    pub(super) clients: Namespace,
    pub(super) family: Family,
    traffic: Vec<Traffic>,
    shows: Condition,
}

impl Bench {
    /// Builds the hosts, has `prepare` load the rules of the server, and then lets the clients of
    /// the healthy listener in.
    pub(super) fn new(
        lab: &mut Lab,
        family: Family,
        prepare: impl FnOnce(&Namespace) -> Result<()>,
    ) -> Result<Self> {
        let plan = plan(family);
        let inside = lab.segment("inside")?;
        let outside = lab.segment("outside")?;

        let server = lab.host("server")?;
        lab.attach(&inside, &server, "ps0", mac(0x10), &[plan.server])?;
        server.route(NewRoute::default_via(plan.gateway.addr()))?;

        let router = lab.router("router")?;
        lab.attach(&inside, &router, "r0", mac(0x01), &[plan.gateway])?;
        lab.attach(&outside, &router, "r1", mac(0x51), &[plan.outer])?;
        router.route(NewRoute::default_via(plan.client.addr()))?;

        let clients = lab.host("clients")?;
        lab.attach(&outside, &clients, "c0", mac(0x60), &[plan.client])?;
        clients.route(NewRoute::default_via(plan.outer.addr()))?;
        for visitor in visitors(family) {
            clients.address("c0", IpNet::from(visitor))?;
        }
        prepare(&server)?;

        let target = SocketAddr::new(plan.server.addr(), 443);
        let app = Server::accepting(any(family, 443)).start(&server)?;
        let kernel = KernelClients::new(target, [plan.client.addr()]).start(&clients)?;
        let script = |_| Script::completes(ROUND_TRIP).closing_after(HOLD);
        let crafted = RawPeers::new(target, crowd(family), HEALTHY, script).start(&clients)?;
        let shows = Condition::completed(&kernel, 2).and(Condition::completed(&crafted, 10));
        Ok(Self { server, router, clients, family, traffic: vec![kernel, crafted, app], shows })
    }

    /// The address of the server with this port.
    pub(super) fn service(&self, port: u16) -> SocketAddr {
        SocketAddr::new(plan(self.family).server.addr(), port)
    }

    /// Keeps a generator until the end. What is kept last is stopped first.
    pub(super) fn keep(&mut self, traffic: Traffic) {
        self.traffic.insert(0, traffic);
    }

    /// A server on this port that accepts.
    pub(super) fn serve(&mut self, port: u16) -> Result<()> {
        let app = Server::accepting(any(self.family, port)).start(&self.server)?;
        self.keep(app);
        Ok(())
    }

    /// Clients with the kernel's TCP, two connections of each of these addresses at a time, which
    /// wait for an answer for six seconds. Gives when each of them completed two handshakes.
    pub(super) fn connect(
        &mut self,
        port: u16,
        sources: impl IntoIterator<Item = IpAddr>,
    ) -> Result<Condition> {
        let plan = KernelClients {
            hold: PATIENCE,
            patience: PATIENCE,
            ..KernelClients::new(self.service(port), sources)
        };
        let least = 2 * plan.sources.len() as u64;
        let traffic = plan.start(&self.clients)?;
        let completed = Condition::completed(&traffic, least);
        self.keep(traffic);
        Ok(completed)
    }

    /// A server on this port, and all visitors as its clients; as [`Bench::connect`].
    pub(super) fn visit(&mut self, port: u16) -> Result<Condition> {
        self.serve(port)?;
        self.connect(port, visitors(self.family))
    }

    /// Crafted peers of this port, from the addresses of no host.
    pub(super) fn crafted(
        &mut self,
        port: u16,
        pace: Pace,
        sources: impl IntoIterator<Item = IpAddr>,
        choose: impl Fn(u64) -> Script + Send + Sync + 'static,
    ) -> Result<()> {
        let peers = RawPeers::new(self.service(port), sources, pace, choose);
        let peers = peers.start(&self.clients)?;
        self.keep(peers);
        Ok(())
    }

    /// A scanner of :443, which leaves stuck requests. Gives when each of its addresses has one.
    pub(super) fn scan(&mut self) -> Result<Condition> {
        let scanner = SCANNER.map(ip);
        self.crafted(443, SCAN, scanner, |_| Script::silent())?;
        Ok(Condition::stuck_peers(scanner))
    }

    /// The server itself keeps connecting to these addresses, of IPv4, which never answer.
    pub(super) fn reach_out(&mut self, addresses: &[&str]) -> Result<()> {
        let own = plan(Family::V4).server.addr();
        for traffic in noise::dead_peers(&self.server, own, addresses)? {
            self.keep(traffic);
        }
        Ok(())
    }

    /// Every visitor has a request whose timer fired.
    pub(super) fn visitors_stuck(&self) -> Condition {
        Condition::stuck_peers(visitors(self.family))
    }

    /// Waits for this too, besides handshakes on the healthy listener.
    pub(super) fn into_stage(self, shows: Condition) -> Stage {
        Stage { server: self.server, traffic: self.traffic, shows: self.shows.and(shows) }
    }
}
