//! IPv6 clients that send a SYN and never answer: nothing is wrong with the server.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use super::ground::serve;
use super::ground_v6::{self, SERVICE};
use crate::expectation::Expectation;
use crate::lab::ip;
use crate::running::{Condition, Stage};
use crate::scenario::Scenario;
use crate::traffic::{Pace, RawPeers, Script};

/// In different networks, as clients behind one broken path are.
const SILENT: [&str; 4] =
    ["2001:db8:a1::31", "2001:db8:a2::32", "2001:db8:a3::33", "2001:db8:a4::34"];
const PACE: Pace = Pace { every: Duration::from_secs(2), burst: 2 };

pub(in crate::scenario) static SCENARIO: Scenario = Scenario {
    id: "silent-client-v6",
    title: "IPv6 clients send a SYN and never answer the SYN-ACK",
    story: "\
Four clients in four networks send SYNs to :80. The SYN-ACKs reach them by the right way, and no
ACK ever comes: they are scanners, or their ACKs are lost on the way. Nobody else uses the server,
so nothing shows that it could complete a handshake.",
    picture: "
  server 2001:db8:1::10 --- fe80::1 ROUTER 2001:db8:9::1 --- clients
  :80                                           2001:db8:a1::31  a2::32
                                                          a3::33  a4::34

  SYN      client -> server   once
  SYN-ACK  server -> client   arrives, and again after 1, 3, 7, 15, 31 s
  ACK      never",
    expect: Expectation::fault("ack-lost-outside", "outside", &["likely", "possible", "confirmed"])
        .or(&["synack-lost-outside"]),
    needs_nft: false,
    machine_wide: false,
    stage: |lab| {
        let hosts = ground_v6::routed(lab)?;
        let app = serve(&hosts.server, 80)?;
        let silent: Vec<IpAddr> = SILENT.map(ip).to_vec();
        let target = SocketAddr::new(ip(SERVICE), 80);
        let scan = RawPeers::new(target, silent.clone(), PACE, |_| Script::silent());
        let scan = scan.start(&hosts.clients)?;
        Ok(Stage {
            server: hosts.server,
            traffic: vec![scan, app],
            shows: Condition::stuck_peers(silent),
        })
    },
};
