//! A device without an address draws the SYNs of clients, and the replies leave by another.

use std::net::IpAddr;

use super::ground::{Uplinks, connect, far, serve, uplinks};
use crate::configure::mac;
use crate::expectation::Expectation;
use crate::lab::{ip, net};
use crate::netfilter::STATEFUL_FORWARDING;
use crate::route::NewRoute;
use crate::running::{Condition, Stage};
use crate::scenario::Scenario;

/// Last bytes of the addresses, and of the MAC addresses, of the clients on the wire of ps1.
const DRAWN: [u8; 3] = [20, 21, 22];

fn drawn() -> [IpAddr; 3] {
    DRAWN.map(|last| IpAddr::from([10, 2, 0, last]))
}

pub(in crate::scenario) static SCENARIO: Scenario = Scenario {
    id: "arp-flux-ghost-stateful",
    title: "a NIC without address answers ARP for the other; the gateway is stateful",
    story: "\
The server has 10.1.0.10 on ps0. ps1 is plugged into another wire and up, but has no address. The
clients 10.2.0.20-22 there have too wide a mask, so they take 10.1.0.10 for a neighbour and ask for
it on their wire, and ps1 answers: Linux answers for all its addresses on every device. Their SYNs
come in on ps1; the SYN-ACKs leave by ps0 to the gateway, which tracks connections, never saw the
SYN, and drops them. Clients of other networks connect.",
    picture: "
                  ps0 10.1.0.10 ---- 10.1.0.1  GATEWAY  10.9.0.1 --- clients
  server :80                         stateful  |              198.18.1.11 ...
                  ps1 (none) ---+--- 10.2.0.1 -+
                                |
                                +--- clients 10.2.0.20-22, mask /8

  who has 10.1.0.10?  ps1 answers
  SYN      client -> ps1          SYN-ACK  ps0 -> gateway -> X
  neighbours 10.2.0.20-22 dev ps1, without any route on ps1",
    expect: Expectation::fault("arp-flux", "path", &["likely", "confirmed"]),
    needs_nft: true,
    machine_wide: false,
    stage: |lab| {
        let Uplinks { server, router_a, clients, right, .. } = uplinks(lab)?;
        server.remove_address("ps1", net("10.2.0.10/24"))?;
        server.route(NewRoute::default_via(ip("10.1.0.1")).device("ps0"))?;
        // Not router b's any more.
        lab.attach(&right, &router_a, "a2", mac(0x2a), &[net("10.2.0.1/24")])?;
        router_a.nft(STATEFUL_FORWARDING)?;

        let app = serve(&server, 80)?;
        let far_traffic = connect(&clients, &far(), "10.1.0.10", 80)?;
        let shows = Condition::stuck_peers(drawn()).and(Condition::completed(&far_traffic, 8));
        let mut traffic = vec![far_traffic];
        for last in DRAWN {
            let client = lab.host(&format!("client-{last}"))?;
            let own = IpAddr::from([10, 2, 0, last]);
            lab.attach(&right, &client, "n0", mac(last), &[net(&format!("{own}/8"))])?;
            traffic.push(connect(&client, &[own], "10.1.0.10", 80)?);
        }
        traffic.push(app);
        Ok(Stage { server, traffic, shows })
    },
};
