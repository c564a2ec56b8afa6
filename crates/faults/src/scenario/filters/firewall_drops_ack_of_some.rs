//! A rule with a set drops what some clients send.

use super::bench::{Bench, visitors};
use crate::bpf::Family;
use crate::expectation::Expectation;
use crate::running::Condition;
use crate::scenario::Scenario;

const RULES: &str = "\
table inet filter {
    set partners {
        type ipv4_addr; flags interval;
        elements = { 192.0.2.0/24, 198.51.100.0/24, 203.0.113.0/24 }
    }
    chain input {
        type filter hook input priority filter; policy drop;
        iif lo accept
        tcp dport vmap { 80 : jump web }
        ct state vmap { established : accept, related : accept, invalid : drop }
        ip protocol icmp accept
        tcp dport { 80, 443 } ct state new counter accept
    }
    chain web {
        ct state established ip saddr @partners counter drop
    }
}
";

pub(in crate::scenario) static SCENARIO: Scenario = Scenario {
    id: "firewall-drops-ack-of-some",
    title: "an nftables rule drops established traffic to :80 from the networks of a set",
    story: "\
A set names three networks; a rule drops their established traffic to :80, a chain of a verdict map
away from INPUT. Clients of two other networks use :80 all the time, so the listener is visibly
healthy. :443 works.",
    picture: "
  server 10.1.0.10 --- 10.1.0.1 ROUTER 10.9.0.1 --- clients
  input -> web: drop of a set                       192.0.2.11   198.51.100.12
                                                    203.0.113.13 198.18.7.14
                                                    198.19.9.15   of :80
                                                    100.64.0-4.1-8,
  :443 healthy                                      10.9.0.2      of :443

  of 192.0.2.11, 198.51.100.12, 203.0.113.13:
  SYN      client -> server   admitted
  SYN-ACK  server -> client   arrives
  ACK      client -> server   dropped by a rule
  of 198.18.7.14, 198.19.9.15: connected",
    expect: Expectation::fault("firewall-drops-ack", "local", &["confirmed", "likely", "possible"])
        .by_rights(),
    needs_nft: true,
    machine_wide: false,
    stage: |lab| {
        let mut bench = Bench::new(lab, Family::V4, |server| server.nft(RULES))?;
        let visitors = visitors(Family::V4);
        let (hit, spared) = visitors.split_at(3);
        bench.serve(80)?;
        bench.connect(80, hit.to_vec())?;
        let connected = bench.connect(80, spared.to_vec())?;
        Ok(bench.into_stage(Condition::stuck_peers(hit.to_vec()).and(connected)))
    },
};
