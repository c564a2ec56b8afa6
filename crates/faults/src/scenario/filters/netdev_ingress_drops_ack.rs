//! A netdev chain drops ACKs below IP.

use super::bench::Bench;
use crate::bpf::Family;
use crate::expectation::Expectation;
use crate::scenario::Scenario;

const RULES: &str = "\
table netdev filter {
    chain ingress {
        type filter hook ingress device ps0 priority filter; policy accept;
        tcp dport 80 tcp flags & (syn | ack) == ack counter drop
    }
}
";

pub(in crate::scenario) static SCENARIO: Scenario = Scenario {
    id: "netdev-ingress-drops-ack",
    title: "an nftables chain at the ingress of ps0 drops everything but SYNs to :80",
    story: "\
A chain of the family netdev, at the ingress hook of ps0, drops segments to :80 that have ACK and
not SYN. It comes before IP: no counter of IP moves. The rule counts, and a capture on the server
shows the ACKs. :443 works.",
    picture: "
  server 10.1.0.10 --- 10.1.0.1 ROUTER 10.9.0.1 --- clients
  ps0 ingress: drop                                 192.0.2.11   198.51.100.12
                                                    203.0.113.13 198.18.7.14
                                                    198.19.9.15   of :80
                                                    100.64.0-4.1-8,
  :443 healthy                                      10.9.0.2      of :443

  SYN      client -> server   admitted
  SYN-ACK  server -> client   arrives
  ACK      client -> server   dropped at the device",
    expect: Expectation::fault("ingress-filter", "local", &["confirmed", "likely", "possible"])
        .by_rights()
        .or(&["firewall-drops-ack"]),
    needs_nft: true,
    machine_wide: false,
    stage: |lab| {
        let mut bench = Bench::new(lab, Family::V4, |server| server.nft(RULES))?;
        bench.visit(80)?;
        let shows = bench.visitors_stuck();
        Ok(bench.into_stage(shows))
    },
};
