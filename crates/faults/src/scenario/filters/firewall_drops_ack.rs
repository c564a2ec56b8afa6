//! An nftables rule of the server drops what clients of one port send after their SYN.

use super::bench::Bench;
use crate::bpf::Family;
use crate::expectation::Expectation;
use crate::scenario::Scenario;

/// Seven rules, two chains. Conntrack has seen each ACK before the rule drops it.
const RULES: &str = "\
table inet filter {
    chain input {
        type filter hook input priority filter; policy accept;
        iif lo accept
        ct state invalid counter drop
        tcp dport { 80, 8080 } jump web
        ct state established,related accept
        tcp dport 443 counter accept
        ip protocol icmp accept
    }
    chain web {
        tcp flags & (syn | ack) == ack counter drop
    }
}
";

pub(in crate::scenario) static SCENARIO: Scenario = Scenario {
    id: "firewall-drops-ack",
    title: "an nftables rule in INPUT drops everything but SYNs to :80",
    story: "\
A chain of the server's nftables drops segments to :80 that have ACK and not SYN, before the rule
that accepts what is established. SYNs are admitted and SYN-ACKs reach the clients in five networks,
who take the connection for open; all that they send from then on is dropped. Connection tracking
saw their ACKs and calls the connections established. :443 works.",
    picture: "
  server 10.1.0.10 --- 10.1.0.1 ROUTER 10.9.0.1 --- clients
  input -> web: drop                                192.0.2.11   198.51.100.12
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
