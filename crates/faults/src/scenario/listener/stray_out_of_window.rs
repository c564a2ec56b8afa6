//! Segments from elsewhere in the sequence space before the right ACK: healthy.

use std::time::Duration;

use super::bench::{Bench, CROWD, ROUND_TRIP};
use super::out_of_window::beyond_twice;
use crate::expectation::Expectation;
use crate::running::Condition;
use crate::scenario::Scenario;
use crate::scenario::noise;
use crate::scenario::routed::service;
use crate::traffic::{Exchange, Script, Segment, Server};

fn beyond_first(exchange: &Exchange<'_>) -> Vec<Segment> {
    let mut segments = beyond_twice(exchange);
    segments.push(exchange.ack());
    segments
}

pub(in crate::scenario) static SCENARIO: Scenario = Scenario {
    id: "stray-out-of-window",
    title: "stray segments outside of the window beside clients that connect: healthy",
    story: "\
One client of :80 in ten re-uses the port of an earlier connection, of which segments are still
under way: the server drops two of them as outside of the window, answers one and counts the other,
and takes the ACK that follows. Two addresses scan :80 and never answer, so requests are stuck as
well; the one has nothing to do with the other.",
    picture: "
  server 10.1.0.10 --- 10.1.0.1 ROUTER 10.9.0.1 -+- clients
  :80                                            |  192.0.2.x, 50 a second
  :443  healthy                                  |  100.64.0-4.x, 10.9.0.2
                                                 +- scanner 203.0.113.66, .67

  SYN      client -> server   admitted
  SYN-ACK  server -> client   arrives
  ACKs     client -> server   from one in ten, dropped: out of window
  ACK      client -> server   ESTABLISHED",
    expect: Expectation::HEALTHY,
    needs_nft: false,
    machine_wide: false,
    stage: |lab| {
        let mut bench = Bench::new(lab)?;
        bench.serve(Server::accepting(service(80)))?;
        bench.peers(80, CROWD, |n| {
            let script = match n % 10 {
                7 => Script::answers(ROUND_TRIP, beyond_first),
                _ => Script::completes(ROUND_TRIP),
            };
            script.closing_after(Duration::from_millis(200))
        })?;
        let scan = noise::scanner(&bench.hosts.clients, service(80))?;
        bench.keep(scan);
        let skipped = ("TcpExt", "TCPACKSkippedSynRecv");
        let shows = Condition::counted(&bench.hosts.server, skipped, 10)
            .and(Condition::stuck_on_port(80, 2));
        Ok(bench.into_stage(shows))
    },
};
