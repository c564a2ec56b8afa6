//! Forged packets that the reverse-path filter rightly drops, on a busy host: healthy.

use std::net::IpAddr;
use std::time::Duration;

use super::ground::{self, connect, far, rp_filter, serve, uplinks};
use crate::expectation::Expectation;
use crate::lab::ip;
use crate::route::NewRoute;
use crate::running::{Condition, Stage};
use crate::scenario::{Scenario, noise};
use crate::traffic::{Pace, RawPeers, Script};

/// One SYN a second.
const FORGERY: Pace = Pace { every: Duration::from_secs(1), burst: 1 };

pub(in crate::scenario) static SCENARIO: Scenario = Scenario {
    id: "rp-filter-stray",
    title: "strict rp_filter drops a few forged packets on a busy host: healthy",
    story: "\
The server is public on ps0 and has an inner network on ps1; rp_filter is 1 on both. Somebody
outside sends one SYN a second with forged sources of the inner network: they come in on ps0 and the
filter drops them, which is what it is for. 300 handshakes a second complete.",
    picture: "
                  ps0 10.1.0.10 ---- 10.1.0.1  ROUTER a  10.9.0.1 --- clients
  server :80      rp_filter 1                               100.64.0-4.1-40
                  ps1 10.2.0.10 ---- 10.2.0.0/24            198.18.1.11 ...
                  rp_filter 1                               forger

  default via 10.1.0.1 dev ps0

  SYN  from 10.2.0.66-69, forger -> a -> ps0   dropped: the filter at work",
    expect: Expectation::HEALTHY,
    needs_nft: false,
    machine_wide: false,
    stage: |lab| {
        let hosts = uplinks(lab)?;
        hosts.server.route(NewRoute::default_via(ip("10.1.0.1")).device("ps0"))?;
        rp_filter(&hosts.server, "all", "1")?;
        let target = "10.1.0.10:80".parse().expect("a valid address");
        let app = serve(&hosts.server, 80)?;
        let steady = connect(&hosts.clients, &far(), "10.1.0.10", 80)?;
        let crowd = noise::crowd(&hosts.clients, target)?;
        let forged = (66..=69).map(|last| IpAddr::from([10, 2, 0, last]));
        let forger = RawPeers::new(target, forged, FORGERY, |_| Script::silent());
        let forger = forger.start(&hosts.clients)?;
        let shows = Condition::counted(&hosts.server, ground::RP_FILTERED, 2)
            .and(Condition::completed(&crowd, 300))
            .and(Condition::completed(&steady, 8));
        Ok(Stage { server: hosts.server, traffic: vec![forger, crowd, steady, app], shows })
    },
};
