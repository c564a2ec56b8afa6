//! A rule of the server answers ACKs with RST.

use super::bench::Bench;
use crate::bpf::Family;
use crate::expectation::Expectation;
use crate::netfilter::IpTables;
use crate::running::Condition;
use crate::scenario::Scenario;

const RULES: &str = "\
*filter
:INPUT ACCEPT [0:0]
-A INPUT -i lo -j ACCEPT
-A INPUT -p tcp --dport 80 --tcp-flags SYN,ACK ACK -j REJECT --reject-with tcp-reset
-A INPUT -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
-A INPUT -p tcp --dport 443 -j ACCEPT
COMMIT
";

pub(in crate::scenario) static SCENARIO: Scenario = Scenario {
    id: "firewall-resets-ack",
    title: "an iptables rule in INPUT rejects everything but SYNs to :80 with a RST",
    story: "\
As `firewall-rejects-ack`, but the rule answers with a RST in the name of TCP. The client closes,
and answers the SYN-ACK that the server sends again after 1 s with a RST of its own, which is no ACK
and passes: the request ends then. It looks as if the clients reset. :443 works.",
    picture: "
  server 10.1.0.10 --- 10.1.0.1 ROUTER 10.9.0.1 --- clients
  INPUT: REJECT, tcp-reset                          192.0.2.11   198.51.100.12
                                                    203.0.113.13 198.18.7.14
                                                    198.19.9.15   of :80
                                                    100.64.0-4.1-8,
  :443 healthy                                      10.9.0.2      of :443

  SYN      client -> server   admitted
  SYN-ACK  server -> client   arrives
  ACK      client -> server   rejected by a rule
  RST      server -> client   sent by the rule
  SYN-ACK  server -> client   again, after 1 s
  RST      client -> server   accepted: the request ends",
    expect: Expectation::fault("firewall-drops-ack", "local", &["confirmed", "likely", "possible"])
        .by_rights()
        .without_rows(),
    needs_nft: false,
    machine_wide: false,
    stage: |lab| {
        let mut bench =
            Bench::new(lab, Family::V4, |server| server.iptables(IpTables::Nft, RULES))?;
        bench.visit(80)?;
        let shows = Condition::counted(&bench.server, ("TcpExt", "EmbryonicRsts"), 5);
        Ok(bench.into_stage(shows))
    },
};
