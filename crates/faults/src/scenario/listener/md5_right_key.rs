//! A listener with a TCP-MD5 key, and clients that have the same: healthy.

use std::time::Duration;

use super::bench::{Bench, ROUND_TRIP, kernel};
use super::md5_missing::{KEY, PORT, signed};
use crate::expectation::Expectation;
use crate::running::Condition;
use crate::scenario::Scenario;
use crate::scenario::routed::service;
use crate::traffic::{KernelClients, ListenerOption, Pace, Script, Server};

const PEERS: Pace = Pace { every: Duration::from_millis(100), burst: 1 };

pub(in crate::scenario) static SCENARIO: Scenario = Scenario {
    id: "md5-right-key",
    title: "the listener wants TCP-MD5 signatures, and its peers have the key: healthy",
    story: "\
The listener on :179 has a TCP-MD5 key for everybody, and everybody who connects has the same and
signs each segment with it.",
    picture: "
  server 10.1.0.10 --- 10.1.0.1 ROUTER 10.9.0.1 --- clients
  :179  TCP_MD5SIG                                  192.0.2.x and others
                                                    10.9.0.2
  :443  healthy                                     100.64.0-4.x, 10.9.0.2",
    expect: Expectation::HEALTHY,
    needs_nft: false,
    machine_wide: false,
    stage: |lab| {
        let mut bench = Bench::new(lab)?;
        bench.serve(Server::accepting(service(PORT)).with(&[ListenerOption::Md5Key(KEY)]))?;
        bench.peers(PORT, PEERS, |_| {
            let script = Script { syn_key: Some(KEY), ..Script::answers(ROUND_TRIP, signed) };
            script.closing_after(Duration::from_millis(200))
        })?;
        let clients = KernelClients { key: Some(KEY), ..kernel(service(PORT)) };
        let clients = clients.start(&bench.hosts.clients)?;
        let shows = Condition::completed(&clients, 4).and(Condition::nobody_stuck());
        bench.keep(clients);
        Ok(bench.into_stage(shows))
    },
};
