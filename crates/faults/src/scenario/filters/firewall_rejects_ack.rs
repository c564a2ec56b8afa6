//! A rule of the server answers ACKs with ICMP.

use super::bench::Bench;
use crate::bpf::Family;
use crate::expectation::Expectation;
use crate::scenario::Scenario;

const RULES: &str = "\
table inet filter {
    chain input {
        type filter hook input priority filter; policy accept;
        iif lo accept
        tcp dport 80 tcp flags & (syn | ack) == ack counter reject
        ct state established,related accept
        tcp dport 443 counter accept
    }
}
";

pub(in crate::scenario) static SCENARIO: Scenario = Scenario {
    id: "firewall-rejects-ack",
    title: "an nftables rule in INPUT rejects everything but SYNs to :80",
    story: "\
As `firewall-drops-ack`, but the rule rejects: each ACK is answered with ICMP port unreachable. The
clients in five networks read `Connection refused` from a connection that was open, close it and
start anew; their closing is rejected too. The server limits how many ICMP messages it sends. :443
works.",
    picture: "
  server 10.1.0.10 --- 10.1.0.1 ROUTER 10.9.0.1 --- clients
  input: reject                                     192.0.2.11   198.51.100.12
                                                    203.0.113.13 198.18.7.14
                                                    198.19.9.15   of :80
                                                    100.64.0-4.1-8,
  :443 healthy                                      10.9.0.2      of :443

  SYN      client -> server   admitted
  SYN-ACK  server -> client   arrives
  ACK      client -> server   rejected by a rule
  ICMP     server -> client   port unreachable",
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
