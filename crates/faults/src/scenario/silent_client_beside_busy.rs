//! Clients that never answer, on one port of a server that is busy and healthy on another.

use std::net::IpAddr;
use std::time::Duration;

use super::Scenario;
use super::routed::{self, service};
use crate::expectation::Expectation;
use crate::lab::ip;
use crate::running::{Condition, Stage};
use crate::traffic::{Pace, RawPeers, Script, Server};

/// In different networks, as clients behind one broken path are.
const SILENT: [&str; 4] = ["192.0.2.11", "198.51.100.12", "203.0.113.13", "198.18.7.14"];
const SILENT_PACE: Pace = Pace { every: Duration::from_secs(2), burst: 2 };
/// 60 handshakes a second.
const CROWD: Pace = Pace { every: Duration::from_millis(50), burst: 3 };
const ROUND_TRIP: Duration = Duration::from_millis(50);

pub(super) static SCENARIO: Scenario = Scenario {
    id: "silent-client-beside-busy",
    title: "clients of one port never answer the SYN-ACK; another port is busy and healthy",
    story: "\
Four clients in four networks send SYNs to :80 and never answer; nobody completes a handshake
there. On :443 of the same server clients of five networks complete 60 handshakes a second, by the
same gateway. That the host can complete handshakes says nothing about :80.",
    picture: "
  server 10.1.0.10 --- 10.1.0.1 ROUTER 10.9.0.1 -+- clients of :80, silent
  :80  nobody completes                          |  192.0.2.11   198.51.100.12
  :443 busy                                      |  203.0.113.13 198.18.7.14
                                                 +- clients of :443, 60/s
                                                    100.64.0-4.1-40
  to :80   SYN      client -> server   once
           SYN-ACK  server -> client   arrives, again and again
           ACK      never",
    expect: Expectation::fault("ack-lost-outside", "outside", &["likely", "possible", "confirmed"]),
    needs_nft: false,
    machine_wide: false,
    stage: |lab| {
        let hosts = routed::build(lab)?;
        let quiet_app = Server::accepting(service(80)).start(&hosts.server)?;
        let busy_app = Server::accepting(service(443)).start(&hosts.server)?;
        let clients = (0..200_u8).map(|n| IpAddr::from([100, 64, n % 5, 1 + n / 5]));
        let crowd = RawPeers::new(service(443), clients, CROWD, |_| {
            Script::completes(ROUND_TRIP).closing_after(Duration::from_millis(100))
        });
        let crowd = crowd.start(&hosts.clients)?;
        let silent: Vec<IpAddr> = SILENT.iter().map(|address| ip(address)).collect();
        let scan = RawPeers::new(service(80), silent.clone(), SILENT_PACE, |_| Script::silent())
            .start(&hosts.clients)?;
        let shows = Condition::completed(&crowd, 120).and(Condition::stuck_peers(silent));
        Ok(Stage { server: hosts.server, traffic: vec![crowd, scan, quiet_app, busy_app], shows })
    },
};
