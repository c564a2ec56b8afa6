//! The route to the clients comes and goes.

use std::time::Duration;

use super::ground::{FAR_NETWORKS, connect, crafted, serve};
use crate::expectation::Expectation;
use crate::lab::{ip, net};
use crate::route::NewRoute;
use crate::running::{Condition, Stage};
use crate::scenario::Scenario;
use crate::scenario::routed::{self, service};
use crate::traffic::{FlappingRoute, Pace, RawPeers, Script};

const PACE: Pace = Pace { every: Duration::from_millis(100), burst: 2 };
const ROUND_TRIP: Duration = Duration::from_millis(300);

pub(in crate::scenario) static SCENARIO: Scenario = Scenario {
    id: "no-return-route-flaps",
    title: "the route to the clients is lost after their SYN, again and again",
    story: "\
A routing daemon on the server loses its neighbour again and again and takes the route to
198.18.0.0/15 with it, for 2.5 s each time. There is no default route. SYNs that come meanwhile are
refused. Requests that were made just before lose their way back: their ACK is of no use, the
SYN-ACK cannot be sent again, and the kernel drops them at their first timer, after 1 s. A client
with a static route connects.",
    picture: "
  server 10.1.0.10 --- 10.1.0.1 ROUTER 10.9.0.1 --- 10.9.0.2     connects
  :80                                               198.18.1.31  198.18.2.32
                                                    198.19.3.33  198.19.4.34
  10.9.0.0/24   via 10.1.0.1
  198.18.0.0/15 via 10.1.0.1   there for 1 s, gone for 2.5 s

  SYN      client -> server   while there is a route: admitted
  ACK      client -> server   no route any more: dropped
  SYN-ACK  again              no route: the request ends",
    expect: Expectation::fault("no-return-route", "refused", &["likely", "confirmed"])
        .without_rows(),
    needs_nft: false,
    machine_wide: false,
    stage: |lab| {
        let hosts = routed::build(lab)?;
        hosts.server.remove_route(NewRoute::default_via(ip("10.1.0.1")))?;
        hosts.server.route(NewRoute::to(net("10.9.0.0/24")).via(ip("10.1.0.1")))?;
        let flaps = FlappingRoute {
            route: NewRoute::to(net(FAR_NETWORKS)).via(ip("10.1.0.1")),
            up: Duration::from_secs(1),
            down: Duration::from_millis(2500),
        };
        let flaps = flaps.start(&hosts.server)?;
        let app = serve(&hosts.server, 80)?;
        let steady = connect(&hosts.clients, &[ip("10.9.0.2")], "10.1.0.10", 80)?;
        let script = |_| Script::completes(ROUND_TRIP).closing_after(ROUND_TRIP);
        let peers = RawPeers::new(service(80), crafted(), PACE, script).start(&hosts.clients)?;
        let shows = Condition::counted(&hosts.server, ("TcpExt", "ListenDrops"), 16)
            .and(Condition::completed(&steady, 2));
        Ok(Stage { server: hosts.server, traffic: vec![peers, steady, flaps, app], shows })
    },
};
