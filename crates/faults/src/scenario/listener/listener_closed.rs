//! An application that closes its listener while handshakes are open.

use std::time::Duration;

use super::bench::Bench;
use crate::expectation::Expectation;
use crate::running::Condition;
use crate::scenario::Scenario;
use crate::scenario::routed::service;
use crate::traffic::{App, Pace, Script, Server};

const REOPENS: App =
    App::Reopens { open: Duration::from_millis(4500), closed: Duration::from_secs(1) };
/// Longer than the listener lives, so that nobody is connected.
const ROUND_TRIP: Duration = Duration::from_secs(6);
const PACE: Pace = Pace { every: Duration::from_millis(500), burst: 4 };

pub(in crate::scenario) static SCENARIO: Scenario = Scenario {
    id: "listener-closed",
    title: "the application closes and reopens its listener while handshakes are open",
    story: "\
The application on :80 closes its listener every few seconds and opens a new one a second later.
Its clients are slow: they answer 6 s after the SYN-ACK. Their requests belong to a listener that is
gone; each answer is reset, although somebody listens again.",
    picture: "
  server 10.1.0.10 --- 10.1.0.1 ROUTER 10.9.0.1 --- clients
  :80   open 4.5 s, closed 1 s, open ...            192.0.2.x, 6 s away
  :443  healthy                                     100.64.0-4.x, 10.9.0.2

  SYN      client -> server   admitted
  SYN-ACK  server -> client   arrives
           the application closes its listener
  ACK      client -> server   arrives: RST",
    expect: Expectation::fault("listener-gone", "local", &["confirmed", "likely", "possible"]),
    needs_nft: false,
    machine_wide: false,
    stage: |lab| {
        let mut bench = Bench::new(lab)?;
        bench.serve(Server::new(service(80), 4096, REOPENS))?;
        bench.peers(80, PACE, |_| Script::completes(ROUND_TRIP))?;
        let shows = Condition::stuck_on_port(80, 8);
        Ok(bench.into_stage(shows))
    },
};
