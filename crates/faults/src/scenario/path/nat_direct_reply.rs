//! A balancer translates the destination, and the server answers past it.

use super::ground::{connect, far, give, serve};
use crate::configure::mac;
use crate::error::Result;
use crate::expectation::Expectation;
use crate::lab::{Lab, Segment, ip, net};
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
    id: "nat-direct-reply",
    title: "a balancer translates the destination, and the replies do not go back through it",
    story: "\
Clients connect to the balancer 10.1.0.2, which translates the destination to the server and leaves
the source. The server answers the clients directly, by its gateway. They get SYN-ACKs from
10.1.0.10, which they never called, and reset them; each request ends at once. A client that calls
the server itself connects.",
    picture: "
                       10.1.0.0/24
                       |
  server 10.1.0.10 ----+---- 10.1.0.1  ROUTER  10.9.0.1 --- clients
  :80 :8080            |                                    198.18.1.11 ...
                       +---- 10.1.0.2  BALANCER             10.9.0.2 to :8080
                             dnat -> 10.1.0.10, no snat

  SYN      client -> router -> balancer -> server
  SYN-ACK  server -> router -> client   from 10.1.0.10, not from 10.1.0.2
  RST      client -> server             the request ends",
    expect: Expectation::fault("peer-resets", "outside", &["likely", "confirmed", "possible"])
        // The requests end within a millisecond, so only frames show whose they were.
        .by_rights()
        .without_rows(),
    needs_nft: true,
    machine_wide: false,
    stage: |lab| {
        let (server, shows, traffic) = answered_directly(lab, |_| Ok(()))?;
        let resets = Condition::counted(&server, ("TcpExt", "EmbryonicRsts"), 8);
        Ok(Stage { server, traffic, shows: shows.and(resets) })
    },
};

/// A balancer 10.1.0.2 on this wire that translates its :80 to 10.1.0.10 and leaves the source.
pub(super) fn balancer(lab: &mut Lab, wire: &Segment, mask: u8) -> Result<Namespace> {
    let balancer = lab.router("balancer")?;
    let own = net(&format!("10.1.0.2/{mask}"));
    lab.attach(wire, &balancer, "lb0", mac(0x02), &[own])?;
    balancer.route(NewRoute::default_via(ip("10.1.0.1")))?;
    // The kernel sends redirects when either of the two is on.
    for device in ["all", "lb0"] {
        balancer.sysctl(&format!("net/ipv4/conf/{device}/send_redirects"), "0")?;
    }
    balancer.nft(TRANSLATION)?;
    Ok(balancer)
}

/// Clients of four networks that call the balancer, and one that calls the server; `prepare` gets
/// the router before anybody connects. It shows when the latter connected.
pub(super) fn answered_directly(
    lab: &mut Lab,
    prepare: impl FnOnce(&Namespace) -> Result<()>,
) -> Result<(Namespace, Condition, Vec<crate::traffic::Traffic>)> {
    let hosts = routed::build(lab)?;
    prepare(&hosts.router)?;
    balancer(lab, &hosts.inside, 24)?;
    give(&hosts.clients, "c0", &far())?;
    let apps = [serve(&hosts.server, 80)?, serve(&hosts.server, 8080)?];
    let translated = connect(&hosts.clients, &far(), "10.1.0.2", 80)?;
    let direct = connect(&hosts.clients, &[ip("10.9.0.2")], "10.1.0.10", 8080)?;
    let shows = Condition::completed(&direct, 2);
    let mut traffic = vec![translated, direct];
    traffic.extend(apps);
    Ok((hosts.server, shows, traffic))
}
