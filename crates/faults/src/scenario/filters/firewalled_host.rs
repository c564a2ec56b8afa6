//! A host with a firewall of many counting rules, all of which move, and none is in the way.

use std::net::SocketAddr;
use std::time::Duration;

use super::bench::{Bench, ROUND_TRIP, STUCK, strangers};
use crate::bpf::Family;
use crate::expectation::Expectation;
use crate::lab::ip;
use crate::running::Condition;
use crate::scenario::Scenario;
use crate::traffic::{Exchange, Flags, KernelClients, Pace, Script, Segment};

const RULES: &str = "\
table inet filter {
    set blocklist {
        type ipv4_addr; flags interval;
        elements = { 203.0.113.192/26 }
    }
    chain input {
        type filter hook input priority filter; policy drop;
        iif lo counter accept
        ct state invalid counter drop
        ip saddr @blocklist counter drop
        ct state established,related counter accept
        ip protocol icmp counter accept
        tcp dport { 80, 443 } ct state new counter accept
        counter log prefix \"dropped: \"
    }
    chain output {
        type filter hook output priority filter; policy accept;
        tcp dport 25 counter reject
    }
}
";

/// Ten SYNs a second.
const PERSISTENT: Pace = Pace { every: Duration::from_millis(200), burst: 2 };

/// The right ACK, and a RST of a connection that is long gone.
pub(super) fn with_stray_reset(exchange: &Exchange<'_>) -> Vec<Segment> {
    let ack = exchange.ack();
    let source = SocketAddr::new(ack.source.ip(), ack.source.port() ^ 0x8000);
    let stray = Segment { source, flags: Flags::RST, ..ack.clone() };
    vec![ack, stray]
}

pub(in crate::scenario) static SCENARIO: Scenario = Scenario {
    id: "firewalled-host",
    title: "a strict firewall whose counters all move, a scanner, and everybody connects: healthy",
    story: "\
Policy drop and rules that count. On any server on the internet all of them move: stray RSTs that
connection tracking calls invalid, a blocklisted source that tries :443 again and again, scans of
closed ports, which are logged, and a scanner of :443 that never answers and leaves stuck requests.
The server itself tries to send mail, which the firewall rejects. Five networks use :80, others
:443, and all of them connect.",
    picture: "
  server 10.1.0.10 --- 10.1.0.1 ROUTER 10.9.0.1 --- clients
  input: policy drop                                192.0.2.11   198.51.100.12
  7 counting rules, all move                        203.0.113.13 198.18.7.14
  output: reject smtp                               198.19.9.15   of :80
                                                    100.64.0-4.1-8,
  :80 and :443 healthy                              10.9.0.2      of :443

  SYN      client -> server   admitted
  SYN-ACK  server -> client   arrives
  ACK      client -> server   accepted

  blocklisted   203.0.113.200         dropped
  scans         198.51.100.200, .201  of closed ports: dropped
  scanner       203.0.113.66, .67     of :443, silent",
    expect: Expectation::HEALTHY,
    needs_nft: true,
    machine_wide: false,
    stage: |lab| {
        let mut bench = Bench::new(lab, Family::V4, |server| server.nft(RULES))?;
        let connected = bench.visit(80)?;
        bench.crafted(443, PERSISTENT, [ip("203.0.113.200")], |_| Script::silent())?;
        let scans = ["198.51.100.200", "198.51.100.201"].map(ip);
        bench.crafted(23, PERSISTENT, scans, |_| Script::silent())?;
        bench.crafted(443, STUCK, strangers(), |_| Script {
            close_after: Some(ROUND_TRIP),
            ..Script::answers(ROUND_TRIP, with_stray_reset)
        })?;
        let mail = SocketAddr::new(ip("192.0.2.11"), 25);
        let mail = KernelClients::new(mail, [ip("10.1.0.10")]).start(&bench.server)?;
        bench.keep(mail);
        let dropped = Condition::undelivered(&bench.server, "Ip", 30);
        let scanned = bench.scan()?;
        Ok(bench.into_stage(connected.and(dropped).and(scanned)))
    },
};
