//! A loose reverse-path filter drops SYNs of clients to whom there is no route at all.

use super::ground::{self, connect, far, give, rp_filter, serve};
use crate::expectation::Expectation;
use crate::lab::{ip, net};
use crate::route::NewRoute;
use crate::running::{Condition, Stage};
use crate::scenario::{Scenario, routed};

pub(in crate::scenario) static SCENARIO: Scenario = Scenario {
    id: "rp-filter-no-route",
    title: "loose rp_filter, and no route to the clients at all",
    story: "\
The server has no default route, only one to 10.9.0.0/24. rp_filter is 2: a source is all right when
there is any route back to it. To the clients in 198.18.0.0/15 there is none, so their SYNs are
dropped before TCP sees them. A client in 10.9.0.0/24 connects.",
    picture: "
  server 10.1.0.10 --- 10.1.0.1 ROUTER 10.9.0.1 --- 10.9.0.2       connects
  :80                                               198.18.1.11    dropped
  rp_filter 2                                       198.18.2.12    dropped
                                                    198.19.3.13    dropped
  10.9.0.0/24 via 10.1.0.1                          198.19.4.14    dropped",
    expect: Expectation::fault("rp-filter-drop", "refused", &["likely", "confirmed"])
        .or(&["no-return-route"])
        .without_rows(),
    needs_nft: false,
    machine_wide: false,
    stage: |lab| {
        let hosts = routed::build(lab)?;
        hosts.server.remove_route(NewRoute::default_via(ip("10.1.0.1")))?;
        hosts.server.route(NewRoute::to(net("10.9.0.0/24")).via(ip("10.1.0.1")))?;
        rp_filter(&hosts.server, "ps0", "2")?;
        give(&hosts.clients, "c0", &far())?;
        let app = serve(&hosts.server, 80)?;
        let other = connect(&hosts.clients, &[ip("10.9.0.2")], "10.1.0.10", 80)?;
        let dropped = connect(&hosts.clients, &far(), "10.1.0.10", 80)?;
        let shows = Condition::counted(&hosts.server, ground::RP_FILTERED, 16)
            .and(Condition::completed(&other, 2));
        Ok(Stage { server: hosts.server, traffic: vec![other, dropped, app], shows })
    },
};
