//! The firewall of the server drops the answers to its own neighbour solicitations.

use std::net::SocketAddr;

use super::bench::{Bench, any, visitors};
use crate::bpf::Family;
use crate::configure::mac;
use crate::expectation::Expectation;
use crate::lab::{ip, net};
use crate::route::NewRoute;
use crate::running::Condition;
use crate::scenario::Scenario;
use crate::traffic::{KernelClients, Server};
use ipnet::IpNet;

const RULES: &str = "\
table inet filter {
    chain input {
        type filter hook input priority filter; policy accept;
        iif lo accept
        icmpv6 type { nd-neighbor-solicit, nd-neighbor-advert } counter drop
    }
}
";

pub(in crate::scenario) static SCENARIO: Scenario = Scenario {
    id: "firewall-drops-nd",
    title: "an nftables rule in INPUT drops neighbour discovery: the gateway never resolves",
    story: "\
Somebody closed ICMPv6 as one closes ICMP. The server asks for the MAC address of its gateway, the
answer arrives and is dropped in INPUT, and each SYN-ACK waits for it in vain. SYNs come all the
same, because the router has a permanent entry of the server. IPv4 works.",
    picture: "
  server --------------------- ROUTER ---------------- clients
  10.1.0.10                    10.1.0.1                100.64.0-4.1-8 and
  2001:db8:1::10               2001:db8:1::1           10.9.0.2, of :443
  input: drop nd-neighbor-*    knows the MAC address   2001:db8:a1::11 to
                               of the server           a5::15, of :80

  SYN      client -> router -> server                  admitted
  SYN-ACK  server: who has 2001:db8:1::1?              never sent
  NA       router -> server                            dropped by a rule",
    expect: Expectation::fault("neighbour-unresolved", "path", &["confirmed", "likely"]),
    needs_nft: true,
    machine_wide: false,
    stage: |lab| {
        let mut bench = Bench::new(lab, Family::V4, |server| server.nft(RULES))?;
        let server = net("2001:db8:1::10/64");
        bench.server.address("ps0", server)?;
        bench.server.route(NewRoute::default_via(ip("2001:db8:1::1")))?;
        bench.router.address("r0", net("2001:db8:1::1/64"))?;
        bench.router.address("r1", net("2001:db8:9::1/64"))?;
        bench.router.neighbour("r0", server.addr(), mac(0x10))?;
        bench.clients.address("c0", net("2001:db8:9::2/64"))?;
        bench.clients.route(NewRoute::default_via(ip("2001:db8:9::1")))?;
        bench.router.route(NewRoute::default_via(ip("2001:db8:9::2")))?;

        let visitors = visitors(Family::V6);
        for visitor in visitors {
            bench.clients.address("c0", IpNet::from(visitor))?;
        }
        let target = SocketAddr::new(server.addr(), 80);
        let app = Server::accepting(any(Family::V6, 80)).start(&bench.server)?;
        let stuck = KernelClients::new(target, visitors).start(&bench.clients)?;
        bench.keep(app);
        bench.keep(stuck);
        Ok(bench.into_stage(Condition::stuck_peers(visitors)))
    },
};
