//! The incident: a prefix that is too wide, and two routers that answer for everybody.

use std::net::IpAddr;

use super::Scenario;
use crate::configure::mac;
use crate::error::Result;
use crate::expectation::Expectation;
use crate::lab::{Lab, Segment, ip, net};
use crate::namespace::Namespace;
use crate::netfilter::STATEFUL_FORWARDING;
use crate::route::NewRoute;
use crate::running::{Condition, Stage};
use crate::traffic::{KernelClients, Server, Traffic};

pub(super) static SCENARIO: Scenario = Scenario {
    id: "incident",
    title: "netmask /22 instead of /24; router and load balancer proxy ARP, the balancer is faster",
    story: "\
The server was given 192.168.4.10/22 on a wire that is 192.168.4.0/24, so it takes the clients
192.168.5.11-18 for neighbours and asks for them by ARP. They are behind the router. The router
and the load balancer both have proxy_arp on and both answer; the balancer answers at once, the
router after up to 0.2 s, and the kernel keeps the first answer. SYNs come in through the router;
SYN-ACKs go to the balancer, whose connection tracking never saw the SYN: it drops them as
invalid. A client on the true subnet, 192.168.4.20, connects all the time.",
    picture: "
                        192.168.4.0/24              192.168.5.0/24
                        |                           |
  server 192.168.4.10 --+--- .4.1  ROUTER  .5.1 ----+
  02:..:10, mask /22    |    :01   proxy_arp, slow  |
                        |                           +--- clients .5.11 - .5.18
  client 192.168.4.20 --+--- .4.2  BALANCER  .5.2 --+
  02:..:20, mask /24    |    :02   proxy_arp, fast  |
                        |          drops ct invalid |

  SYN      client -> router   -> server   accepted
  SYN-ACK  server -> balancer -> X        dropped: no connection known",
    expect: Expectation::fault("bad-netmask", "path", &["likely", "confirmed"]),
    needs_nft: true,
    machine_wide: false,
    stage: |lab| {
        let built = build(lab, 22, Proxies::BalancerFirst, routed_clients())?;
        let shows =
            Condition::stuck_peers(routed_clients()).and(Condition::completed(&built.near, 2));
        Ok(built.into_stage(shows))
    },
};

/// Who answers the server's ARP requests for the clients behind the router.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Proxies {
    /// Both; the balancer at once, the router after up to 0.2 s.
    BalancerFirst,
    /// Both, each after up to 0.2 s of its own.
    Race,
    /// The router alone, at once.
    RouterOnly,
    /// Nobody.
    Neither,
}

impl Proxies {
    /// The settings `proxy_delay` of router and balancer, in 1/100 s: an answer is delayed by a
    /// random time up to this. Below the receiver's locktime of 1 s, so that the later answer never
    /// replaces the first. `None` leaves proxy ARP off.
    fn delays(self) -> (Option<&'static str>, Option<&'static str>) {
        match self {
            Self::BalancerFirst => (Some("20"), Some("0")),
            Self::Race => (Some("20"), Some("20")),
            Self::RouterOnly => (Some("0"), None),
            Self::Neither => (None, None),
        }
    }
}

/// The hosts of the incident with their traffic.
pub(super) struct Built {
    pub(super) server: Namespace,
    app: Traffic,
    /// Connections of the client on the true subnet.
    pub(super) near: Traffic,
    /// Connections of the clients behind the router.
    pub(super) far: Traffic,
    /// Between the server and its clients.
    pub(super) router: Namespace,
    /// The wire of the clients, 192.168.5.0/24.
    pub(super) back: Segment,
}

impl Built {
    pub(super) fn into_stage(self, shows: Condition) -> Stage {
        Stage { server: self.server, traffic: vec![self.near, self.far, self.app], shows }
    }
}

pub(super) fn routed_clients() -> impl Iterator<Item = IpAddr> {
    (11..=18).map(|last| IpAddr::from([192, 168, 5, last]))
}

/// Builds the incident with any prefix length of the server, any proxies, and these clients of
/// 192.168.5.0/24.
pub(super) fn build(
    lab: &mut Lab,
    prefix_len: u8,
    proxies: Proxies,
    clients: impl IntoIterator<Item = IpAddr>,
) -> Result<Built> {
    let sources: Vec<IpAddr> = clients.into_iter().collect();
    let front = lab.segment("front")?;
    let back = lab.segment("back")?;

    let server = lab.host("server")?;
    let mask = net(&format!("192.168.4.10/{prefix_len}"));
    lab.attach(&front, &server, "ps0", mac(0x10), &[mask])?;
    server.route(NewRoute::default_via(ip("192.168.4.1")))?;

    let near = lab.host("near")?;
    lab.attach(&front, &near, "n0", mac(0x20), &[net("192.168.4.20/24")])?;
    near.route(NewRoute::default_via(ip("192.168.4.1")))?;

    let router = lab.router("router")?;
    lab.attach(&front, &router, "r0", mac(0x01), &[net("192.168.4.1/24")])?;
    lab.attach(&back, &router, "r1", mac(0x51), &[net("192.168.5.1/24")])?;

    let balancer = lab.router("balancer")?;
    lab.attach(&front, &balancer, "lb0", mac(0x02), &[net("192.168.4.2/24")])?;
    lab.attach(&back, &balancer, "lb1", mac(0x52), &[net("192.168.5.2/24")])?;
    balancer.nft(STATEFUL_FORWARDING)?;

    let (at_router, at_balancer) = proxies.delays();
    for (host, device, delay) in [(&router, "r0", at_router), (&balancer, "lb0", at_balancer)] {
        if let Some(delay) = delay {
            host.sysctl(&format!("net/ipv4/conf/{device}/proxy_arp"), "1")?;
            host.sysctl(&format!("net/ipv4/neigh/{device}/proxy_delay"), delay)?;
        }
    }

    let clients = lab.host("clients")?;
    lab.plug(&back, &clients, "c0", mac(0x60))?;
    for client in &sources {
        clients.address("c0", net(&format!("{client}/24")))?;
    }
    clients.route(NewRoute::default_via(ip("192.168.5.1")))?;

    let listen = "192.168.4.10:80".parse().expect("a valid address");
    let app = Server::accepting(listen).start(&server)?;
    let near = KernelClients::new(listen, [ip("192.168.4.20")]).start(&near)?;
    let far = KernelClients::new(listen, sources).start(&clients)?;
    Ok(Built { server, app, near, far, router, back })
}
