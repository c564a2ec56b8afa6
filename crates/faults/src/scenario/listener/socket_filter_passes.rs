//! A BPF program on the listener that lets ACKs pass: healthy.

use std::time::Duration;

use super::bench::{Bench, CROWD, ROUND_TRIP, kernel};
use crate::expectation::Expectation;
use crate::lab::ip;
use crate::running::Condition;
use crate::scenario::Scenario;
use crate::scenario::noise;
use crate::scenario::routed::service;
use crate::traffic::{Exchange, Flags, ListenerOption, Pace, RawPeers, Script, Segment, Server};

/// One a second.
const NULL_SCAN: Pace = Pace { every: Duration::from_secs(1), burst: 1 };

/// What scans of this kind send, then the ACK that was asked for.
fn null_first(exchange: &Exchange<'_>) -> Vec<Segment> {
    let ack = exchange.ack();
    vec![Segment { flags: Flags::default(), ..ack.clone() }, ack]
}

pub(in crate::scenario) static SCENARIO: Scenario = Scenario {
    id: "socket-filter-passes",
    title: "a socket filter (SO_ATTACH_FILTER) drops what scanners send and passes ACKs: healthy",
    story: "\
The application on :8082 has attached a filter to its listener: it drops segments without any flag,
which only scanners send. One address sends some before it answers, so the listener drops packets;
everybody's ACKs pass. Two other addresses send SYNs and never answer, so requests are stuck; the
filter has nothing to do with them.",
    picture: "
  server 10.1.0.10 --- 10.1.0.1 ROUTER 10.9.0.1 -+- clients
  :8082 SO_ATTACH_FILTER                         |  192.0.2.x, 50 a second
  :443  healthy                                  |  100.64.0-4.x, 10.9.0.2
                                                 +- scanners 203.0.113.65-67",
    expect: Expectation::HEALTHY,
    needs_nft: false,
    machine_wide: false,
    stage: |lab| {
        let mut bench = Bench::new(lab)?;
        let app = Server::accepting(service(8082));
        bench.serve(app.with(&[ListenerOption::DropNullSegments]))?;
        bench.peers(8082, CROWD, |_| {
            Script::completes(ROUND_TRIP).closing_after(Duration::from_millis(200))
        })?;
        let scan = RawPeers::new(service(8082), [ip("203.0.113.65")], NULL_SCAN, |_| {
            Script::answers(ROUND_TRIP, null_first).closing_after(Duration::from_millis(200))
        });
        let scan = scan.start(&bench.hosts.clients)?;
        let silent = noise::scanner(&bench.hosts.clients, service(8082))?;
        bench.keep(silent);
        let clients = kernel(service(8082)).start(&bench.hosts.clients)?;
        let shows = Condition::completed(&scan, 4)
            .and(Condition::completed(&clients, 4))
            .and(Condition::stuck_on_port(8082, 2));
        bench.keep(scan);
        bench.keep(clients);
        Ok(bench.into_stage(shows))
    },
};
