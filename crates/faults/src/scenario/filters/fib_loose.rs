//! A rule that looks up the way back by any device drops nothing on a host with two uplinks.

use super::multihomed::Multihomed;
use crate::bpf::Family;
use crate::expectation::Expectation;
use crate::scenario::Scenario;

const RULES: &str = "\
table inet raw {
    chain prerouting {
        type filter hook prerouting priority raw; policy accept;
        fib saddr oif missing counter drop
    }
}
";

pub(in crate::scenario) static SCENARIO: Scenario = Scenario {
    id: "fib-loose",
    title: "nftables: `fib saddr oif missing drop` on a host with two uplinks: healthy",
    story: "\
A loose reverse-path filter: the rule drops a packet whose source has no way back at all. Replies to
clients of ps1 leave by ps0, which nobody on the way minds. All clients connect to both addresses.",
    picture: "
                  ps0 10.1.0.10 ---- 10.1.0.1  ROUTER a  10.9.0.1 ---+
  server :80                                                         |
                  ps1 10.2.0.10 ---- 10.2.0.1  ROUTER b  10.9.0.2 ---+
                                                                     |
  default via 10.1.0.1 dev ps0                clients in 5 networks -+

  to 10.2.0.10:  SYN  client -> b -> ps1    SYN-ACK  ps0 -> a -> client",
    expect: Expectation::HEALTHY,
    needs_nft: true,
    machine_wide: false,
    stage: |lab| {
        let hosts = Multihomed::build(lab, Family::V4, |server, _| server.nft(RULES))?;
        let shows = hosts.first_connects().and(hosts.second_connects());
        Ok(hosts.into_stage(shows))
    },
};
