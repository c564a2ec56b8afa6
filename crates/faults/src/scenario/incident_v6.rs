//! The incident in IPv6: a prefix that is too wide, and two routers that answer for everybody.

use std::net::{IpAddr, Ipv6Addr, SocketAddr};

use super::Scenario;
use super::clients;
use crate::configure::mac;
use crate::error::Result;
use crate::expectation::Expectation;
use crate::lab::{ip, net};
use crate::namespace::Namespace;
use crate::netfilter::STATEFUL_FORWARDING;
use crate::route::NewRoute;
use crate::running::{Condition, Stage};
use crate::traffic::{KernelClients, Server};

fn routed_clients() -> impl Iterator<Item = IpAddr> {
    (0x11..=0x16).map(|last| Ipv6Addr::new(0x2001, 0xdb8, 4, 5, 0, 0, 0, last).into())
}

pub(super) static SCENARIO: Scenario = Scenario {
    id: "incident-v6",
    title: "the incident in IPv6: /48 instead of /64; router and load balancer proxy ND",
    story: "\
The server was given 2001:db8:4::10/48 on a wire that is 2001:db8:4::/64, so it takes the clients
2001:db8:4:5::11-16 for neighbours and solicits them. They are behind the router. The router and
the load balancer both answer for them (proxy_ndp), the balancer at once, the router after up to
0.2 s, and the kernel keeps the first answer of a proxy. SYNs come in through the router; SYN-ACKs
go to the balancer, whose connection tracking never saw the SYN: it drops them as invalid. A client
on the true subnet, 2001:db8:4::20, connects all the time.",
    picture: "
                          2001:db8:4::/64           2001:db8:4:5::/64
                          |                         |
  server 2001:db8:4::10 --+--- ::1  ROUTER   ::1 ---+
  02:..:10, prefix /48    |    :01  proxy_ndp slow  |
                          |                         +--- clients ::11-::16
  client 2001:db8:4::20 --+--- ::2  BALANCER ::2 ---+
  02:..:20, prefix /64    |    :02  proxy_ndp fast  |
                          |         drops invalid   |

  SYN      client -> router   -> server   accepted
  SYN-ACK  server -> balancer -> X        dropped: no connection known",
    expect: Expectation::fault("bad-netmask", "path", &["likely", "confirmed"]),
    needs_nft: true,
    machine_wide: false,
    stage: |lab| {
        let front = lab.segment("front")?;
        let back = lab.segment("back")?;

        let server = lab.host("server")?;
        lab.attach(&front, &server, "ps0", mac(0x10), &[net("2001:db8:4::10/48")])?;
        server.route(NewRoute::default_via(ip("2001:db8:4::1")))?;

        let near = clients::on(lab, &front, "near", mac(0x20), &["2001:db8:4::20/64"])?;

        let router = lab.router("router")?;
        lab.attach(&front, &router, "r0", mac(0x01), &[net("2001:db8:4::1/64")])?;
        lab.attach(&back, &router, "r1", mac(0x51), &[net("2001:db8:4:5::1/64")])?;
        answer_for_clients(&router, "r0", "20")?;

        let balancer = lab.router("balancer")?;
        lab.attach(&front, &balancer, "lb0", mac(0x02), &[net("2001:db8:4::2/64")])?;
        lab.attach(&back, &balancer, "lb1", mac(0x52), &[net("2001:db8:4:5::2/64")])?;
        answer_for_clients(&balancer, "lb0", "0")?;
        balancer.nft(STATEFUL_FORWARDING)?;

        let far = lab.host("clients")?;
        lab.plug(&back, &far, "c0", mac(0x60))?;
        for client in routed_clients() {
            far.address("c0", net(&format!("{client}/64")))?;
        }
        far.route(NewRoute::default_via(ip("2001:db8:4:5::1")))?;

        let listen = SocketAddr::new(ip("2001:db8:4::10"), 80);
        let app = Server::accepting(listen).start(&server)?;
        let near = KernelClients::new(listen, near.sources).start(&near.host)?;
        let far = KernelClients::new(listen, routed_clients()).start(&far)?;
        let shows = Condition::stuck_peers(routed_clients()).and(Condition::completed(&near, 2));
        Ok(Stage { server, traffic: vec![near, far, app], shows })
    },
};

/// Answers for every client on a device, after a random time up to `delay` in 1/100 s.
fn answer_for_clients(router: &Namespace, device: &str, delay: &str) -> Result<()> {
    // On the device alone the kernel would not answer when the server asks again by unicast, and
    // then the two would race anew every half minute.
    router.sysctl("net/ipv6/conf/all/proxy_ndp", "1")?;
    router.sysctl(&format!("net/ipv6/neigh/{device}/proxy_delay"), delay)?;
    routed_clients().try_for_each(|client| router.proxy_neighbour(device, client))
}
