//! The incident in IPv6 with a balancer that answers for a whole prefix.

use super::wide_v6::{self, Wide};
use crate::configure::mac;
use crate::expectation::Expectation;
use crate::scenario::Scenario;
use crate::traffic::NdResponder;

pub(in crate::scenario) static SCENARIO: Scenario = Scenario {
    id: "incident-responder-v6",
    title: "the IPv6 incident; the balancer answers for every address of the clients' prefix",
    story: "\
As incident-v6, but the balancer does not list the clients one by one: a program on it answers for
every address of 2001:db8:4:5::/64, as ndppd and appliances do, and says that it is a router. So the
server's entries for its clients have the balancer's MAC and the flag `router`.",
    picture: "
                          2001:db8:4::/64           2001:db8:4:5::/64
                          |                         |
  server 2001:db8:4::10 --+--- ::1  ROUTER   ::1 ---+
  02:..:10, prefix /48    |    :01  proxy_ndp slow  |
                          |                         +--- clients ::11-::16
  client 2001:db8:4::20 --+--- ::2  BALANCER ::2 ---+
  02:..:20, prefix /64    |    :02  answers for all |
                          |         drops invalid   |

  2001:db8:4:5::11 lladdr 02:..:02 router

  SYN      client -> router   -> server   accepted
  SYN-ACK  server -> balancer -> X        dropped: no connection known",
    expect: Expectation::fault("bad-netmask", "path", &["likely", "confirmed"]).or(&["proxy-arp"]),
    needs_nft: true,
    machine_wide: false,
    stage: |lab| {
        let hosts = wide_v6::build(lab, 48)?;
        // The router waits for a random part of this (hundredths of a second). A program needs longer
        // than the kernel, on a busy machine 30 ms, and all clients are to be its.
        Wide::proxy(&hosts.router, "r0", "1000")?;
        let responder = NdResponder {
            device: "lb0".to_owned(),
            mac: mac(0x02),
            net: "2001:db8:4:5::/64".parse().expect("a valid prefix"),
            asker: mac(0x10),
        };
        let responder = responder.start(&hosts.balancer)?;
        let mut stage = hosts.into_stage()?;
        stage.traffic.push(responder);
        Ok(stage)
    },
};
