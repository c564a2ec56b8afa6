//! A listener with a TCP-MD5 key, and peers that stop signing after their SYN.

use super::bench::{Bench, ROUND_TRIP, STUCK};
use crate::expectation::Expectation;
use crate::running::Condition;
use crate::scenario::Scenario;
use crate::scenario::routed::service;
use crate::traffic::{Exchange, ListenerOption, Script, Segment, Server};

pub(super) const PORT: u16 = 179;
pub(super) const KEY: &[u8] = b"lab";

fn unsigned(exchange: &Exchange<'_>) -> Vec<Segment> {
    vec![exchange.ack()]
}

pub(super) fn signed(exchange: &Exchange<'_>) -> Vec<Segment> {
    vec![exchange.ack().signed(KEY)]
}

pub(in crate::scenario) static SCENARIO: Scenario = Scenario {
    id: "md5-missing",
    title: "the listener wants TCP-MD5 signatures, and the ACKs have none",
    story: "\
The listener on :179 has a TCP-MD5 key for everybody. Three of four peers sign their SYN, but a
device on the way strips the signature from segments without SYN: each ACK arrives unsigned and is
dropped. The fourth peer signs all it sends and is connected.",
    picture: "
  server 10.1.0.10 --- 10.1.0.1 ROUTER 10.9.0.1 --- clients
  :179  TCP_MD5SIG                                  192.0.2.x and others
  :443  healthy                                     100.64.0-4.x, 10.9.0.2

  SYN      client -> server   signed, admitted
  SYN-ACK  server -> client   signed, arrives
  ACK      client -> server   arrives, dropped: not signed",
    expect: Expectation::fault("md5-mismatch", "local", &["confirmed", "likely"]),
    needs_nft: false,
    machine_wide: false,
    stage: |lab| {
        let mut bench = Bench::new(lab)?;
        bench.serve(Server::accepting(service(PORT)).with(&[ListenerOption::Md5Key(KEY)]))?;
        bench.peers(PORT, STUCK, |n| {
            let craft = if n % 4 == 3 { signed } else { unsigned };
            Script { syn_key: Some(KEY), ..Script::answers(ROUND_TRIP, craft) }
        })?;
        let shows = Condition::stuck_on_port(PORT, 8);
        Ok(bench.into_stage(shows))
    },
};
