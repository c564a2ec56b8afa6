//! A rule of the server that counts nothing drops ACKs.

use super::bench::Bench;
use crate::bpf::Family;
use crate::expectation::Expectation;
use crate::scenario::Scenario;

const RULES: &str = "\
table inet filter {
    chain input {
        type filter hook input priority filter; policy accept;
        iif lo accept
        ct state invalid counter drop
        tcp dport 80 tcp flags & (syn | ack) == ack drop
        ct state established,related counter accept
        tcp dport 443 counter accept
    }
}
";

pub(in crate::scenario) static SCENARIO: Scenario = Scenario {
    id: "firewall-drops-ack-uncounted",
    title: "an nftables rule without counter drops everything but SYNs to :80",
    story: "\
As `firewall-drops-ack`, but the rule has no counter, as nftables rules have none unless one is
asked for. What speaks is the text of the rule, connection tracking, which calls the connections
established, and packets that IP received and delivered to nobody. Rules that do count move for
healthy reasons.",
    picture: "
  server 10.1.0.10 --- 10.1.0.1 ROUTER 10.9.0.1 --- clients
  input: drop                                       192.0.2.11   198.51.100.12
                                                    203.0.113.13 198.18.7.14
                                                    198.19.9.15   of :80
                                                    100.64.0-4.1-8,
  :443 healthy                                      10.9.0.2      of :443

  SYN      client -> server   admitted
  SYN-ACK  server -> client   arrives
  ACK      client -> server   dropped by a rule",
    expect: Expectation::fault("firewall-drops-ack", "local", &["confirmed", "likely", "possible"]),
    needs_nft: true,
    machine_wide: false,
    stage: |lab| {
        let mut bench = Bench::new(lab, Family::V4, |server| server.nft(RULES))?;
        bench.visit(80)?;
        let shows = bench.visitors_stuck();
        Ok(bench.into_stage(shows))
    },
};
