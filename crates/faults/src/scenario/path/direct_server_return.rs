//! Direct server return: requests come by a balancer, replies do not go back through it. Healthy.

use super::ground::{connect, far, give, serve};
use crate::configure::mac;
use crate::expectation::Expectation;
use crate::lab::{ip, net};
use crate::route::NewRoute;
use crate::running::{Condition, Stage};
use crate::scenario::{Scenario, routed};

pub(in crate::scenario) static SCENARIO: Scenario = Scenario {
    id: "direct-server-return",
    title: "a balancer hands SYNs on unchanged, the server answers directly (DSR): healthy",
    story: "\
The service address 10.1.0.50 is on the server's loopback, with arp_ignore 1 and arp_announce 2, so
that only the balancer speaks for it on the wire. The balancer hands packets to the server without
changing them. SYNs come from the balancer's MAC; SYN-ACKs go to the router, from the address that
the clients called. Every handshake completes.",
    picture: "
                       10.1.0.0/24
                       |
  server 10.1.0.10 ----+---- 10.1.0.1  ROUTER  10.9.0.1 --- clients
  lo 10.1.0.50/32      |     02:..:01                       198.18.1.11 ...
  :80                  |
                       +---- 10.1.0.2  BALANCER
                             02:..:02  10.1.0.50

  SYN      client -> router -> balancer -> server   MAC 02:..:02, TTL 62
  SYN-ACK  server -> router -> client               MAC 02:..:01",
    expect: Expectation::HEALTHY,
    needs_nft: false,
    machine_wide: false,
    stage: |lab| {
        let hosts = routed::build(lab)?;
        for (setting, value) in [("arp_ignore", "1"), ("arp_announce", "2")] {
            hosts.server.sysctl(&format!("net/ipv4/conf/all/{setting}"), value)?;
        }
        hosts.server.address("lo", net("10.1.0.50/32"))?;
        let balancer = lab.router("balancer")?;
        lab.attach(&hosts.inside, &balancer, "lb0", mac(0x02), &[net("10.1.0.2/24")])?;
        for device in ["all", "lb0"] {
            balancer.sysctl(&format!("net/ipv4/conf/{device}/send_redirects"), "0")?;
        }
        balancer.route(NewRoute::default_via(ip("10.1.0.1")))?;
        balancer.route(NewRoute::to(net("10.1.0.50/32")).via(ip("10.1.0.10")))?;
        hosts.router.route(NewRoute::to(net("10.1.0.50/32")).via(ip("10.1.0.2")))?;
        give(&hosts.clients, "c0", &far())?;
        let app = serve(&hosts.server, 80)?;
        let own = connect(&hosts.clients, &[ip("10.9.0.2")], "10.1.0.10", 80)?;
        let service = connect(&hosts.clients, &far(), "10.1.0.50", 80)?;
        let shows = Condition::completed(&own, 2).and(Condition::completed(&service, 8));
        Ok(Stage { server: hosts.server, traffic: vec![own, service, app], shows })
    },
};
