//! ACKs with a sequence number far outside of the window, which no counter tells.

use super::bench::Bench;
use super::out_of_window::beyond;
use crate::expectation::Expectation;
use crate::running::Condition;
use crate::scenario::Scenario;
use crate::scenario::routed::service;
use crate::traffic::Server;

pub(in crate::scenario) static SCENARIO: Scenario = Scenario {
    id: "out-of-window-once",
    title: "the ACKs are outside of the window and come once each: no counter moves",
    story: "\
A middlebox between the clients of :80 and the server shifts sequence numbers of the clients'
segments, but not those of their SYNs. Each ACK is a megabyte beyond the window; the server drops it
and says which number it expects. As each ACK comes only once, every one of them is answered, and
nothing but the drops of the listener rises; a BPF program on its cgroup would look the same.",
    picture: "
  server 10.1.0.10 --- 10.1.0.1 ROUTER 10.9.0.1 --- clients
  :80   healthy                                     192.0.2.x and others
  :443  healthy                                     100.64.0-4.x, 10.9.0.2

  SYN      client -> server   admitted
  SYN-ACK  server -> client   arrives
  ACK      client -> server   arrives, dropped: out of window; challenge ACK",
    expect: Expectation::fault("sequence-rejected", "local", &["possible", "likely"])
        .or(&["socket-filter", "ack-ignored-locally"])
        .by_sock_diag(),
    needs_nft: false,
    machine_wide: false,
    stage: |lab| {
        let mut bench = Bench::new(lab)?;
        bench.serve(Server::accepting(service(80)))?;
        bench.answered_with(80, beyond)?;
        let shows = Condition::stuck_on_port(80, 8);
        Ok(bench.into_stage(shows))
    },
};
