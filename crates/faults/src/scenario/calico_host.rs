//! A node of Calico with pods: healthy.

use super::{Scenario, calico_pod, clients};
use crate::expectation::Expectation;

pub(super) static SCENARIO: Scenario = Scenario {
    id: "calico-host",
    title: "a node of Calico: proxy ARP and one MAC on every pod's device: healthy",
    story: "\
The node of calico-pod, with the service on the node itself. The devices of its pods have no
address, all have the MAC ee:ee:ee:ee:ee:ee, and answer for everything by proxy ARP. Clients
outside and the pods connect to the node.",
    picture: "
                          NODE  :80
  pod 10.244.0.11 ------- cali1 ee:ee:ee:ee:ee:ee   10.9.0.1 --- clients
                          proxy_arp                             10.9.0.101-104
  pod 10.244.0.12 ------- cali2 ee:ee:ee:ee:ee:ee
                          proxy_arp

  10.244.0.11 dev cali1 scope link
  10.244.0.12 dev cali2 scope link",
    expect: Expectation::HEALTHY,
    needs_nft: false,
    machine_wide: false,
    stage: |lab| {
        let built = calico_pod::build(lab)?;
        let [first, second] = &built.pods;
        let visits = [(&built.outsiders, "10.9.0.1"), (first, "10.9.0.1"), (second, "10.9.0.1")];
        clients::all_connect(built.node, &visits)
    },
};
