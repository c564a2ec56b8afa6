//! A listener on [::] that accepts too slowly, with clients of both families.

use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use super::ground::{connect, serve};
use super::ground_v6::{self, SERVICE};
use crate::expectation::Expectation;
use crate::lab::{ip, net};
use crate::running::{Condition, Stage};
use crate::scenario::accept_queue_full::{BACKLOG, BURST, SLOW};
use crate::scenario::{Scenario, routed};
use crate::traffic::{RawPeers, Script, Server};

const ROUND_TRIP: Duration = Duration::from_millis(50);

pub(in crate::scenario) static SCENARIO: Scenario = Scenario {
    id: "accept-queue-full-v6",
    title: "an application on [::]:8443 accepts too slowly; its clients use IPv4 and IPv6",
    story: "\
The application on :8443 listens on [::] for both families, with a backlog of 32, and accepts four
connections every 3 s. Its queue is full; ACKs that arrive are dropped, those of IPv4 clients too,
whose requests are found among those of IPv6. The application on :443 of the same server is healthy.",
    picture: "
  server 10.1.0.10       --- ROUTER --- clients
         2001:db8:1::10                 192.0.2.11-14         to :8443
  [::]:8443 queue full                  2001:db8:a1::31-34    to :8443
  [::]:443  healthy                     10.9.0.2  2001:db8:9::2  to :443

  SYN      client -> server   admitted
  SYN-ACK  server -> client   arrives
  ACK      client -> server   arrives, dropped: no room in the accept queue",
    expect: Expectation::fault("accept-queue-full", "local", &["confirmed", "likely"]),
    needs_nft: false,
    machine_wide: false,
    stage: |lab| {
        let hosts = routed::build(lab)?;
        hosts.server.address("ps0", net(&format!("{SERVICE}/64")))?;
        ground_v6::give_default(&hosts)?;
        ground_v6::address_others(&hosts)?;
        let healthy_app = serve(&hosts.server, 443)?;
        let slow_app = Server::new(SocketAddr::new(ip("::"), 8443), BACKLOG, SLOW);
        let slow_app = slow_app.start(&hosts.server)?;
        let v4 = (11..=14).map(|last| IpAddr::from([192, 0, 2, last]));
        let v6 = (0x31..=0x34)
            .map(|last| IpAddr::from(Ipv6Addr::new(0x2001, 0xdb8, 0xa1, 0, 0, 0, 0, last)));
        let bursts = |target, sources: Vec<IpAddr>| {
            let target = SocketAddr::new(ip(target), 8443);
            RawPeers::new(target, sources, BURST, |_| Script::completes(ROUND_TRIP))
                .start(&hosts.clients)
        };
        let v4 = bursts("10.1.0.10", v4.collect())?;
        let v6 = bursts(SERVICE, v6.collect())?;
        let lucky = [
            connect(&hosts.clients, &[ip("10.9.0.2")], "10.1.0.10", 443)?,
            connect(&hosts.clients, &[ip("2001:db8:9::2")], SERVICE, 443)?,
        ];
        let shows = Condition::stuck_on_port(8443, 4)
            .and(Condition::completed(&lucky[0], 2))
            .and(Condition::completed(&lucky[1], 2));
        let mut traffic = vec![v4, v6];
        traffic.extend(lucky);
        traffic.extend([slow_app, healthy_app]);
        Ok(Stage { server: hosts.server, traffic, shows })
    },
};
