//! A rule in PREROUTING drops ACKs before connection tracking sees them.

use super::bench::Bench;
use crate::bpf::Family;
use crate::expectation::Expectation;
use crate::scenario::Scenario;

const RULES: &str = "\
table ip raw {
    chain prerouting {
        type filter hook prerouting priority raw; policy accept;
        tcp dport 80 tcp flags & (syn | ack) == ack counter drop
    }
}
table inet filter {
    chain input {
        type filter hook input priority filter; policy drop;
        iif lo accept
        ct state established,related accept
        ip protocol icmp accept
        tcp dport { 80, 443 } ct state new accept
    }
}
";

pub(in crate::scenario) static SCENARIO: Scenario = Scenario {
    id: "firewall-drops-ack-raw",
    title: "an nftables rule in PREROUTING (priority raw) drops everything but SYNs to :80",
    story: "\
A rule at priority -300, ahead of connection tracking, drops segments to :80 that have ACK and not
SYN. Connection tracking sees SYN and SYN-ACK only and has the connections in SYN_RECV, as when the
ACK never came. :443 works.",
    picture: "
  server 10.1.0.10 --- 10.1.0.1 ROUTER 10.9.0.1 --- clients
  prerouting, raw: drop                             192.0.2.11   198.51.100.12
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
