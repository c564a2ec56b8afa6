//! A strict reverse-path filter on a host with one uplink: healthy.

use super::ground::{connect, far, give, rp_filter, serve};
use crate::configure::mac;
use crate::expectation::Expectation;
use crate::lab::{ip, net};
use crate::running::{Condition, Stage};
use crate::scenario::{Scenario, routed};

pub(in crate::scenario) static SCENARIO: Scenario = Scenario {
    id: "rp-filter-strict",
    title: "strict rp_filter on a host with one uplink: healthy",
    story: "\
rp_filter is 1 on all devices, as many distributions set it. The server has one uplink, so replies
leave where SYNs come in, and the filter drops nothing.",
    picture: "
                       10.1.0.0/24
                       |
  server 10.1.0.10 ----+---- 10.1.0.1  ROUTER  10.9.0.1 --- clients
  :80                  |                                    198.18.1.11 ...
  rp_filter 1          +---- client 10.1.0.20",
    expect: Expectation::HEALTHY,
    needs_nft: false,
    machine_wide: false,
    stage: |lab| {
        let hosts = routed::build(lab)?;
        rp_filter(&hosts.server, "all", "1")?;
        rp_filter(&hosts.server, "ps0", "1")?;
        let near = lab.host("near")?;
        lab.attach(&hosts.inside, &near, "n0", mac(0x20), &[net("10.1.0.20/24")])?;
        give(&hosts.clients, "c0", &far())?;
        let app = serve(&hosts.server, 80)?;
        let near = connect(&near, &[ip("10.1.0.20")], "10.1.0.10", 80)?;
        let far_traffic = connect(&hosts.clients, &far(), "10.1.0.10", 80)?;
        let shows = Condition::completed(&near, 2).and(Condition::completed(&far_traffic, 8));
        Ok(Stage { server: hosts.server, traffic: vec![near, far_traffic, app], shows })
    },
};
