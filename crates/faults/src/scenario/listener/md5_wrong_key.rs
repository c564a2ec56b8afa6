//! A listener with a TCP-MD5 key, and peers whose ACKs are signed with another.

use super::bench::{Bench, ROUND_TRIP, STUCK};
use super::md5_missing::{KEY, PORT, signed};
use crate::expectation::Expectation;
use crate::running::Condition;
use crate::scenario::Scenario;
use crate::scenario::routed::service;
use crate::traffic::{Exchange, ListenerOption, Script, Segment, Server};

fn wrongly_signed(exchange: &Exchange<'_>) -> Vec<Segment> {
    vec![exchange.ack().signed(b"another")]
}

pub(in crate::scenario) static SCENARIO: Scenario = Scenario {
    id: "md5-wrong-key",
    title: "the ACKs are signed with another TCP-MD5 key than the listener's",
    story: "\
The listener on :179 has a TCP-MD5 key for everybody. Three of four peers sign their SYN with it and
their ACK with another: their key was changed while they connected, or a device on the way signs
again. Each ACK arrives with a wrong signature and is dropped. The fourth peer signs all it sends
with the right key and is connected.",
    picture: "
  server 10.1.0.10 --- 10.1.0.1 ROUTER 10.9.0.1 --- clients
  :179  TCP_MD5SIG                                  192.0.2.x and others
  :443  healthy                                     100.64.0-4.x, 10.9.0.2

  SYN      client -> server   signed, admitted
  SYN-ACK  server -> client   signed, arrives
  ACK      client -> server   arrives, dropped: wrong signature",
    expect: Expectation::fault("md5-mismatch", "local", &["confirmed", "likely"]),
    needs_nft: false,
    machine_wide: false,
    stage: |lab| {
        let mut bench = Bench::new(lab)?;
        bench.serve(Server::accepting(service(PORT)).with(&[ListenerOption::Md5Key(KEY)]))?;
        bench.peers(PORT, STUCK, |n| {
            let craft = if n % 4 == 3 { signed } else { wrongly_signed };
            Script { syn_key: Some(KEY), ..Script::answers(ROUND_TRIP, craft) }
        })?;
        let shows = Condition::stuck_on_port(PORT, 8);
        Ok(bench.into_stage(shows))
    },
};
