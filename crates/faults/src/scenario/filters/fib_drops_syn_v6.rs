//! A rule looks up the way back and drops SYNs that came by another device, in IPv6.

use super::multihomed::Multihomed;
use crate::bpf::Family;
use crate::expectation::Expectation;
use crate::running::Condition;
use crate::scenario::Scenario;

const RULES: &str = "\
table inet raw {
    chain prerouting {
        type filter hook prerouting priority raw; policy accept;
        icmpv6 type { nd-router-advert, nd-neighbor-solicit, nd-neighbor-advert } accept
        fib saddr . iif oif missing counter drop
    }
}
";

pub(in crate::scenario) static SCENARIO: Scenario = Scenario {
    id: "fib-drops-syn-v6",
    title: "nftables: `fib saddr . iif oif missing drop` on a host with two uplinks, IPv6",
    story: "\
The reverse-path filter of firewalld: a rule in PREROUTING drops a packet whose source would not be
answered by the device it came by. The only default route is on ps0, so every SYN to 2001:db8:2::10,
which comes by ps1, is dropped before TCP. IPv6 has no rp_filter; rules are the only way.
Connections by ps0 work.",
    picture: "
                  ps0 2001:db8:1::10 ---- 2001:db8:1::1  ROUTER a ---+
  server :80                                                         |
                  ps1 2001:db8:2::10 ---- 2001:db8:2::1  ROUTER b ---+
                                                                     |
  default via 2001:db8:1::1 dev ps0           clients in 5 networks -+

  to 2001:db8:2::10:  SYN  client -> b -> ps1   dropped: no route back by ps1",
    expect: Expectation::fault(
        "firewall-drops-syn",
        "refused",
        &["confirmed", "likely", "possible"],
    )
    .by_rights()
    .without_rows(),
    needs_nft: true,
    machine_wide: false,
    stage: |lab| {
        let hosts = Multihomed::build(lab, Family::V6, |server, _| server.nft(RULES))?;
        let shows = hosts.first_connects().and(Condition::undelivered(&hosts.server, "Ip6", 20));
        Ok(hosts.into_stage(shows))
    },
};
