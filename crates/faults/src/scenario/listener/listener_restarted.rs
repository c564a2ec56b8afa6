//! An application that closes its listener and opens another while no handshake is open: healthy.

use std::time::Duration;

use super::bench::{Bench, kernel};
use crate::expectation::Expectation;
use crate::running::Condition;
use crate::scenario::Scenario;
use crate::scenario::routed::service;
use crate::traffic::{App, KernelClients, Server};

const RESTARTS: App =
    App::Reopens { open: Duration::from_millis(2500), closed: Duration::from_millis(400) };

pub(in crate::scenario) static SCENARIO: Scenario = Scenario {
    id: "listener-restarted",
    title: "an application restarts while no handshake is open: healthy",
    story: "\
The application on :80 is restarted every few seconds and listens again 0.4 s later. Its clients are
near: a handshake takes no time, so none is open when the listener goes. Who comes while nobody
listens is refused with a reset, and connects a moment later.",
    picture: "
  server 10.1.0.10 --- 10.1.0.1 ROUTER 10.9.0.1 --- clients
  :80   open 2.5 s, closed 0.4 s, ...               10.9.0.2, near
  :443  healthy                                     100.64.0-4.x, 10.9.0.2

  SYN      client -> server   nobody listens: RST; a moment later admitted",
    expect: Expectation::HEALTHY,
    needs_nft: false,
    machine_wide: false,
    stage: |lab| {
        let mut bench = Bench::new(lab)?;
        bench.serve(Server::new(service(80), 4096, RESTARTS))?;
        let every = Duration::from_millis(100);
        let clients = KernelClients { every, ..kernel(service(80)) };
        let clients = clients.start(&bench.hosts.clients)?;
        let shows = Condition::completed(&clients, 10).and(Condition::counted(
            &bench.hosts.server,
            ("Tcp", "OutRsts"),
            2,
        ));
        bench.keep(clients);
        Ok(bench.into_stage(shows))
    },
};
