//! A router of the clients' side answers the SYN-ACK with ICMPv6 address unreachable.

use super::ground::{connect, connect_each, neighbours, serve};
use super::ground_v6::{self, SERVICE, far};
use crate::error::Result;
use crate::expectation::Expectation;
use crate::lab::Lab;
use crate::running::{Condition, Stage};
use crate::scenario::Scenario;
use crate::traffic::Traffic;

pub(in crate::scenario) static SCENARIO: Scenario = Scenario {
    id: "peer-resets-icmp-address-v6",
    title: "a router on the way answers the SYN-ACK with ICMPv6 address unreachable",
    story: "\
The router cannot deliver SYN-ACKs to the clients of :80 and answers each with ICMPv6 destination
unreachable, code 3, address unreachable. In IPv6 that code does not end a request: it stays, and is
answered anew whenever the client repeats its SYN. A client on the server's own wire connects to
:8080.",
    picture: "
                            2001:db8:1::/64
                            |
  server 2001:db8:1::10 ----+---- fe80::1  ROUTER ------ clients to :80
  :80 :8080                 |              rejects       2001:db8:a1::11
                            |                            2001:db8:a2::12 ...
                            +---- client 2001:db8:1::20 to :8080

  SYN      client -> router -> server   admitted, repeated
  SYN-ACK  server -> router             address unreachable, the request stays",
    expect: Expectation::fault("peer-resets", "outside", &["confirmed", "likely", "possible"])
        .or(&["synack-lost-outside"]),
    needs_nft: true,
    machine_wide: false,
    stage: |lab| {
        let (mut stage, near) = rejected(lab, "addr-unreachable")?;
        stage.shows = Condition::stuck_peers(far()).and(near);
        Ok(stage)
    },
};

/// Clients whose SYN-ACKs the router rejects with this ICMPv6 code, and one on the wire that
/// connects; with the condition that it did.
pub(super) fn rejected(lab: &mut Lab, code: &str) -> Result<(Stage, Condition)> {
    let hosts = ground_v6::routed(lab)?;
    hosts.router.sysctl("net/ipv6/icmp/ratelimit", "0")?;
    hosts.router.nft(&format!(
        "table ip6 lab {{
            chain forward {{
                type filter hook forward priority filter; policy accept;
                tcp sport 80 tcp flags & (syn | ack) == syn | ack counter reject with icmpv6 {code}
            }}
        }}
        "
    ))?;
    let near = neighbours(lab, &hosts.inside, &["2001:db8:1::20/64"])?;
    let apps = [serve(&hosts.server, 80)?, serve(&hosts.server, 8080)?];
    let mut traffic: Vec<Traffic> = connect_each(&near, SERVICE, 8080)?;
    let shows = || Condition::completed(&traffic[0], 2);
    let (first, second) = (shows(), shows());
    traffic.push(connect(&hosts.clients, &far(), SERVICE, 80)?);
    traffic.extend(apps);
    Ok((Stage { server: hosts.server, traffic, shows: first }, second))
}
