//! The match `rpfilter` of iptables drops SYNs that came by another device.

use super::multihomed::Multihomed;
use crate::bpf::Family;
use crate::expectation::Expectation;
use crate::netfilter::IpTables;
use crate::running::Condition;
use crate::scenario::Scenario;

const RULES: &str = "\
*raw
:PREROUTING ACCEPT [0:0]
-A PREROUTING -m rpfilter --invert -j DROP
COMMIT
";

pub(in crate::scenario) static SCENARIO: Scenario = Scenario {
    id: "rpfilter-drops-syn",
    title: "iptables-legacy: `-m rpfilter --invert -j DROP` on a host with two uplinks",
    story:
        "\
A rule in PREROUTING of raw drops what fails the strict reverse-path test. The only default route is
on ps0, so every SYN to 10.2.0.10, which comes by ps1, is dropped before TCP. The setting rp_filter
is off, IPReversePathFilter stays 0, and `nft list ruleset` shows nothing. Connections by ps0 work.",
    picture: "
                  ps0 10.1.0.10 ---- 10.1.0.1  ROUTER a  10.9.0.1 ---+
  server :80                                                         |
                  ps1 10.2.0.10 ---- 10.2.0.1  ROUTER b  10.9.0.2 ---+
                                                                     |
  default via 10.1.0.1 dev ps0                clients in 5 networks -+

  to 10.2.0.10:  SYN  client -> b -> ps1   dropped: no route back by ps1",
    expect: Expectation::fault(
        "firewall-drops-syn",
        "refused",
        &["confirmed", "likely", "possible"],
    )
    .by_rights()
    .without_rows(),
    needs_nft: false,
    machine_wide: false,
    stage: |lab| {
        let hosts = Multihomed::build(lab, Family::V4, |server, _| {
            server.iptables(IpTables::Legacy, RULES)
        })?;
        let shows = hosts.first_connects().and(Condition::undelivered(&hosts.server, "Ip", 20));
        Ok(hosts.into_stage(shows))
    },
};
