//! SYNs whose source is the server's own address.

use super::ground::{connect, far, give, serve};
use super::martian_loopback_source::EXPECT;
use crate::configure::mac;
use crate::error::Result;
use crate::lab::{Lab, ip, net};
use crate::namespace::Namespace;
use crate::route::NewRoute;
use crate::running::{Condition, Stage};
use crate::scenario::{Scenario, routed};

const TRANSLATION: &str = "\
table ip lab {
    chain prerouting {
        type nat hook prerouting priority dstnat; policy accept;
        ip daddr 10.1.0.2 tcp dport 80 dnat to 10.1.0.10
    }
}
";

pub(in crate::scenario) static SCENARIO: Scenario = Scenario {
    id: "martian-own-source",
    title: "the server reaches itself by a balancer, and its SYNs come back with its own source",
    story: "\
A program on the server connects to the service address of a balancer on the wire, which translates
the destination to this very server and leaves the source. The SYNs come back with the server's own
address as their source and are dropped before TCP: that source cannot come from a wire. No counter
but InReceives moves. Everybody else connects.",
    picture: "
                       10.1.0.0/24
                       |
  server 10.1.0.10 ----+---- 10.1.0.1  ROUTER  10.9.0.1 --- clients
  :80                  |                                    198.18.1.11 ...
                       +---- 10.1.0.2  BALANCER
                             dnat 10.1.0.2:80 -> 10.1.0.10

  SYN  server -> balancer -> server, from 10.1.0.10   dropped: martian source",
    expect: EXPECT,
    needs_nft: true,
    machine_wide: false,
    stage: |lab| {
        let (server, shows, traffic) = to_itself(lab, |_| Ok(()))?;
        Ok(Stage { server, traffic, shows })
    },
};

/// The server with a client of its own that comes back by the balancer; `prepare` gets the server
/// before anybody connects.
pub(super) fn to_itself(
    lab: &mut Lab,
    prepare: impl FnOnce(&Namespace) -> Result<()>,
) -> Result<(Namespace, Condition, Vec<crate::traffic::Traffic>)> {
    let hosts = routed::build(lab)?;
    prepare(&hosts.server)?;
    let balancer = lab.router("balancer")?;
    lab.attach(&hosts.inside, &balancer, "lb0", mac(0x02), &[net("10.1.0.2/24")])?;
    balancer.route(NewRoute::default_via(ip("10.1.0.1")))?;
    // The kernel sends redirects when either of the two is on.
    for device in ["all", "lb0"] {
        balancer.sysctl(&format!("net/ipv4/conf/{device}/send_redirects"), "0")?;
    }
    balancer.nft(TRANSLATION)?;
    give(&hosts.clients, "c0", &far())?;
    let app = serve(&hosts.server, 80)?;
    let own = connect(&hosts.server, &[ip("10.1.0.10")], "10.1.0.2", 80)?;
    let far_traffic = connect(&hosts.clients, &far(), "10.1.0.10", 80)?;
    let shows = Condition::completed(&far_traffic, 8);
    Ok((hosts.server, shows, vec![own, far_traffic, app]))
}
