//! The route to the clients moves to the other uplink between SYN and ACK.

use std::time::Duration;

use super::ground::{self, FAR_NETWORKS, connect, crafted, rp_filter, serve, uplinks, wait_for};
use crate::expectation::Expectation;
use crate::lab::{ip, net};
use crate::route::NewRoute;
use crate::running::{Condition, Stage};
use crate::scenario::Scenario;
use crate::traffic::{Pace, RawPeers, Script};

/// Handshakes that are open when the route changes.
const OPEN: u64 = 12;
const PACE: Pace = Pace { every: Duration::from_millis(50), burst: 4 };
/// Long enough for all of them to be open at once.
const ROUND_TRIP: Duration = Duration::from_millis(800);

pub(in crate::scenario) static SCENARIO: Scenario = Scenario {
    id: "rp-filter-route-change",
    title: "the route to the clients changed between SYN and ACK; rp_filter is strict",
    story: "\
Clients in 198.18.0.0/15 have sent their SYNs by router a to ps0 when a routing daemon on the server
moves their route to router b. Their ACKs still come in on ps0, where a strict filter now drops
them. The requests that were made before the change stay until they expire; SYN-ACKs that are sent
again leave by ps1 and arrive, but every ACK to them is dropped as well. A client of another network
connects.",
    picture: "
                  ps0 10.1.0.10 ---- 10.1.0.1  ROUTER a  10.9.0.1 ---+
  server :80      rp_filter 1                                        |
                  ps1 10.2.0.10 ---- 10.2.0.1  ROUTER b  10.9.0.2 ---+
                                                                     |
  default via 10.1.0.1 dev ps0           clients 198.18.1.31  .2.32 -+
  198.18.0.0/15 via 10.2.0.1 dev ps1             198.19.3.33  .4.34
    (since the SYNs came)                        10.9.0.100

  SYN      client -> a -> ps0   before
  ACK      client -> a -> ps0   after: dropped by the reverse-path filter",
    expect: Expectation::fault("rp-filter-drop", "local", &["likely", "confirmed"]),
    needs_nft: false,
    machine_wide: false,
    stage: |lab| {
        let hosts = uplinks(lab)?;
        hosts.server.route(NewRoute::default_via(ip("10.1.0.1")).device("ps0"))?;
        rp_filter(&hosts.server, "ps0", "1")?;
        let app = serve(&hosts.server, 80)?;
        let target = "10.1.0.10:80".parse().expect("a valid address");
        let script = |_| Script::completes(ROUND_TRIP);
        let peers = RawPeers::new(target, crafted(), PACE, script).at_most(OPEN);
        let peers = peers.start(&hosts.clients)?;
        let open = || Ok(hosts.server.requests()?.len() as u64 >= OPEN);
        wait_for("handshakes to be open", open)?;
        hosts.server.route(NewRoute::to(net(FAR_NETWORKS)).via(ip("10.2.0.1")))?;
        let steady = connect(&hosts.clients, &[ip("10.9.0.100")], "10.1.0.10", 80)?;
        let shows = Condition::stuck_peers(crafted())
            .and(Condition::counted(&hosts.server, ground::RP_FILTERED, OPEN))
            .and(Condition::completed(&steady, 2));
        Ok(Stage { server: hosts.server, traffic: vec![steady, peers, app], shows })
    },
};
