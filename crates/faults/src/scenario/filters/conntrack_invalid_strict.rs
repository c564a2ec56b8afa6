//! Connection tracking does not see the SYNs and takes nothing up halfway.

use super::bench::Bench;
use crate::bpf::Family;
use crate::expectation::Expectation;
use crate::scenario::Scenario;

const RULES: &str = "\
table ip raw {
    chain prerouting {
        type filter hook prerouting priority raw; policy accept;
        tcp dport 80 tcp flags syn / fin,syn,rst,ack notrack
    }
}
table inet filter {
    chain input {
        type filter hook input priority filter; policy drop;
        iif lo accept
        ct state invalid counter drop
        ct state established,related counter accept
        ip protocol icmp accept
        tcp dport { 80, 443 } ct state new,untracked counter accept
    }
}
";

pub(in crate::scenario) static SCENARIO: Scenario = Scenario {
    id: "conntrack-invalid-strict",
    title: "SYNs of :80 are not tracked, nf_conntrack_tcp_loose is 0, what is invalid is dropped",
    story: "\
Half of a SYN proxy was left behind: SYNs to :80 are not tracked, and connection tracking is strict
(nf_conntrack_tcp_loose 0). It knows nothing of the connections, and an ACK of no connection is
invalid; a rule drops it. There is no entry for the stuck connections at all. :443 works.",
    picture: "
  server 10.1.0.10 --- 10.1.0.1 ROUTER 10.9.0.1 --- clients
  prerouting, raw: notrack syn                      192.0.2.11   198.51.100.12
  input: ct invalid drop                            203.0.113.13 198.18.7.14
                                                    198.19.9.15   of :80
                                                    100.64.0-4.1-8,
  :443 healthy                                      10.9.0.2      of :443

  SYN      client -> server   admitted, untracked
  SYN-ACK  server -> client   arrives
  ACK      client -> server   invalid, dropped",
    expect: Expectation::fault("conntrack-invalid", "local", &["confirmed", "likely", "possible"]),
    needs_nft: true,
    machine_wide: false,
    stage: |lab| {
        let mut bench = Bench::new(lab, Family::V4, |server| {
            server.sysctl("net/netfilter/nf_conntrack_tcp_loose", "0")?;
            server.nft(RULES)
        })?;
        bench.visit(80)?;
        let shows = bench.visitors_stuck();
        Ok(bench.into_stage(shows))
    },
};
