//! Connection tracking drops ACKs outside of the window, before TCP could reject them.

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

/// The right ACK, a megabyte further on.
fn beyond(exchange: &Exchange<'_>) -> Vec<Segment> {
    let ack = exchange.ack();
    vec![Segment { sequence: ack.sequence.wrapping_add(1_000_000), ..ack }]
}

pub(in crate::scenario) static SCENARIO: Scenario = Scenario {
    id: "conntrack-invalid-window",
    title: "the ACKs are outside of the window, and what is invalid is dropped",
    story: "\
A middlebox shifts sequence numbers of the segments of the clients of :80, but not those of their
SYNs. Connection tracking finds each ACK beyond the window and calls it invalid
(nf_conntrack_tcp_be_liberal 0), and a rule drops it: TCP never sees it and counts nothing. The
entries are in SYN_RECV. :443 works.",
    picture: "
  server 10.1.0.10 --- 10.1.0.1 ROUTER 10.9.0.1 --- clients
  input: ct invalid drop                            192.0.2.11   198.51.100.12
                                                    203.0.113.13 198.18.7.14
                                                    198.19.9.15   of :80
                                                    100.64.0-4.1-8,
  :443 healthy                                      10.9.0.2      of :443

  SYN      client -> server   admitted
  SYN-ACK  server -> client   arrives
  ACK      client -> server   out of window: invalid, dropped",
    expect: Expectation::fault("conntrack-invalid", "local", &["confirmed", "likely", "possible"])
        .or(&["sequence-rejected"]),
    needs_nft: true,
    machine_wide: false,
    stage: |lab| {
        let mut bench = Bench::new(lab, Family::V4, |server| server.nft(RULES))?;
        bench.serve(80)?;
        bench.crafted(80, STUCK, strangers(), |_| Script::answers(ROUND_TRIP, beyond))?;
        let shows = Condition::stuck_on_port(80, 8);
        Ok(bench.into_stage(shows))
    },
};
