//! A shaper whose full class is that of other packets than SYN-ACKs of the services: healthy.

use super::bench::Bench;
use crate::bpf::Family;
use crate::expectation::Expectation;
use crate::scenario::Scenario;

/// What goes to the port of a database has a class of 8 bit/s whose queue holds one packet.
const SHAPER: &str = "\
qdisc add dev ps0 root handle 1: htb default 10
class add dev ps0 parent 1: classid 1:10 htb rate 100mbit
class add dev ps0 parent 1: classid 1:20 htb rate 8bit burst 1 cburst 1
qdisc add dev ps0 parent 1:20 handle 20: pfifo limit 1
filter add dev ps0 parent 1: protocol ip prio 1 u32 \
match ip protocol 6 0xff match ip dport 5432 0xffff flowid 1:20
";

pub(in crate::scenario) static SCENARIO: Scenario = Scenario {
    id: "queue-passes",
    title: "a shaped class drops what the server sends elsewhere, not SYN-ACKs: healthy",
    story: "\
The server shapes what it sends to a database, to hardly any rate, and keeps connecting to it. The
queue of that class drops packets all the time; replies to clients go through another class and are
sent at once. A scanner leaves stuck requests on :443, which have nothing to do with it. All clients
connect.",
    picture: "
  server 10.1.0.10 --- 10.1.0.1 ROUTER 10.9.0.1 --- clients
  ps0: a full class for :5432                       192.0.2.11   198.51.100.12
                                                    203.0.113.13 198.18.7.14
                                                    198.19.9.15   of :80
                                                    100.64.0-4.1-8,
  :80 and :443 healthy                              10.9.0.2      of :443

  connect  server -> 172.16.0.9:5432   dropped by the queue of the class

  scanner  203.0.113.66, .67  of :443, silent",
    expect: Expectation::HEALTHY,
    needs_nft: false,
    machine_wide: false,
    stage: |lab| {
        let mut bench = Bench::new(lab, Family::V4, |server| server.tc(SHAPER))?;
        let connected = bench.visit(80)?;
        bench.reach_out(&["172.16.0.9"])?;
        let scanned = bench.scan()?;
        Ok(bench.into_stage(connected.and(scanned)))
    },
};
