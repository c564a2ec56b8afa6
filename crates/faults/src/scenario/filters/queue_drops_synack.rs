//! The class of a shaper that replies of one port are put into lets nothing pass.

use super::bench::Bench;
use crate::bpf::Family;
use crate::expectation::Expectation;
use crate::running::Condition;
use crate::scenario::Scenario;

/// Replies of :80 go to a class of 8 bit/s whose queue holds one packet.
const SHAPER: &str = "\
qdisc add dev ps0 root handle 1: htb default 10
class add dev ps0 parent 1: classid 1:10 htb rate 100mbit
class add dev ps0 parent 1: classid 1:20 htb rate 8bit burst 1 cburst 1
qdisc add dev ps0 parent 1:20 handle 20: pfifo limit 1
filter add dev ps0 parent 1: protocol ip prio 1 u32 \
match ip protocol 6 0xff match ip sport 80 0xffff flowid 1:20
";

pub(in crate::scenario) static SCENARIO: Scenario = Scenario {
    id: "queue-drops-synack",
    title: "the queue of a shaped class on the way out drops SYN-ACKs of :80",
    story: "\
The server shapes what it sends: replies of :80 have a class of their own, with hardly any rate
and room for one packet. The SYN-ACKs find it full. TCP is told that they could not be sent and
gives each request up at its first timer. No rule and no filter drops anything: the filter only
chooses the class. :443 works.",
    picture: "
  server 10.1.0.10 --- 10.1.0.1 ROUTER 10.9.0.1 --- clients
  ps0: a full class for :80                         192.0.2.11   198.51.100.12
                                                    203.0.113.13 198.18.7.14
                                                    198.19.9.15   of :80
                                                    100.64.0-4.1-8,
  another class for :443                            10.9.0.2      of :443

  SYN      client -> server   admitted
  SYN-ACK  server -> X        dropped by the queue of the class",
    expect: Expectation::fault(
        "synack-dropped-here",
        "output",
        &["confirmed", "likely", "possible"],
    )
    .without_rows(),
    needs_nft: false,
    machine_wide: false,
    stage: |lab| {
        let mut bench = Bench::new(lab, Family::V4, |server| server.tc(SHAPER))?;
        bench.visit(80)?;
        let shows = Condition::counted(&bench.server, ("TcpExt", "TCPTimeouts"), 10);
        Ok(bench.into_stage(shows))
    },
};
