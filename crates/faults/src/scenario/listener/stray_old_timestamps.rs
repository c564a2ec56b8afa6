//! Old duplicates that arrive before the right ACK: healthy.

use std::time::Duration;

use super::bench::{Bench, CROWD, ROUND_TRIP};
use super::old_timestamp::older;
use crate::expectation::Expectation;
use crate::running::Condition;
use crate::scenario::Scenario;
use crate::scenario::noise;
use crate::scenario::routed::service;
use crate::traffic::{Exchange, Script, Segment, Server};

fn right(exchange: &Exchange<'_>) -> Vec<Segment> {
    vec![exchange.ack_with_timestamp(1, 0)]
}

fn older_first(exchange: &Exchange<'_>) -> Vec<Segment> {
    [older(exchange), right(exchange)].concat()
}

pub(in crate::scenario) static SCENARIO: Scenario = Scenario {
    id: "stray-old-timestamps",
    title: "stray segments with old timestamps beside clients that connect: healthy",
    story: "\
One client of :80 in ten is behind a path that delivers an old duplicate before the ACK: the server
drops the duplicate (PAWS), counts it, and takes the ACK that follows. Two addresses scan :80 and
never answer, so requests are stuck as well; the one has nothing to do with the other.",
    picture: "
  server 10.1.0.10 --- 10.1.0.1 ROUTER 10.9.0.1 -+- clients
  :80                                            |  192.0.2.x, 50 a second
  :443  healthy                                  |  100.64.0-4.x, 10.9.0.2
                                                 +- scanner 203.0.113.66, .67

  SYN      client -> server   admitted
  SYN-ACK  server -> client   arrives
  ACK      client -> server   from one in ten, dropped: TSval older than SYN's
  ACK      client -> server   ESTABLISHED",
    expect: Expectation::HEALTHY,
    needs_nft: false,
    machine_wide: false,
    stage: |lab| {
        let mut bench = Bench::new(lab)?;
        bench.serve(Server::accepting(service(80)))?;
        bench.peers(80, CROWD, |n| {
            let craft = if n % 10 == 7 { older_first } else { right };
            let script = Script::answers(ROUND_TRIP, craft).with_timestamp(7_000_000);
            script.closing_after(Duration::from_millis(200))
        })?;
        let scan = noise::scanner(&bench.hosts.clients, service(80))?;
        bench.keep(scan);
        let shows = Condition::counted(&bench.hosts.server, ("TcpExt", "PAWSEstab"), 10)
            .and(Condition::stuck_on_port(80, 2));
        Ok(bench.into_stage(shows))
    },
};
