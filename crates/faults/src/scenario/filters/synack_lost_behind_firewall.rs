//! SYN-ACKs are lost outside, and a rule in OUTPUT of the server drops something else.

use std::net::SocketAddr;

use super::bench::{Bench, visitors};
use crate::bpf::Family;
use crate::expectation::Expectation;
use crate::lab::ip;
use crate::running::Condition;
use crate::scenario::Scenario;
use crate::traffic::KernelClients;

const RULES: &str = "\
table inet filter {
    chain output {
        type filter hook output priority filter; policy accept;
        tcp dport 25 counter drop
    }
}
";

/// Loaded on the router.
const LOSE_SYN_ACKS: &str = "\
table inet lab {
    chain forward {
        type filter hook forward priority filter; policy accept;
        tcp sport 80 tcp flags & (syn | ack) == syn | ack drop
    }
}
";

pub(in crate::scenario) static SCENARIO: Scenario = Scenario {
    id: "synack-lost-behind-firewall",
    title: "the router loses the SYN-ACKs of :80; the server drops its own SMTP in OUTPUT",
    story: "\
The router drops the SYN-ACKs of :80. A rule in OUTPUT of the server moves, and IP counts more
packets asked for than sent: that is mail of the host itself, which the firewall keeps in. Clients
in five networks repeat their SYNs. :443 works.",
    picture: "
  server 10.1.0.10 --- 10.1.0.1 ROUTER 10.9.0.1 --- clients
  output: drop smtp                                 192.0.2.11   198.51.100.12
                                                    203.0.113.13 198.18.7.14
                                                    198.19.9.15   of :80
                                                    100.64.0-4.1-8,
  :443 healthy                                      10.9.0.2      of :443

  SYN      client -> server   admitted
  SYN-ACK  server -> router   dropped there
  SYN      server -> :25      dropped by a rule",
    expect: Expectation::fault("synack-lost-outside", "path", &["confirmed", "likely", "possible"]),
    needs_nft: true,
    machine_wide: false,
    stage: |lab| {
        let mut bench = Bench::new(lab, Family::V4, |server| server.nft(RULES))?;
        bench.router.nft(LOSE_SYN_ACKS)?;
        bench.visit(80)?;
        for machine in visitors(Family::V4) {
            let target = SocketAddr::new(machine, 25);
            let mail = KernelClients::new(target, [ip("10.1.0.10")]).start(&bench.server)?;
            bench.keep(mail);
        }
        let tried = Condition::counted(&bench.server, ("TcpExt", "TCPTimeouts"), 10);
        let shows = bench.visitors_stuck().and(tried);
        Ok(bench.into_stage(shows))
    },
};
