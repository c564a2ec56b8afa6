//! IPv6 SYN-ACKs that leave the server by the right way and are lost at the next router.

use super::ground::{connect, connect_each, neighbours, serve};
use super::ground_v6::{self, SERVICE, far};
use crate::expectation::Expectation;
use crate::running::{Condition, Stage};
use crate::scenario::Scenario;

/// Every SYN-ACK that comes from the server and goes to the outside.
const LOSE_SYN_ACKS: &str = "\
table ip6 lab {
    chain forward {
        type filter hook forward priority filter; policy accept;
        iifname r0 oifname r1 tcp flags & (syn | ack) == syn | ack counter drop
    }
}
";

pub(in crate::scenario) static SCENARIO: Scenario = Scenario {
    id: "synack-lost-outside-v6",
    title: "the router loses every IPv6 SYN-ACK; nothing is wrong with the server",
    story: "\
The server sends its SYN-ACKs to its gateway, the router that brought the SYNs, and the router drops
them: a wrong filter there. Clients of four networks repeat their SYNs to :80 and never see an
answer; nobody else uses :80. A client on the server's own wire connects to :8080.",
    picture: "
                            2001:db8:1::/64
                            |
  server 2001:db8:1::10 ----+---- fe80::1  ROUTER ------ clients to :80
  :80 :8080                 |              drops         2001:db8:a1::11
                            |              SYN-ACKs      2001:db8:a2::12 ...
                            +---- client 2001:db8:1::20 to :8080

  SYN      client -> router -> server
  SYN-ACK  server -> router -> X",
    expect: Expectation::fault("synack-lost-outside", "path", &["likely", "confirmed"]),
    needs_nft: true,
    machine_wide: false,
    stage: |lab| {
        let hosts = ground_v6::routed(lab)?;
        hosts.router.nft(LOSE_SYN_ACKS)?;
        let near = neighbours(lab, &hosts.inside, &["2001:db8:1::20/64"])?;
        let apps = [serve(&hosts.server, 80)?, serve(&hosts.server, 8080)?];
        let mut traffic = connect_each(&near, SERVICE, 8080)?;
        let shows = Condition::stuck_peers(far()).and(Condition::completed(&traffic[0], 2));
        traffic.push(connect(&hosts.clients, &far(), SERVICE, 80)?);
        traffic.extend(apps);
        Ok(Stage { server: hosts.server, traffic, shows })
    },
};
