//! SYNs with the server's own source are let in, and only the server itself is concerned: healthy.

use super::martian_own_source::to_itself;
use crate::expectation::Expectation;
use crate::running::{Condition, Stage};
use crate::scenario::Scenario;

pub(in crate::scenario) static SCENARIO: Scenario = Scenario {
    id: "martian-own-source-accepted",
    title: "accept_local lets SYNs with the server's own source in; clients connect: healthy",
    story: "\
As martian-own-source, but accept_local is 1, so the SYNs that come back by the balancer are
admitted. The SYN-ACK stays on the loopback and meets a socket that expects the balancer, and the
server resets its own handshake. It is one program on the host itself that tests in a circle; every
client connects.",
    picture: "
                       10.1.0.0/24
                       |
  server 10.1.0.10 ----+---- 10.1.0.1  ROUTER  10.9.0.1 --- clients
  :80                  |                                    198.18.1.11 ...
  accept_local 1       +---- 10.1.0.2  BALANCER
                             dnat 10.1.0.2:80 -> 10.1.0.10

  SYN      server -> balancer -> server, from 10.1.0.10   admitted
  SYN-ACK  by lo    RST  by lo",
    expect: Expectation::HEALTHY,
    needs_nft: true,
    machine_wide: false,
    stage: |lab| {
        let (server, shows, traffic) =
            to_itself(lab, |server| server.sysctl("net/ipv4/conf/ps0/accept_local", "1"))?;
        let resets = Condition::counted(&server, ("TcpExt", "EmbryonicRsts"), 2);
        Ok(Stage { server, traffic, shows: shows.and(resets) })
    },
};
