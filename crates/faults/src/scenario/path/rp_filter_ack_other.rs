//! The ACK comes in by another uplink than the SYN, and is dropped there.

use super::ground::{self, connect, far, rp_filter, serve, uplinks};
use crate::expectation::Expectation;
use crate::lab::{ip, net};
use crate::route::NewRoute;
use crate::running::{Condition, Stage};
use crate::scenario::Scenario;

/// The clients' side sends all but SYNs by router b.
const SPLIT: &str = "\
table ip lab {
    chain output {
        type route hook output priority mangle; policy accept;
        ip saddr 198.18.0.0/15 tcp flags & (syn | ack) == ack meta mark set 1
    }
}
";

/// Routing table of the clients for what is marked.
const TABLE: u32 = 101;

pub(in crate::scenario) static SCENARIO: Scenario = Scenario {
    id: "rp-filter-ack-other",
    title: "the ACKs come in by the second uplink, whose rp_filter drops them",
    story: "\
The network of the clients has two ways to 10.1.0.10 and sends SYNs by router a, everything else by
router b. The SYN comes in on ps0 and the SYN-ACK leaves there; the client is connected as far as it
can tell. But its ACK comes in on ps1, and as replies to it would leave by ps0, the strict filter of
ps1 drops it. A client whose packets all go by router a connects.",
    picture: "
                  ps0 10.1.0.10 ---- 10.1.0.1  ROUTER a  10.9.0.1 ---+
  server :80                                                         |
                  ps1 10.2.0.10 ---- 10.2.0.1  ROUTER b  10.9.0.2 ---+
                  rp_filter 1                                        |
                                         clients 198.18.1.11  .2.12 -+
  default via 10.1.0.1 dev ps0                   198.19.3.13  .4.14
                                                 10.9.0.100
  SYN      client -> a -> ps0
  SYN-ACK  ps0 -> a -> client
  ACK      client -> b -> ps1   dropped by the reverse-path filter",
    // Without frames the filter counts all that the clients send, not only the ACKs that are due.
    expect: Expectation::fault("rp-filter-drop", "local", &["likely", "confirmed"]).by_rights(),
    needs_nft: true,
    machine_wide: false,
    stage: |lab| {
        let hosts = uplinks(lab)?;
        hosts.server.route(NewRoute::default_via(ip("10.1.0.1")).device("ps0"))?;
        rp_filter(&hosts.server, "ps1", "1")?;
        hosts.router_b.route(NewRoute::to(net("10.1.0.10/32")).via(ip("10.2.0.10")))?;
        hosts.clients.route(NewRoute::default_via(ip("10.9.0.2")).table(TABLE))?;
        hosts.clients.rule_mark(1, TABLE, 1000)?;
        hosts.clients.nft(SPLIT)?;
        let app = serve(&hosts.server, 80)?;
        let steady = connect(&hosts.clients, &[ip("10.9.0.100")], "10.1.0.10", 80)?;
        let split = connect(&hosts.clients, &far(), "10.1.0.10", 80)?;
        let shows = Condition::stuck_peers(far())
            .and(Condition::counted(&hosts.server, ground::RP_FILTERED, 8))
            .and(Condition::completed(&steady, 2));
        Ok(Stage { server: hosts.server, traffic: vec![steady, split, app], shows })
    },
};
