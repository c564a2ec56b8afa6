//! A BPF program on the cgroup of the listener drops its SYN-ACKs.

use super::bench::{Bench, kernel};
use crate::expectation::Expectation;
use crate::running::Condition;
use crate::scenario::Scenario;
use crate::scenario::routed::service;
use crate::traffic::{CgroupServer, Dropped, Server};

pub(in crate::scenario) static SCENARIO: Scenario = Scenario {
    id: "cgroup-drops-synack",
    title: "a BPF program on the listener's cgroup drops SYN-ACKs",
    story: "\
The application on :8083 runs in a cgroup with a BPF program (cgroup_skb, egress) that drops SYN-ACKs,
as a policy of a container runtime for new connections may. TCP is told that the SYN-ACK could not be
sent and gives each request up at its first timer; the client's next SYN makes it anew. No rule of
netfilter is there, and no filter on the device. :443 works.",
    picture: "
  server 10.1.0.10 --- 10.1.0.1 ROUTER 10.9.0.1 --- clients
  :8083 cgroup with a BPF program                   10.9.0.2
  :443  healthy                                     100.64.0-4.x, 10.9.0.2

  SYN      client -> server   admitted
  SYN-ACK  server -> X        dropped by the program of the cgroup",
    expect: Expectation::fault(
        "synack-dropped-here",
        "output",
        &["confirmed", "likely", "possible"],
    )
    .without_rows(),
    needs_nft: false,
    machine_wide: false,
    stage: |lab| {
        let mut bench = Bench::new(lab)?;
        let server = Server::accepting(service(8083));
        let app = CgroupServer { server, drops: Dropped::SynAcks };
        let app = app.start(&bench.hosts.server)?;
        bench.keep(app);
        bench.kernel_clients(kernel(service(8083)))?;
        let shows = Condition::counted(&bench.hosts.server, ("TcpExt", "TCPTimeouts"), 4);
        Ok(bench.into_stage(shows))
    },
};
