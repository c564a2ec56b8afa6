//! A busy healthy server as the internet has them: a long round trip, a scanner, and clients
//! whose packets get lost now and then.

use std::net::IpAddr;
use std::time::Duration;

use super::Scenario;
use super::routed::{self, service};
use crate::expectation::Expectation;
use crate::lab::ip;
use crate::running::{Condition, Stage};
use crate::traffic::{Pace, RawPeers, Script, Server};

/// 150 handshakes a second. With 50 ms between SYN-ACK and ACK about eight requests are young in
/// every snapshot.
const CROWD: Pace = Pace { every: Duration::from_millis(20), burst: 3 };
const ROUND_TRIP: Duration = Duration::from_millis(50);
/// One connection in this many loses its first SYN-ACK and takes a second longer.
const LOSSY: u64 = 50;
/// Two addresses, about 1 % of the handshakes; each leaves a row for 63 s.
const SCAN: Pace = Pace { every: Duration::from_millis(700), burst: 1 };

pub(super) static SCENARIO: Scenario = Scenario {
    id: "busy-healthy",
    title: "150 handshakes/s, a scanner, and clients that lose one SYN-ACK in fifty: healthy",
    story: "\
Clients in five networks complete 150 handshakes a second at 50 ms of round trip. One connection in
fifty loses its first SYN-ACK and completes a second later. Two addresses scan: they send SYNs and
never answer. So the server always has young requests, a few with a retry, and about a hundred
stuck ones, and nothing is wrong with it.",
    picture: "
  server 10.1.0.10 --- 10.1.0.1 ROUTER 10.9.0.1 -+- clients 100.64.0-4.1-40
  :443                                           |  150 handshakes/s, 50 ms
                                                 +- scanner 203.0.113.66, .67",
    expect: Expectation::HEALTHY,
    needs_nft: false,
    machine_wide: false,
    stage: |lab| {
        let hosts = routed::build(lab)?;
        let app = Server::accepting(service(443)).start(&hosts.server)?;
        let clients = (0..200_u8).map(|n| IpAddr::from([100, 64, n % 5, 1 + n / 5]));
        let crowd = RawPeers::new(service(443), clients, CROWD, |n| {
            let hold = Duration::from_millis(100);
            let script = if n % LOSSY == 7 { Script::loses_one } else { Script::completes };
            script(ROUND_TRIP).closing_after(hold)
        });
        let crowd = crowd.start(&hosts.clients)?;
        let scanner = ["203.0.113.66", "203.0.113.67"].map(ip);
        let scan = RawPeers::new(service(443), scanner, SCAN, |_| Script::silent())
            .start(&hosts.clients)?;
        let shows = Condition::completed(&crowd, 300).and(Condition::stuck_peers(scanner));
        Ok(Stage { server: hosts.server, traffic: vec![crowd, scan, app], shows })
    },
};
