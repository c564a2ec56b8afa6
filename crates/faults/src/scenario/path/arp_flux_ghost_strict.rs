//! A device without an address on the clients' wire, kept silent by its reverse-path filter: healthy.

use super::ground::{Uplinks, all_completed, connect, connect_each, far, neighbours, rp_filter};
use super::ground::{serve, uplinks};
use crate::expectation::Expectation;
use crate::lab::{ip, net};
use crate::netfilter::STATEFUL_FORWARDING;
use crate::route::NewRoute;
use crate::running::{Condition, Stage};
use crate::scenario::Scenario;

pub(in crate::scenario) static SCENARIO: Scenario = Scenario {
    id: "arp-flux-ghost-strict",
    title: "a NIC without address and with a strict rp_filter stays silent: healthy",
    story: "\
ps1 is plugged into the clients' wire and up, but has no address. rp_filter is 1 there, so ps1 does
not answer when somebody on that wire asks for 10.1.0.10: replies to the asker would leave by ps0.
The clients have the right mask, go by their gateway, and connect; their gateway is stateful.",
    picture: "
                  ps0 10.1.0.10 ---- 10.1.0.1  GATEWAY a  10.9.0.1 --- clients
  server :80                         stateful                  198.18.1.11 ...
                  ps1 (none) ---+--- 10.2.0.1  GATEWAY b
                  rp_filter 1   |
                                +--- clients 10.2.0.20-22, by gateway b",
    expect: Expectation::HEALTHY,
    needs_nft: true,
    machine_wide: false,
    stage: |lab| {
        let Uplinks { server, router_a, router_b, clients, right } = uplinks(lab)?;
        server.remove_address("ps1", net("10.2.0.10/24"))?;
        rp_filter(&server, "ps1", "1")?;
        server.route(NewRoute::default_via(ip("10.1.0.1")).device("ps0"))?;
        router_a.nft(STATEFUL_FORWARDING)?;
        router_a.route(NewRoute::to(net("10.2.0.0/24")).via(ip("10.9.0.2")))?;
        router_b.route(NewRoute::to(net("10.1.0.0/24")).via(ip("10.9.0.1")))?;
        let near = neighbours(lab, &right, &["10.2.0.20/24", "10.2.0.21/24", "10.2.0.22/24"])?;
        for each in &near {
            each.host.route(NewRoute::default_via(ip("10.2.0.1")))?;
        }
        let app = serve(&server, 80)?;
        let mut traffic = connect_each(&near, "10.1.0.10", 80)?;
        traffic.push(connect(&clients, &far(), "10.1.0.10", 80)?);
        let shows = all_completed(Condition::nobody_stuck(), &traffic);
        traffic.push(app);
        Ok(Stage { server, traffic, shows })
    },
};
