//! Forged packets with loopback sources, on a busy host: healthy.

use std::net::IpAddr;
use std::time::Duration;

use super::ground::{connect, far, give, serve};
use crate::configure::mac;
use crate::expectation::Expectation;
use crate::lab::{ip, net};
use crate::running::{Condition, Stage};
use crate::scenario::routed::{self, service};
use crate::scenario::{Scenario, noise};
use crate::traffic::{Pace, RawPeers, Script};

/// One SYN a second.
const FORGERY: Pace = Pace { every: Duration::from_secs(1), burst: 1 };

pub(in crate::scenario) static SCENARIO: Scenario = Scenario {
    id: "martian-stray",
    title: "a few forged packets with loopback sources on a busy host: healthy",
    story: "\
A broken device on the server's wire sends one SYN a second with sources in 127.0.0.0/8. The kernel
drops them before TCP, as it should. 300 handshakes a second complete.",
    picture: "
                       10.1.0.0/24
                       |
  server 10.1.0.10 ----+---- 10.1.0.1  ROUTER  10.9.0.1 --- clients
  :80                  |                                    100.64.0-4.1-40
                       +---- 10.1.0.2  broken device        198.18.1.11 ...

  SYN  from 127.0.0.66-69   dropped: martian source",
    expect: Expectation::HEALTHY,
    needs_nft: false,
    machine_wide: false,
    stage: |lab| {
        let hosts = routed::build(lab)?;
        let device = lab.host("device")?;
        lab.attach(&hosts.inside, &device, "n0", mac(0x02), &[net("10.1.0.2/24")])?;
        give(&hosts.clients, "c0", &far())?;
        let app = serve(&hosts.server, 80)?;
        let own = connect(&device, &[ip("10.1.0.2")], "10.1.0.10", 80)?;
        let steady = connect(&hosts.clients, &far(), "10.1.0.10", 80)?;
        let crowd = noise::crowd(&hosts.clients, service(80))?;
        let forged = (66..=69).map(|last| IpAddr::from([127, 0, 0, last]));
        let forger = RawPeers::new(service(80), forged, FORGERY, |_| Script::silent());
        let forger = forger.start(&device)?;
        let shows = Condition::completed(&crowd, 300)
            .and(Condition::completed(&steady, 8))
            .and(Condition::completed(&own, 2));
        Ok(Stage { server: hosts.server, traffic: vec![forger, crowd, steady, own, app], shows })
    },
};
