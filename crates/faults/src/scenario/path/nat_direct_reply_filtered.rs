//! A balancer translates the destination, the server answers past it, and a firewall drops that.

use super::ground::far;
use super::nat_direct_reply::answered_directly;
use crate::expectation::Expectation;
use crate::netfilter::STATEFUL_FORWARDING;
use crate::running::{Condition, Stage};
use crate::scenario::Scenario;

pub(in crate::scenario) static SCENARIO: Scenario = Scenario {
    id: "nat-direct-reply-filtered",
    title: "as nat-direct-reply, but the router tracks connections and drops the replies",
    story: "\
Clients connect to the balancer 10.1.0.2, which translates the destination to the server and leaves
the source. The server answers the clients directly, by its gateway. The gateway saw SYNs to
10.1.0.2 only, so it knows no connection for SYN-ACKs from 10.1.0.10 and drops them. From the server
that looks like any SYN-ACK that is lost outside: route and neighbours are right. A client that
calls the server itself connects.",
    picture: "
                       10.1.0.0/24
                       |
  server 10.1.0.10 ----+---- 10.1.0.1  ROUTER  10.9.0.1 --- clients
  :80 :8080            |               stateful             198.18.1.11 ...
                       +---- 10.1.0.2  BALANCER             10.9.0.2 to :8080
                             dnat -> 10.1.0.10, no snat

  SYN      client -> router -> balancer -> server
  SYN-ACK  server -> router -> X   no connection known",
    expect: Expectation::fault("synack-lost-outside", "path", &["likely", "possible"])
        .or(&["asymmetric-route"]),
    needs_nft: true,
    machine_wide: false,
    stage: |lab| {
        let (server, shows, traffic) =
            answered_directly(lab, |router| router.nft(STATEFUL_FORWARDING))?;
        let shows = shows.and(Condition::stuck_peers(far()));
        Ok(Stage { server, traffic, shows })
    },
};
