//! Clients that send a SYN and never answer: nothing is wrong with the server.

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
const PACE: Pace = Pace { every: Duration::from_secs(2), burst: 2 };

pub(super) static SCENARIO: Scenario = Scenario {
    id: "silent-client",
    title: "clients send a SYN and never answer the SYN-ACK",
    story: "\
Four clients in four networks send SYNs to :80. The SYN-ACKs reach them by the right way, and no
ACK ever comes: they are scanners, or their ACKs are lost on the way. Nobody else uses the server,
so nothing shows that it could complete a handshake.",
    picture: "
  server 10.1.0.10 --- 10.1.0.1 ROUTER 10.9.0.1 - clients
  :80                                             192.0.2.11    198.51.100.12
                                                  203.0.113.13  198.18.7.14

  SYN      client -> server   once
  SYN-ACK  server -> client   arrives, and again after 1, 3, 7, 15, 31 s
  ACK      never",
    expect: Expectation::fault("ack-lost-outside", "outside", &["likely", "possible", "confirmed"]),
    needs_nft: false,
    machine_wide: false,
    stage: |lab| {
        let hosts = routed::build(lab)?;
        let app = Server::accepting(service(80)).start(&hosts.server)?;
        let silent: Vec<IpAddr> = SILENT.iter().map(|address| ip(address)).collect();
        let scan = RawPeers::new(service(80), silent.clone(), PACE, |_| Script::silent())
            .start(&hosts.clients)?;
        let shows = Condition::stuck_peers(silent);
        Ok(Stage { server: hosts.server, traffic: vec![scan, app], shows })
    },
};
