//! An IPv6 prefix that is too wide, and nobody who answers for the clients it covers.

use super::wide_v6;
use crate::expectation::Expectation;
use crate::scenario::Scenario;

pub(in crate::scenario) static SCENARIO: Scenario = Scenario {
    id: "wide-prefix-no-proxy-v6",
    title: "IPv6 prefix /48 instead of /64, and nobody answers for the routed clients",
    story: "\
The server was given 2001:db8:4::10/48 on a wire that is 2001:db8:4::/64, so it solicits the clients
2001:db8:4:5::11-16, who are behind the router. Nobody answers. Unlike in IPv4 the requests live on
for their full time, so they look as if the SYN-ACKs were lost outside. A client on the true subnet
connects.",
    picture: "
                          2001:db8:4::/64           2001:db8:4:5::/64
                          |                         |
  server 2001:db8:4::10 --+--- ::1  ROUTER   ::1 ---+
  02:..:10, prefix /48    |    :01                  |
                          |                         +--- clients ::11-::16
  client 2001:db8:4::20 --+--- ::2  BALANCER ::2 ---+
  02:..:20, prefix /64    |    :02                  |
                          |         drops invalid   |

  SYN      client -> router -> server                        accepted
  SYN-ACK  server: who has 2001:db8:4:5::11? ... no answer   never sent",
    expect: Expectation::fault("bad-netmask", "path", &["likely", "confirmed"])
        .or(&["neighbour-unresolved"]),
    needs_nft: true,
    machine_wide: false,
    stage: |lab| wide_v6::build(lab, 48)?.into_stage(),
};
