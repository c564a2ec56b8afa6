//! Connection tracking does not see the SYN-ACKs, and calls the ACKs invalid, in IPv6.

use super::bench::Bench;
use crate::bpf::Family;
use crate::expectation::Expectation;
use crate::scenario::Scenario;

const RULES: &str = "\
table inet raw {
    chain output {
        type filter hook output priority raw; policy accept;
        tcp sport 80 notrack
    }
}
table inet filter {
    chain input {
        type filter hook input priority filter; policy drop;
        iif lo accept
        ct state invalid counter drop
        ct state established,related counter accept
        meta l4proto { icmp, icmpv6 } accept
        tcp dport { 80, 443 } ct state new counter accept
    }
}
";

pub(in crate::scenario) static SCENARIO: Scenario = Scenario {
    id: "conntrack-invalid-untracked-v6",
    title: "SYN-ACKs of :80 are not tracked (`notrack`), and what is invalid is dropped, IPv6",
    story: "\
Tracking was switched off for what the server sends from :80, but not for what it receives there. So
connection tracking knows the SYN and no SYN-ACK, takes the ACK for invalid, and the usual rule
drops what is invalid. The entries stay in SYN_SENT, unreplied. :443 works.",
    picture: "
  server 2001:db8:1::10 --- 2001:db8:1::1 ROUTER -- clients
  output, raw: notrack                              2001:db8:a1::11, a2::12,
  input: ct invalid drop                            a3::13, a4::14,
                                                    a5::15        of :80
                                                    2001:db8:c0-c4::1-8,
  :443 healthy                                      2001:db8:9::2 of :443

  SYN      client -> server   admitted
  SYN-ACK  server -> client   arrives, untracked
  ACK      client -> server   invalid, dropped",
    expect: Expectation::fault("conntrack-invalid", "local", &["confirmed", "likely", "possible"]),
    needs_nft: true,
    machine_wide: false,
    stage: |lab| {
        let mut bench = Bench::new(lab, Family::V6, |server| server.nft(RULES))?;
        bench.visit(80)?;
        let shows = bench.visitors_stuck();
        Ok(bench.into_stage(shows))
    },
};
