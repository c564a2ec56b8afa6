//! A policy table that has a default route and lacks the connected one.

use super::ground::{Neighbour, connect, connect_each, far, give, neighbours, serve};
use crate::error::Result;
use crate::expectation::Expectation;
use crate::lab::{Lab, ip, net};
use crate::namespace::Namespace;
use crate::netfilter::STATEFUL_FORWARDING;
use crate::route::NewRoute;
use crate::running::{Condition, Stage};
use crate::scenario::{Scenario, routed};
use crate::traffic::Traffic;

/// The table of the rule.
const TABLE: u32 = 102;

pub(in crate::scenario) static SCENARIO: Scenario = Scenario {
    id: "policy-table-without-connected",
    title: "a policy table has a default route only, so neighbours are answered by the gateway",
    story: "\
The server has the rule `from 10.1.0.10 lookup 102`, and in table 102 a default route alone. So
replies from 10.1.0.10 to neighbours on the same wire go to the gateway, which tracks connections,
never saw their SYNs, and drops them. Asked without the source, the kernel says all is well. Clients
behind the gateway connect.",
    picture: "
                       10.1.0.0/24
                       |
  server 10.1.0.10 ----+---- 10.1.0.1  GATEWAY  10.9.0.1 --- clients
  :80                  |               stateful              198.18.1.11 ...
                       +---- clients 10.1.0.20-22

  main: 10.1.0.0/24 dev ps0, default via 10.1.0.1
  from 10.1.0.10 lookup 102: default via 10.1.0.1 dev ps0

  to neighbours:  SYN  client -> ps0    SYN-ACK  ps0 -> gateway -> X",
    expect: Expectation::fault("asymmetric-route", "path", &["likely", "confirmed"]),
    needs_nft: true,
    machine_wide: false,
    stage: |lab| {
        let built = build(lab, |gateway| gateway.nft(STATEFUL_FORWARDING))?;
        let victims = built.near.iter().map(|near| near.address);
        let shows = Condition::stuck_peers(victims).and(Condition::completed(&built.far, 8));
        Ok(built.into_stage(shows))
    },
};

/// The hosts with their traffic.
pub(super) struct Built {
    server: Namespace,
    near: Vec<Neighbour>,
    /// Connections of the neighbours, in their order.
    pub(super) near_traffic: Vec<Traffic>,
    /// Connections of the clients behind the gateway.
    pub(super) far: Traffic,
    app: Traffic,
}

impl Built {
    pub(super) fn into_stage(self, shows: Condition) -> Stage {
        let mut traffic = self.near_traffic;
        traffic.extend([self.far, self.app]);
        Stage { server: self.server, traffic, shows }
    }
}

/// `prepare` gets the gateway before anybody connects.
pub(super) fn build(
    lab: &mut Lab,
    prepare: impl FnOnce(&Namespace) -> Result<()>,
) -> Result<Built> {
    let hosts = routed::build(lab)?;
    hosts.server.route(NewRoute::default_via(ip("10.1.0.1")).device("ps0").table(TABLE))?;
    hosts.server.rule_from(net("10.1.0.10/32"), TABLE, 1000)?;
    // The kernel sends redirects when either of the two is on.
    for device in ["all", "r0"] {
        hosts.router.sysctl(&format!("net/ipv4/conf/{device}/send_redirects"), "0")?;
    }
    prepare(&hosts.router)?;
    let near = neighbours(lab, &hosts.inside, &["10.1.0.20/24", "10.1.0.21/24", "10.1.0.22/24"])?;
    give(&hosts.clients, "c0", &far())?;
    let app = serve(&hosts.server, 80)?;
    let near_traffic = connect_each(&near, "10.1.0.10", 80)?;
    let far = connect(&hosts.clients, &far(), "10.1.0.10", 80)?;
    Ok(Built { server: hosts.server, near, near_traffic, far, app })
}
