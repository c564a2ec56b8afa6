//! A firewall of the clients' side answers the SYN-ACK with ICMPv6 administratively prohibited.

use super::peer_resets_icmp_address_v6::rejected;
use crate::expectation::Expectation;
use crate::running::Condition;
use crate::scenario::Scenario;

pub(in crate::scenario) static SCENARIO: Scenario = Scenario {
    id: "peer-resets-icmp-prohibited-v6",
    title: "a firewall on the way answers the SYN-ACK with ICMPv6 administratively prohibited",
    story: "\
The firewall in front of the clients of :80 does not know their handshakes and answers each SYN-ACK
with ICMPv6 destination unreachable, code 1, administratively prohibited. In IPv6 that code ends a
request at once, so none is stuck. A client on the server's own wire connects to :8080.",
    picture: "
                            2001:db8:1::/64
                            |
  server 2001:db8:1::10 ----+---- fe80::1  ROUTER ------ clients to :80
  :80 :8080                 |              rejects       2001:db8:a1::11
                            |                            2001:db8:a2::12 ...
                            +---- client 2001:db8:1::20 to :8080

  SYN      client -> router -> server   admitted
  SYN-ACK  server -> router             prohibited: the request ends",
    expect: Expectation::fault("peer-resets", "outside", &["confirmed", "likely", "possible"])
        // The requests end within a millisecond, so only frames show whose they were.
        .by_rights()
        .without_rows(),
    needs_nft: true,
    machine_wide: false,
    stage: |lab| {
        let (mut stage, near) = rejected(lab, "admin-prohibited")?;
        let ended = Condition::counted(&stage.server, ("TcpExt", "ListenDrops"), 8);
        stage.shows = ended.and(near);
        Ok(stage)
    },
};
