//! A listener on [::] with clients of both families: healthy.

use super::ground::{connect, far, give, serve};
use super::ground_v6::{self, SERVICE};
use crate::expectation::Expectation;
use crate::lab::net;
use crate::running::{Condition, Stage};
use crate::scenario::{Scenario, routed};

pub(in crate::scenario) static SCENARIO: Scenario = Scenario {
    id: "dual-stack",
    title: "IPv4 and IPv6 clients of one listener on [::]: healthy",
    story: "\
The application listens on [::] for both families. Requests of its IPv4 clients are among those of
IPv6, with mapped addresses. Every handshake completes.",
    picture: "
  server 10.1.0.10       --- ROUTER --- clients
         2001:db8:1::10                 198.18.1.11      198.18.2.12 ...
  [::]:80                               2001:db8:a1::11  2001:db8:a2::12 ...",
    expect: Expectation::HEALTHY,
    needs_nft: false,
    machine_wide: false,
    stage: |lab| {
        let hosts = routed::build(lab)?;
        hosts.server.address("ps0", net(&format!("{SERVICE}/64")))?;
        ground_v6::give_default(&hosts)?;
        ground_v6::address_others(&hosts)?;
        give(&hosts.clients, "c0", &far())?;
        let app = serve(&hosts.server, 80)?;
        let v4 = connect(&hosts.clients, &far(), "10.1.0.10", 80)?;
        let v6 = connect(&hosts.clients, &ground_v6::far(), SERVICE, 80)?;
        let shows = Condition::completed(&v4, 8).and(Condition::completed(&v6, 8));
        Ok(Stage { server: hosts.server, traffic: vec![v4, v6, app], shows })
    },
};
