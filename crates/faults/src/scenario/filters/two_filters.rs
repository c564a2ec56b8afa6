//! Two faults at once: a rule of netfilter and a program of traffic control.

use super::bench::Bench;
use crate::bpf::{Family, Frames};
use crate::device_filter::Side;
use crate::expectation::Expectation;
use crate::running::Condition;
use crate::scenario::Scenario;

const RULES: &str = "\
table inet filter {
    chain input {
        type filter hook input priority filter; policy accept;
        iif lo accept
        tcp dport 80 tcp flags & (syn | ack) == ack counter drop
        ct state established,related accept
        tcp dport { 443, 8080 } counter accept
    }
}
";

pub(in crate::scenario) static SCENARIO: Scenario = Scenario {
    id: "two-filters",
    title: "an nftables rule drops ACKs to :80, a BPF filter those to :8080",
    story: "\
Two filters, each with its own victims: a rule in INPUT drops what is no SYN to :80, and a program
on the ingress of ps0 what is no SYN to :8080. Neither explains the other. :443 works.",
    picture: "
  server 10.1.0.10 --- 10.1.0.1 ROUTER 10.9.0.1 --- clients
  ps0 ingress: bpf, :8080                           192.0.2.11   198.51.100.12
  input: drop, :80                                  203.0.113.13 198.18.7.14
                                                    198.19.9.15   of :80
                                                    100.64.0-4.1-8,
  :443 healthy                                      10.9.0.2      of :443

  SYN      client -> server   admitted
  SYN-ACK  server -> client   arrives
  ACK      client -> server   of :80 dropped by a rule
                              of :8080 dropped at the device",
    expect: Expectation::fault("firewall-drops-ack", "local", &["confirmed", "likely", "possible"])
        .by_rights()
        .and(&[("ingress-filter", "local")]),
    needs_nft: true,
    machine_wide: false,
    stage: |lab| {
        let mut bench = Bench::new(lab, Family::V4, |server| {
            server.classify("ps0")?;
            server.drop_by_tc("ps0", Side::Ingress, &Frames::acks_to(Family::V4, 8080))?;
            server.nft(RULES)
        })?;
        bench.visit(80)?;
        bench.visit(8080)?;
        let shows = Condition::stuck_on_port(80, 10).and(Condition::stuck_on_port(8080, 10));
        Ok(bench.into_stage(shows))
    },
};
