//! ACKs are lost outside, and the counters of the strict firewall of the server move.

use std::time::Duration;

use super::bench::{Bench, ROUND_TRIP, strangers};
use super::firewalled_host::with_stray_reset;
use crate::bpf::Family;
use crate::expectation::Expectation;
use crate::running::Condition;
use crate::scenario::Scenario;
use crate::traffic::{Pace, Script};

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

/// Loaded on the router.
const LOSE_ACKS: &str = "\
table inet lab {
    chain forward {
        type filter hook forward priority filter; policy accept;
        tcp dport 80 tcp flags & (syn | ack) == ack drop
    }
}
";

/// A connection a second, each with one stray RST.
const STRAYS: Pace = Pace { every: Duration::from_secs(1), burst: 1 };

pub(in crate::scenario) static SCENARIO: Scenario = Scenario {
    id: "ack-lost-behind-firewall",
    title: "the router loses the ACKs to :80; the rule `ct state invalid drop` of the server moves",
    story: "\
The router drops what is no SYN to :80, so the ACKs of five networks never reach the server. Its
strict firewall is innocent: the rule that drops what is invalid moves by stray RSTs, one a second,
which are far fewer than the ACKs that are missing. :443 works.",
    picture: "
  server 10.1.0.10 --- 10.1.0.1 ROUTER 10.9.0.1 --- clients
  input: ct invalid drop                            192.0.2.11   198.51.100.12
                                                    203.0.113.13 198.18.7.14
                                                    198.19.9.15   of :80
                                                    100.64.0-4.1-8,
  :443 healthy                                      10.9.0.2      of :443

  SYN      client -> server   admitted
  SYN-ACK  server -> client   arrives
  ACK      client -> router   dropped there",
    expect: Expectation::fault("ack-lost-outside", "outside", &["confirmed", "likely", "possible"]),
    needs_nft: true,
    machine_wide: false,
    stage: |lab| {
        let mut bench = Bench::new(lab, Family::V4, |server| server.nft(RULES))?;
        bench.router.nft(LOSE_ACKS)?;
        bench.visit(80)?;
        bench.crafted(443, STRAYS, strangers(), |_| Script {
            close_after: Some(ROUND_TRIP),
            ..Script::answers(ROUND_TRIP, with_stray_reset)
        })?;
        let stray = Condition::undelivered(&bench.server, "Ip", 2);
        let shows = bench.visitors_stuck().and(stray);
        Ok(bench.into_stage(shows))
    },
};
