//! Inside a pod for which its node answers by ND: healthy.

use super::ground::{all_completed, connect, connect_each, neighbours, serve};
use super::ground_v6::far;
use super::proxy_nd_host_v6::{Built, build};
use crate::expectation::Expectation;
use crate::running::{Condition, Stage};
use crate::scenario::Scenario;

pub(in crate::scenario) static SCENARIO: Scenario = Scenario {
    id: "proxy-nd-pod-v6",
    title: "inside a pod out of the IPv6 prefix of its node's wire: healthy",
    story: "\
The pod 2001:db8:1::a1 of proxy-nd-host-v6. Its address is alone in its prefix, and its gateway is
the link-local address of the node's end of the cable, which all pods share. To the wire of the node
it is a neighbour for which the node answers. Clients outside, a neighbour of the node, and another
pod connect.",
    picture: "
  pod ::a1  :80       NODE                     2001:db8:1::/64
  eth0 -------------- cali1 ee:ee:ee:ee:ee:ee  |
                      ps0 2001:db8:1::10 ------+--- fe80::1 ROUTER --- clients
  pod ::a2 ---------- cali2 ee:ee:ee:ee:ee:ee  |          2001:db8:a1::11 ...
                                               +--- client 2001:db8:1::20

  default via fe80::ecee:eeff:feee:eeee dev eth0",
    expect: Expectation::HEALTHY,
    needs_nft: false,
    machine_wide: false,
    stage: |lab| {
        const SERVICE: &str = "2001:db8:1::a1";
        let Built { hosts, pods: [(pod, _), (other, address)] } = build(lab)?;
        let near = neighbours(lab, &hosts.inside, &["2001:db8:1::20/64"])?;
        let app = serve(&pod, 80)?;
        let mut traffic = connect_each(&near, SERVICE, 80)?;
        traffic.push(connect(&other, &[address], SERVICE, 80)?);
        traffic.push(connect(&hosts.clients, &far(), SERVICE, 80)?);
        let shows = all_completed(Condition::nobody_stuck(), &traffic);
        traffic.push(app);
        Ok(Stage { server: pod, traffic, shows })
    },
};
