//! A firewall of the clients' side rejects the SYN-ACK.

use std::time::Duration;

use super::bench::Bench;
use crate::expectation::Expectation;
use crate::running::Condition;
use crate::scenario::Scenario;
use crate::scenario::routed::service;
use crate::traffic::{Pace, Script, Server};

const PACE: Pace = Pace { every: Duration::from_millis(500), burst: 2 };
const REJECT: &str = "\
table ip lab {
    chain forward {
        type filter hook forward priority filter; policy accept;
        tcp sport 80 tcp flags & (syn | ack) == syn | ack counter reject with icmp port-unreachable
    }
}
";

pub(in crate::scenario) static SCENARIO: Scenario = Scenario {
    id: "peer-resets-icmp-port",
    title: "a firewall on the way answers the SYN-ACK with ICMP port unreachable",
    story: "\
The firewall in front of the clients of :80 does not know their handshakes and rejects each SYN-ACK
with ICMP port unreachable, the default of REJECT. That message does not end a request: it stays,
and is answered anew whenever the client repeats its SYN.",
    picture: "
  server 10.1.0.10 --- 10.1.0.1 ROUTER 10.9.0.1 --- clients
  :80   healthy              REJECT                 192.0.2.x and others
  :443  healthy                                     100.64.0-4.x, 10.9.0.2

  SYN      client -> server   admitted, repeated
  SYN-ACK  server -> router   ICMP port unreachable, the request stays",
    expect: Expectation::fault("peer-resets", "outside", &["confirmed", "likely", "possible"])
        .or(&["synack-lost-outside"]),
    needs_nft: true,
    machine_wide: false,
    stage: |lab| {
        let mut bench = Bench::new(lab)?;
        bench.hosts.router.sysctl("net/ipv4/icmp_ratelimit", "0")?;
        bench.hosts.router.nft(REJECT)?;
        bench.serve(Server::accepting(service(80)))?;
        bench.peers(80, PACE, |_| Script {
            repeat_syn_at: [1, 2, 3, 4, 5, 7].map(Duration::from_secs).to_vec(),
            ..Script::silent()
        })?;
        let shows = Condition::stuck_on_port(80, 8);
        Ok(bench.into_stage(shows))
    },
};
