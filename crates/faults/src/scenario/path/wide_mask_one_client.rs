//! A prefix that is too wide, of which one client of twenty dies.

use std::net::IpAddr;

use super::ground::{connect, serve};
use crate::configure::mac;
use crate::expectation::Expectation;
use crate::lab::{ip, net};
use crate::netfilter::STATEFUL_FORWARDING;
use crate::route::NewRoute;
use crate::running::{Condition, Stage};
use crate::scenario::Scenario;

/// The one that the balancer answers for.
const VICTIM: [u8; 4] = [192, 168, 5, 30];

fn routed_clients() -> Vec<IpAddr> {
    (11..=30).map(|last| IpAddr::from([192, 168, 5, last])).collect()
}

pub(in crate::scenario) static SCENARIO: Scenario = Scenario {
    id: "wide-mask-one-client",
    title: "netmask /22 instead of /24; a balancer answers ARP for one of twenty clients",
    story: "\
The server was given 192.168.4.10/22 on a wire that is 192.168.4.0/24, so it asks for the clients
192.168.5.11-30 by ARP. The router answers for all of them and passes SYN-ACKs on. For 192.168.5.30
alone a balancer answers too, and faster; it tracks connections, never saw the SYN, and drops what
it gets. Nineteen clients connect by the router, and one never does.",
    picture: "
                        192.168.4.0/24              192.168.5.0/24
                        |                           |
  server 192.168.4.10 --+--- .4.1  ROUTER  .5.1 ----+
  02:..:10, mask /22    |    :01   proxy_arp        |
                        |                           +--- clients .5.11 - .5.30
                        +--- .4.2  BALANCER  .5.2 --+
                             :02   for .5.30 only
                                   drops ct invalid

  192.168.5.11-29 lladdr 02:..:01      192.168.5.30 lladdr 02:..:02",
    expect: Expectation::fault("bad-netmask", "path", &["likely", "confirmed"])
        .by_rights()
        .or(&["proxy-arp"]),
    needs_nft: true,
    machine_wide: false,
    stage: |lab| {
        let victim = IpAddr::from(VICTIM);
        let front = lab.segment("front")?;
        let back = lab.segment("back")?;
        let server = lab.host("server")?;
        lab.attach(&front, &server, "ps0", mac(0x10), &[net("192.168.4.10/22")])?;
        server.route(NewRoute::default_via(ip("192.168.4.1")))?;

        let router = lab.router("router")?;
        lab.attach(&front, &router, "r0", mac(0x01), &[net("192.168.4.1/24")])?;
        lab.attach(&back, &router, "r1", mac(0x51), &[net("192.168.5.1/24")])?;
        router.sysctl("net/ipv4/conf/r0/proxy_arp", "1")?;
        router.sysctl("net/ipv4/neigh/r0/proxy_delay", "20")?;
        let balancer = lab.router("balancer")?;
        lab.attach(&front, &balancer, "lb0", mac(0x02), &[net("192.168.4.2/24")])?;
        lab.attach(&back, &balancer, "lb1", mac(0x52), &[net("192.168.5.2/24")])?;
        balancer.nft(STATEFUL_FORWARDING)?;
        balancer.sysctl("net/ipv4/neigh/lb0/proxy_delay", "0")?;
        balancer.proxy_neighbour("lb0", victim)?;

        let clients = lab.host("clients")?;
        lab.plug(&back, &clients, "c0", mac(0x60))?;
        for client in routed_clients() {
            clients.address("c0", net(&format!("{client}/24")))?;
        }
        clients.route(NewRoute::default_via(ip("192.168.5.1")))?;

        let app = serve(&server, 80)?;
        let others: Vec<IpAddr> =
            routed_clients().into_iter().filter(|client| *client != victim).collect();
        let one = connect(&clients, &[victim], "192.168.4.10", 80)?;
        let others = connect(&clients, &others, "192.168.4.10", 80)?;
        let shows = Condition::stuck_peers([victim]).and(Condition::completed(&others, 38));
        Ok(Stage { server, traffic: vec![one, others, app], shows })
    },
};
