//! Both queues full: clients that came by SYN cookie are dropped when they answer.

use std::time::Duration;

use super::bench::{Bench, ROUND_TRIP};
use crate::expectation::Expectation;
use crate::running::Condition;
use crate::scenario::Scenario;
use crate::scenario::routed::service;
use crate::traffic::{App, Pace, Script, Server};

/// Takes all that is there, so that a burst finds its queue either empty or full.
const EMPTIES: App = App::Slow { batch: 16, pause: Duration::from_millis(900) };
const BURSTS: Pace = Pace { every: Duration::from_millis(400), burst: 10 };

pub(in crate::scenario) static SCENARIO: Scenario = Scenario {
    id: "queue-full-with-cookies",
    title: "both queues are full, and SYN cookies make clients believe they are connected",
    story: "\
The application on :8443 listens with a backlog of 2. Clients come in bursts of ten: three fill the
SYN queue, the others get SYN cookies, and when all answer the accept queue has room for three. The
others hold a valid cookie, believe they are connected, and their data is never answered. The
server shows nothing in SYN_RECV.",
    picture: "
  server 10.1.0.10 --- 10.1.0.1 ROUTER 10.9.0.1 --- clients
  :8443 backlog 2, both queues full                 192.0.2.x and others
  :443  healthy                                     100.64.0-4.x, 10.9.0.2

  SYN      client -> server   answered with a cookie
  SYN-ACK  server -> client   arrives, is never sent again
  ACK      client -> server   valid cookie, dropped: accept queue full
  data     client -> server   the same",
    expect: Expectation::fault("accept-queue-full", "local", &["confirmed", "likely"])
        .without_rows(),
    needs_nft: false,
    machine_wide: false,
    stage: |lab| {
        let mut bench = Bench::new(lab)?;
        bench.serve(Server::new(service(8443), 2, EMPTIES))?;
        bench.peers(8443, BURSTS, |_| {
            Script::answers(ROUND_TRIP, |exchange| vec![exchange.ack(), exchange.data(b"GET")])
        })?;
        let shows = Condition::overflowed(&bench.hosts.server, 8).and(Condition::counted(
            &bench.hosts.server,
            ("TcpExt", "SyncookiesRecv"),
            8,
        ));
        Ok(bench.into_stage(shows))
    },
};
