//! A listener without a TCP-MD5 key, and peers whose ACKs are signed.

use super::bench::{Bench, ROUND_TRIP, STUCK};
use super::md5_missing::{PORT, signed};
use crate::expectation::Expectation;
use crate::running::Condition;
use crate::scenario::Scenario;
use crate::scenario::routed::service;
use crate::traffic::{Script, Server};

pub(in crate::scenario) static SCENARIO: Scenario = Scenario {
    id: "md5-unexpected",
    title: "the ACKs carry TCP-MD5 signatures, and the listener has no key",
    story: "\
The listener on :179 has no TCP-MD5 key. A device on the way takes the signature off the SYNs of
three of four peers, but not off what follows: each ACK arrives signed and is dropped, because
nobody can check it. The fourth peer does not sign and is connected.",
    picture: "
  server 10.1.0.10 --- 10.1.0.1 ROUTER 10.9.0.1 --- clients
  :179  no key                                      192.0.2.x and others
  :443  healthy                                     100.64.0-4.x, 10.9.0.2

  SYN      client -> server   not signed, admitted
  SYN-ACK  server -> client   not signed, arrives
  ACK      client -> server   arrives, dropped: signed",
    expect: Expectation::fault("md5-mismatch", "local", &["confirmed", "likely"]),
    needs_nft: false,
    machine_wide: false,
    stage: |lab| {
        let mut bench = Bench::new(lab)?;
        bench.serve(Server::accepting(service(PORT)))?;
        bench.peers(PORT, STUCK, |n| match n % 4 {
            3 => Script::completes(ROUND_TRIP),
            _ => Script::answers(ROUND_TRIP, signed),
        })?;
        let shows = Condition::stuck_on_port(PORT, 8);
        Ok(bench.into_stage(shows))
    },
};
