//! A listener that waits for data, and clients that wait for the server.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use super::bench::{Bench, ROUND_TRIP, kernel};
use crate::error::Result;
use crate::expectation::Expectation;
use crate::lab::net;
use crate::running::Condition;
use crate::scenario::Scenario;
use crate::scenario::routed::service;
use crate::traffic::{Exchange, KernelClients, ListenerOption, Pace, Script, Segment, Server};

const TALKERS: Pace = Pace { every: Duration::from_millis(500), burst: 2 };

pub(super) fn talks(exchange: &Exchange<'_>) -> Vec<Segment> {
    vec![exchange.ack(), exchange.data(b"GET")]
}

/// The first `count` of the silent clients, 10.9.0.101 and on.
pub(super) fn silent(count: u8) -> Vec<IpAddr> {
    (101..=100 + count).map(|last| IpAddr::from([10, 9, 0, last])).collect()
}

/// Puts the listener, `count` silent clients and talking ones on the bench.
pub(super) fn defer(bench: &mut Bench, target: SocketAddr, count: u8) -> Result<()> {
    let silent = silent(count);
    for address in &silent {
        bench.hosts.clients.address("c0", net(&format!("{address}/24")))?;
    }
    bench.serve(Server::accepting(target).with(&[ListenerOption::DeferAccept(30)]))?;
    bench.kernel_clients(KernelClients {
        sources: silent,
        every: Duration::from_secs(2),
        at_once: 20,
        hold: Duration::from_secs(25),
        ..kernel(target)
    })?;
    bench.peers(target.port(), TALKERS, |_| {
        Script::answers(ROUND_TRIP, talks).closing_after(Duration::from_millis(500))
    })
}

pub(in crate::scenario) static SCENARIO: Scenario = Scenario {
    id: "defer-accept",
    title: "the listener defers (TCP_DEFER_ACCEPT 30 s) and its clients send nothing for long",
    story: "\
The application on :8080 sets TCP_DEFER_ACCEPT to 30 s. Some of its clients connect and wait for a
greeting: their ACK is dropped on purpose, and the request stays in SYN_RECV until they send data,
close, or the time is over. Other clients of the same port send their request at once and are
served.",
    picture: "
  server 10.1.0.10 --- 10.1.0.1 ROUTER 10.9.0.1 --- clients
  :8080 TCP_DEFER_ACCEPT                            10.9.0.101-104, silent
                                                    192.0.2.x, talk at once
  :443  healthy                                     100.64.0-4.x, 10.9.0.2

  SYN      client -> server   admitted
  SYN-ACK  server -> client   arrives, is not sent again
  ACK      client -> server   dropped on purpose: no data yet",
    expect: Expectation::warning("defer-accept", "local", &["confirmed", "likely"]),
    needs_nft: false,
    machine_wide: false,
    stage: |lab| {
        let mut bench = Bench::new(lab)?;
        defer(&mut bench, service(8080), 4)?;
        let shows = Condition::stuck_on_port(8080, 4);
        Ok(bench.into_stage(shows))
    },
};
