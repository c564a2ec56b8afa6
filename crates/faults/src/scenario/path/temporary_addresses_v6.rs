//! A neighbour with many IPv6 addresses, as privacy extensions make them: healthy.

use super::ground::{connect, serve};
use super::ground_v6::{self, SERVICE, far};
use crate::configure::mac;
use crate::expectation::Expectation;
use crate::lab::net;
use crate::running::{Condition, Stage};
use crate::scenario::Scenario;

pub(in crate::scenario) static SCENARIO: Scenario = Scenario {
    id: "temporary-addresses-v6",
    title: "a neighbour with eight IPv6 addresses and one MAC (privacy extensions): healthy",
    story: "\
A client on the wire has eight temporary addresses in 2001:db8:1::/64 and connects from all of them.
So eight of the server's neighbours have one MAC; it is that client's own, and nobody answers for
others.",
    picture: "
                            2001:db8:1::/64
                            |
  server 2001:db8:1::10 ----+---- fe80::1  ROUTER  2001:db8:9::1 --- clients
  :80                       |                          2001:db8:a1::11 ...
                            +---- client 2001:db8:1:0:a:b:c:1 to 8, 02:..:20",
    expect: Expectation::HEALTHY,
    needs_nft: false,
    machine_wide: false,
    stage: |lab| {
        let hosts = ground_v6::routed(lab)?;
        let near = lab.host("near")?;
        let nets: Vec<_> = (1..=8).map(|n| net(&format!("2001:db8:1:0:a:b:c:{n}/64"))).collect();
        lab.attach(&hosts.inside, &near, "n0", mac(0x20), &nets)?;
        let own: Vec<_> = nets.iter().map(ipnet::IpNet::addr).collect();
        let app = serve(&hosts.server, 80)?;
        let near = connect(&near, &own, SERVICE, 80)?;
        let far = connect(&hosts.clients, &far(), SERVICE, 80)?;
        let shows = Condition::completed(&near, 16).and(Condition::completed(&far, 8));
        Ok(Stage { server: hosts.server, traffic: vec![near, far, app], shows })
    },
};
