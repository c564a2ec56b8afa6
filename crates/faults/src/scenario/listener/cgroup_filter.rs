//! A BPF program on the cgroup of the listener drops the last ACK of the handshake.

use super::bench::Bench;
use crate::expectation::Expectation;
use crate::running::Condition;
use crate::scenario::Scenario;
use crate::scenario::routed::service;
use crate::traffic::{CgroupServer, Dropped, Server};

pub(in crate::scenario) static SCENARIO: Scenario = Scenario {
    id: "cgroup-filter",
    title: "a BPF program on the listener's cgroup drops ACKs without data",
    story: "\
The application on :8082 runs in a cgroup with a BPF program (cgroup_skb, ingress) that drops every
segment with ACK as its only flag, as a policy of a container runtime may. The socket itself has no
filter and holds no option memory. The clients' ACKs arrive, are visible in a capture, and no
counter moves but that of the socket's drops; ACKs outside of the window would look the same.",
    picture: "
  server 10.1.0.10 --- 10.1.0.1 ROUTER 10.9.0.1 --- clients
  :8082 cgroup with a BPF program                   192.0.2.x and others
  :443  healthy                                     100.64.0-4.x, 10.9.0.2

  SYN      client -> server   admitted
  SYN-ACK  server -> client   arrives
  ACK      client -> server   arrives, dropped by the program of the cgroup",
    expect: Expectation::fault("socket-filter", "local", &["confirmed", "likely", "possible"])
        .or(&["sequence-rejected", "ack-ignored-locally"])
        .by_sock_diag(),
    needs_nft: false,
    machine_wide: false,
    stage: |lab| {
        let mut bench = Bench::new(lab)?;
        let server = Server::accepting(service(8082));
        let app = CgroupServer { server, drops: Dropped::BareAcks };
        let app = app.start(&bench.hosts.server)?;
        bench.keep(app);
        bench.answered_with(8082, |exchange| vec![exchange.ack()])?;
        let shows = Condition::stuck_on_port(8082, 8);
        Ok(bench.into_stage(shows))
    },
};
