//! Clients on lossy networks: healthy.

use super::routed::{self, service};
use super::{Scenario, noise};
use crate::expectation::Expectation;
use crate::running::{Condition, Stage};
use crate::traffic::Server;

pub(super) static SCENARIO: Scenario = Scenario {
    id: "lossy-clients",
    title: "clients that lose one SYN-ACK in fifty: healthy",
    story: "\
Clients complete 100 handshakes a second. One connection in fifty loses its first SYN-ACK; its
client repeats the SYN after a second and completes. The server always has requests with a retry
and a repeated SYN, as a broken path leaves them, but none of them stays.",
    picture: "
  server 10.1.0.10 --- 10.1.0.1 ROUTER 10.9.0.1 --- clients 100.65.0-4.1-40
  :443                                              100 handshakes/s, 50 ms

  SYN-ACK  server -> client   one in fifty is lost, the next arrives",
    expect: Expectation::HEALTHY,
    needs_nft: false,
    machine_wide: false,
    stage: |lab| {
        let hosts = routed::build(lab)?;
        let app = Server::accepting(service(443)).start(&hosts.server)?;
        let lossy = noise::lossy_crowd(&hosts.clients, service(443))?;
        let shows = Condition::completed(&lossy, 200);
        Ok(Stage { server: hosts.server, traffic: vec![lossy, app], shows })
    },
};
