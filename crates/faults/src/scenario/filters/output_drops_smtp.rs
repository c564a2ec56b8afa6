//! The firewall keeps the host from sending mail.

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

pub(in crate::scenario) static SCENARIO: Scenario = Scenario {
    id: "output-drops-smtp",
    title: "a rule in OUTPUT drops SMTP of the host itself, and its counter moves: healthy",
    story: "\
The host tries to deliver mail to five machines, and a rule in OUTPUT drops its SYNs to :25. IP
counts more packets asked for than sent, and timers of TCP fire, as when SYN-ACKs are dropped. All
clients of the host connect.",
    picture: "
  server 10.1.0.10 --- 10.1.0.1 ROUTER 10.9.0.1 --- clients
  output: drop smtp                                 192.0.2.11   198.51.100.12
                                                    203.0.113.13 198.18.7.14
                                                    198.19.9.15   of :80
                                                    100.64.0-4.1-8,
  :80 and :443 healthy                              10.9.0.2      of :443

  SYN      client -> server   admitted
  SYN-ACK  server -> client   arrives
  ACK      client -> server   accepted

  SYN      server -> :25      dropped by a rule",
    expect: Expectation::HEALTHY,
    needs_nft: true,
    machine_wide: false,
    stage: |lab| {
        let mut bench = Bench::new(lab, Family::V4, |server| server.nft(RULES))?;
        let connected = bench.visit(80)?;
        for machine in visitors(Family::V4) {
            let target = SocketAddr::new(machine, 25);
            let mail = KernelClients::new(target, [ip("10.1.0.10")]).start(&bench.server)?;
            bench.keep(mail);
        }
        let tried = Condition::counted(&bench.server, ("TcpExt", "TCPTimeouts"), 10);
        Ok(bench.into_stage(connected.and(tried)))
    },
};
