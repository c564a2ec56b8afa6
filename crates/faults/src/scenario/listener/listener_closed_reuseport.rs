//! One of three listeners of a port is closed and opened again while handshakes are open.

use std::time::Duration;

use super::bench::Bench;
use crate::error::Result;
use crate::expectation::Expectation;
use crate::running::Condition;
use crate::scenario::Scenario;
use crate::scenario::routed::service;
use crate::traffic::{App, ListenerOption, Pace, Script, Server};

const REOPENS: App =
    App::Reopens { open: Duration::from_millis(2500), closed: Duration::from_secs(1) };
/// A third of them goes to the worker that is restarted.
const PACE: Pace = Pace { every: Duration::from_millis(500), burst: 8 };

/// Three listeners of the port, the last of which comes and goes.
pub(super) fn workers(bench: &mut Bench) -> Result<()> {
    for app in [App::Accepts, App::Accepts, REOPENS] {
        let worker = Server::new(service(80), 4096, app);
        bench.serve(worker.with(&[ListenerOption::ReusePort]))?;
    }
    Ok(())
}

/// Clients that take almost a second for their ACK.
pub(super) fn far_away(bench: &mut Bench) -> Result<()> {
    bench.peers(80, PACE, |_| {
        let far_away = Duration::from_millis(900);
        Script::completes(far_away).closing_after(Duration::from_secs(1))
    })
}

pub(in crate::scenario) static SCENARIO: Scenario = Scenario {
    id: "listener-closed-reuseport",
    title: "one of three listeners of a port (SO_REUSEPORT) restarts and loses its handshakes",
    story: "\
Three workers listen on :80 with SO_REUSEPORT; one of them closes its listener every few seconds and
opens a new one a second later. net.ipv4.tcp_migrate_req is 0, so handshakes that belong to the
closed listener are lost, although two others listen all the time. Clients answer 900 ms after the
SYN-ACK, before any timer fires: the requests are young and end in a reset.",
    picture: "
  server 10.1.0.10 --- 10.1.0.1 ROUTER 10.9.0.1 --- clients
  :80   worker 1, healthy                           192.0.2.x, 900 ms away
        worker 2, healthy                           each by its hash
        worker 3, open 2.5 s, closed 1 s, ...
  :443  healthy                                     100.64.0-4.x, 10.9.0.2

  SYN      client -> server   admitted by worker 3
  SYN-ACK  server -> client   arrives
           worker 3 closes its listener
  ACK      client -> server   arrives: RST",
    expect: Expectation::fault("listener-gone", "local", &["confirmed", "likely", "possible"])
        .without_rows(),
    needs_nft: false,
    machine_wide: false,
    stage: |lab| {
        let mut bench = Bench::new(lab)?;
        workers(&mut bench)?;
        far_away(&mut bench)?;
        let shows = Condition::counted(&bench.hosts.server, ("Tcp", "OutRsts"), 4);
        Ok(bench.into_stage(shows))
    },
};
