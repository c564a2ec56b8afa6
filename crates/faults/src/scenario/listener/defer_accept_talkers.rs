//! A listener that waits for data, and clients that send it at once: healthy.

use std::time::Duration;

use super::bench::{Bench, CROWD, ROUND_TRIP};
use super::defer_accept::talks;
use crate::expectation::Expectation;
use crate::running::Condition;
use crate::scenario::Scenario;
use crate::scenario::routed::service;
use crate::traffic::{ListenerOption, Script, Server};

pub(in crate::scenario) static SCENARIO: Scenario = Scenario {
    id: "defer-accept-talkers",
    title: "a deferring listener (TCP_DEFER_ACCEPT) whose clients send data at once: healthy",
    story: "\
The application on :8080 sets TCP_DEFER_ACCEPT to 30 s. Each of its clients sends its request right
after the ACK of the handshake: the ACK is dropped on purpose and counted, and the data completes
the handshake a moment later.",
    picture: "
  server 10.1.0.10 --- 10.1.0.1 ROUTER 10.9.0.1 --- clients
  :8080 TCP_DEFER_ACCEPT                            192.0.2.x, 50 a second
  :443  healthy                                     100.64.0-4.x, 10.9.0.2

  SYN      client -> server   admitted
  SYN-ACK  server -> client   arrives
  ACK      client -> server   dropped on purpose: no data yet
  data     client -> server   ESTABLISHED",
    expect: Expectation::HEALTHY,
    needs_nft: false,
    machine_wide: false,
    stage: |lab| {
        let mut bench = Bench::new(lab)?;
        let app = Server::accepting(service(8080));
        bench.serve(app.with(&[ListenerOption::DeferAccept(30)]))?;
        bench.peers(8080, CROWD, |_| {
            Script::answers(ROUND_TRIP, talks).closing_after(Duration::from_millis(200))
        })?;
        let deferred = ("TcpExt", "TCPDeferAcceptDrop");
        let shows = Condition::counted(&bench.hosts.server, deferred, 100);
        Ok(bench.into_stage(shows))
    },
};
