//! Connection tracking drops ACKs with wrong checksums, before TCP could count them.

use super::bench::{Bench, ROUND_TRIP, STUCK, strangers};
use crate::bpf::Family;
use crate::expectation::Expectation;
use crate::running::Condition;
use crate::scenario::Scenario;
use crate::traffic::{Exchange, Script, Segment};

const RULES: &str = "\
table inet filter {
    chain input {
        type filter hook input priority filter; policy drop;
        iif lo accept
        ct state invalid counter drop
        ct state established,related counter accept
        ip protocol icmp accept
        tcp dport { 80, 443 } ct state new counter accept
    }
}
";

fn damaged(exchange: &Exchange<'_>) -> Vec<Segment> {
    vec![Segment { damaged: true, ..exchange.ack() }]
}

pub(in crate::scenario) static SCENARIO: Scenario = Scenario {
    id: "conntrack-invalid-checksum",
    title: "the ACKs have wrong checksums, and what is invalid is dropped",
    story: "\
Something on the way damages the ACKs of the clients of :80. Connection tracking verifies checksums
(nf_conntrack_checksum 1), calls the segments invalid, and a rule drops them: TCP never sees them
and InCsumErrors stays as it is. The entries are in SYN_RECV. :443 works.",
    picture: "
  server 10.1.0.10 --- 10.1.0.1 ROUTER 10.9.0.1 --- clients
  input: ct invalid drop                            192.0.2.11   198.51.100.12
                                                    203.0.113.13 198.18.7.14
                                                    198.19.9.15   of :80
                                                    100.64.0-4.1-8,
  :443 healthy                                      10.9.0.2      of :443

  SYN      client -> server   admitted
  SYN-ACK  server -> client   arrives
  ACK      client -> server   checksum wrong: invalid, dropped",
    expect: Expectation::fault("conntrack-invalid", "local", &["confirmed", "likely", "possible"])
        .or(&["bad-checksum"]),
    needs_nft: true,
    machine_wide: false,
    stage: |lab| {
        let mut bench = Bench::new(lab, Family::V4, |server| server.nft(RULES))?;
        bench.serve(80)?;
        bench.crafted(80, STUCK, strangers(), |_| Script::answers(ROUND_TRIP, damaged))?;
        let shows = Condition::stuck_on_port(80, 8);
        Ok(bench.into_stage(shows))
    },
};
