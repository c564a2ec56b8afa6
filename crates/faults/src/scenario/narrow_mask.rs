//! A prefix that is too narrow: neighbours are answered by way of a gateway that is stateful.

use std::net::IpAddr;

use super::Scenario;
use crate::configure::mac;
use crate::expectation::Expectation;
use crate::lab::{ip, net};
use crate::netfilter::STATEFUL_FORWARDING;
use crate::route::NewRoute;
use crate::running::{Condition, Stage};
use crate::traffic::{KernelClients, Server};

/// Last byte of the addresses, and of the MAC addresses, of the clients outside the /25.
const FAR_HALF: [u8; 4] = [200, 201, 202, 203];

fn far_half() -> impl Iterator<Item = IpAddr> {
    FAR_HALF.map(|last| IpAddr::from([10, 1, 0, last])).into_iter()
}

pub(super) static SCENARIO: Scenario = Scenario {
    id: "narrow-mask",
    title: "netmask /25 instead of /24; neighbours are answered by way of a stateful gateway",
    story: "\
The server was given 10.1.0.10/25 on a wire that is 10.1.0.0/24. Clients 10.1.0.200-203 are on that
wire and send their SYNs straight to the server. For the server they are outside, so their SYN-ACKs
go to the gateway, which tracks connections, never saw the SYN, and drops them; it sends no
redirects. That they asked for the server by ARP is in its neighbour table. A client in the server's
half, 10.1.0.20, connects.",
    picture: "
                       10.1.0.0/24
                       |
  server 10.1.0.10 ----+---- 10.1.0.1  GATEWAY  10.9.0.1
  02:..:10, mask /25   |     02:..:01  drops ct invalid, no redirects
                       |
                       +---- client  10.1.0.20        02:..:20, mask /24
                       +---- clients 10.1.0.200-203   02:..:c8-cb, mask /24

  SYN      client -> server         on the wire, TTL 64
  SYN-ACK  server -> gateway -> X   dropped: no connection known",
    expect: Expectation::fault("bad-netmask", "path", &["likely", "confirmed"]),
    needs_nft: true,
    machine_wide: false,
    stage: |lab| {
        let wire = lab.segment("wire")?;

        let server = lab.host("server")?;
        lab.attach(&wire, &server, "ps0", mac(0x10), &[net("10.1.0.10/25")])?;
        server.route(NewRoute::default_via(ip("10.1.0.1")))?;

        let gateway = lab.router("gateway")?;
        lab.attach(&wire, &gateway, "r0", mac(0x01), &[net("10.1.0.1/24")])?;
        // The kernel sends redirects when either of the two is on.
        gateway.sysctl("net/ipv4/conf/all/send_redirects", "0")?;
        gateway.sysctl("net/ipv4/conf/r0/send_redirects", "0")?;
        gateway.nft(STATEFUL_FORWARDING)?;

        let near = lab.host("near")?;
        lab.attach(&wire, &near, "n0", mac(0x20), &[net("10.1.0.20/24")])?;

        let listen = "10.1.0.10:80".parse().expect("a valid address");
        let app = Server::accepting(listen).start(&server)?;
        let near = KernelClients::new(listen, [ip("10.1.0.20")]).start(&near)?;
        let shows = Condition::stuck_peers(far_half()).and(Condition::completed(&near, 2));
        let mut traffic = vec![near];
        // Hosts of their own, so that each asks for the server by ARP as real neighbours do.
        for last in FAR_HALF {
            let client = lab.host(&format!("client-{last}"))?;
            let address = IpAddr::from([10, 1, 0, last]);
            lab.attach(&wire, &client, "c0", mac(last), &[net(&format!("{address}/24"))])?;
            traffic.push(KernelClients::new(listen, [address]).start(&client)?);
        }
        traffic.push(app);
        Ok(Stage { server, traffic, shows })
    },
};
