//! A global and a unique local prefix on one wire: healthy.

use super::ground::{connect, serve};
use super::ground_v6::{self, SERVICE, far};
use crate::configure::mac;
use crate::expectation::Expectation;
use crate::lab::{ip, net};
use crate::running::{Condition, Stage};
use crate::scenario::Scenario;

pub(in crate::scenario) static SCENARIO: Scenario = Scenario {
    id: "two-prefixes-v6",
    title: "a global and a unique local IPv6 prefix on one wire: healthy",
    story: "\
Every host on the wire has an address in 2001:db8:1::/64 and one in fd00:1::/64. So a client is two
neighbours of the server, with one MAC. It connects from either address to either address of the
server.",
    picture: "
                            2001:db8:1::/64, fd00:1::/64
                            |
  server 2001:db8:1::10 ----+---- fe80::1  ROUTER  2001:db8:9::1 --- clients
         fd00:1::10         |                          2001:db8:a1::11 ...
  :80                       |
                            +---- client 2001:db8:1::20, fd00:1::20, 02:..:20",
    expect: Expectation::HEALTHY,
    needs_nft: false,
    machine_wide: false,
    stage: |lab| {
        let hosts = ground_v6::routed(lab)?;
        hosts.server.address("ps0", net("fd00:1::10/64"))?;
        let near = lab.host("near")?;
        let nets = [net("2001:db8:1::20/64"), net("fd00:1::20/64")];
        lab.attach(&hosts.inside, &near, "n0", mac(0x20), &nets)?;
        let app = serve(&hosts.server, 80)?;
        let global = connect(&near, &[ip("2001:db8:1::20")], SERVICE, 80)?;
        let local = connect(&near, &[ip("fd00:1::20")], "fd00:1::10", 80)?;
        let far = connect(&hosts.clients, &far(), SERVICE, 80)?;
        let shows = Condition::completed(&global, 2)
            .and(Condition::completed(&local, 2))
            .and(Condition::completed(&far, 8));
        Ok(Stage { server: hosts.server, traffic: vec![global, local, far, app], shows })
    },
};
