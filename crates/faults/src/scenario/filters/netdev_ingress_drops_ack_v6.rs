//! A chain at the ingress hook of an inet table drops ACKs of IPv6.

use super::bench::Bench;
use crate::bpf::Family;
use crate::expectation::Expectation;
use crate::scenario::Scenario;

const RULES: &str = "\
table inet filter {
    chain ingress {
        type filter hook ingress device ps0 priority filter; policy accept;
        tcp dport 80 tcp flags & (syn | ack) == ack drop
    }
}
";

pub(in crate::scenario) static SCENARIO: Scenario = Scenario {
    id: "netdev-ingress-drops-ack-v6",
    title: "an nftables chain of family inet at the ingress of ps0 drops all but SYNs to :80, IPv6",
    story: "\
A table of the family inet may have a chain at the ingress hook of a device too (Linux 5.10). It
drops segments to :80 that have ACK and not SYN, without a counter and before IP: nothing counts
them but the device. :443 works.",
    picture: "
  server 2001:db8:1::10 --- 2001:db8:1::1 ROUTER -- clients
  ps0 ingress: drop                                 2001:db8:a1::11, a2::12,
                                                    a3::13, a4::14,
                                                    a5::15        of :80
                                                    2001:db8:c0-c4::1-8,
  :443 healthy                                      2001:db8:9::2 of :443

  SYN      client -> server   admitted
  SYN-ACK  server -> client   arrives
  ACK      client -> server   dropped at the device",
    expect: Expectation::fault("ingress-filter", "local", &["confirmed", "likely", "possible"])
        .by_rights()
        .or(&["firewall-drops-ack"]),
    needs_nft: true,
    machine_wide: false,
    stage: |lab| {
        let mut bench = Bench::new(lab, Family::V6, |server| server.nft(RULES))?;
        bench.visit(80)?;
        let shows = bench.visitors_stuck();
        Ok(bench.into_stage(shows))
    },
};
