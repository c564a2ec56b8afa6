//! Many handshakes over a long round trip: healthy.

use super::routed::{self, service};
use super::{Scenario, noise};
use crate::expectation::Expectation;
use crate::running::{Condition, Stage};
use crate::traffic::Server;

pub(super) static SCENARIO: Scenario = Scenario {
    id: "young-requests",
    title: "300 handshakes/s at 50 ms of round trip: healthy",
    story: "\
Clients in five networks complete 300 handshakes a second. Each takes 50 ms from SYN-ACK to ACK, so
every snapshot of the server shows about fifteen requests, all of them young and never the same.",
    picture: "
  server 10.1.0.10 --- 10.1.0.1 ROUTER 10.9.0.1 --- clients 100.64.0-4.1-40
  :443                                              300 handshakes/s, 50 ms",
    expect: Expectation::HEALTHY,
    needs_nft: false,
    machine_wide: false,
    stage: |lab| {
        let hosts = routed::build(lab)?;
        let app = Server::accepting(service(443)).start(&hosts.server)?;
        let crowd = noise::crowd(&hosts.clients, service(443))?;
        let shows = Condition::completed(&crowd, 300);
        Ok(Stage { server: hosts.server, traffic: vec![crowd, app], shows })
    },
};
