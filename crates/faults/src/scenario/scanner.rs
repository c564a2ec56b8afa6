//! A scanner among many clients: healthy.

use super::routed::{self, service};
use super::{Scenario, noise};
use crate::expectation::Expectation;
use crate::lab::ip;
use crate::running::{Condition, Stage};
use crate::traffic::Server;

pub(super) static SCENARIO: Scenario = Scenario {
    id: "scanner",
    title: "two addresses scan a busy server, 1 % of its handshakes: healthy",
    story: "\
Clients complete 300 handshakes a second. Two addresses send three SYNs a second and never answer.
Each leaves a request for a minute, so the stuck requests outnumber the young ones, and all of them
belong to the scanner.",
    picture: "
  server 10.1.0.10 --- 10.1.0.1 ROUTER 10.9.0.1 -+- clients 100.64.0-4.1-40
  :443                                           |  300 handshakes/s, 50 ms
                                                 +- scanner 203.0.113.66, .67
                                                    3 SYNs/s",
    expect: Expectation::HEALTHY,
    needs_nft: false,
    machine_wide: false,
    stage: |lab| {
        let hosts = routed::build(lab)?;
        let app = Server::accepting(service(443)).start(&hosts.server)?;
        let crowd = noise::crowd(&hosts.clients, service(443))?;
        let scan = noise::scanner(&hosts.clients, service(443))?;
        let shows = Condition::completed(&crowd, 300)
            .and(Condition::stuck_peers(noise::SCANNER.map(ip)))
            .and(Condition::stuck_on_port(443, 8));
        Ok(Stage { server: hosts.server, traffic: vec![crowd, scan, app], shows })
    },
};
