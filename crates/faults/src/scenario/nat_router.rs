//! A router that translates to addresses of its own: healthy.

use super::{Scenario, clients};
use crate::configure::mac;
use crate::expectation::Expectation;
use crate::lab::{ip, net};
use crate::route::NewRoute;

/// Clients behind the router appear on the server's wire with the router's addresses.
const TRANSLATION: &str = "\
table ip lab {
    chain postrouting {
        type nat hook postrouting priority srcnat; policy accept;
        oifname \"r0\" ip daddr 10.1.0.10 snat to 10.1.0.101-10.1.0.104
    }
}
";

pub(super) static SCENARIO: Scenario = Scenario {
    id: "nat-router",
    title: "a router translates clients to its own addresses on the server's wire: healthy",
    story: "\
The router has four more addresses on the server's wire and translates its clients to them. So the
server sees neighbours 10.1.0.101-104 that all have the router's MAC, and SYNs of which a router
took one from the TTL: half of what a wide mask looks like. The SYN-ACKs go where the SYNs came
from, and every handshake completes.",
    picture: "
                           10.1.0.1
  server 10.1.0.10/24 ---- 10.1.0.101-104  ROUTER  10.9.0.1 --- clients
  :80                      02:..:01        snat                 10.9.0.101-104

  SYN      from 10.1.0.101-104, MAC 02:..:01, TTL 63
  SYN-ACK  to 02:..:01",
    expect: Expectation::HEALTHY,
    needs_nft: true,
    machine_wide: false,
    stage: |lab| {
        let inside = lab.segment("inside")?;
        let server = lab.host("server")?;
        lab.attach(&inside, &server, "ps0", mac(0x10), &[net("10.1.0.10/24")])?;
        server.route(NewRoute::default_via(ip("10.1.0.1")))?;

        let router = lab.router("router")?;
        let addresses = [
            net("10.1.0.1/24"),
            net("10.1.0.101/24"),
            net("10.1.0.102/24"),
            net("10.1.0.103/24"),
            net("10.1.0.104/24"),
        ];
        lab.attach(&inside, &router, "r0", mac(0x01), &addresses)?;
        router.nft(TRANSLATION)?;
        let outsiders = clients::behind(lab, &router)?;
        clients::all_connect(server, &[(&outsiders, "10.1.0.10")])
    },
};
