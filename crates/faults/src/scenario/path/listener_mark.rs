//! A listener whose mark sends its replies by the right uplink: healthy.

use std::net::SocketAddr;

use super::ground::{connect, far, serve, uplinks};
use crate::expectation::Expectation;
use crate::lab::ip;
use crate::netfilter::STATEFUL_FORWARDING;
use crate::route::NewRoute;
use crate::running::{Condition, Stage};
use crate::scenario::Scenario;
use crate::traffic::{ListenerOption, Server};

/// Routing table of the second uplink.
const TABLE: u32 = 102;
const MARK: u32 = 0x10;

pub(in crate::scenario) static SCENARIO: Scenario = Scenario {
    id: "listener-mark",
    title: "the listener's mark sends replies by the second uplink: healthy",
    story: "\
The application on :8080 marks its listener (SO_MARK 16), and the rule `fwmark 16 lookup 102` sends
what is marked by router b. So its SYN-ACKs leave where the SYNs came in. Asked without the mark,
the kernel says that they leave by ps0 to router a, which is stateful. Every handshake completes.",
    picture: "
                  ps0 10.1.0.10 ---- 10.1.0.1  ROUTER a  10.9.0.1 ---+
  server :80                         stateful                        |
         :8080    ps1 10.2.0.10 ---- 10.2.0.1  ROUTER b  10.9.0.2 ---+
         mark 16                                                     |
                                         clients 198.18.1.11  .2.12 -+
  default via 10.1.0.1 dev ps0                   198.19.3.13  .4.14
  fwmark 16 lookup 102: default via 10.2.0.1 dev ps1",
    expect: Expectation::HEALTHY,
    needs_nft: true,
    machine_wide: false,
    stage: |lab| {
        let hosts = uplinks(lab)?;
        hosts.server.route(NewRoute::default_via(ip("10.1.0.1")).device("ps0"))?;
        let second = NewRoute::default_via(ip("10.2.0.1")).device("ps1").table(TABLE);
        hosts.server.route(second)?;
        hosts.server.rule_mark(MARK, TABLE, 1000)?;
        hosts.router_a.nft(STATEFUL_FORWARDING)?;
        let app = serve(&hosts.server, 80)?;
        let marked = Server::accepting(SocketAddr::new(ip("0.0.0.0"), 8080));
        let marked = marked.with(&[ListenerOption::Mark(MARK)]).start(&hosts.server)?;
        let first = connect(&hosts.clients, &far(), "10.1.0.10", 80)?;
        let second = connect(&hosts.clients, &far(), "10.2.0.10", 8080)?;
        let shows = Condition::completed(&first, 8).and(Condition::completed(&second, 8));
        Ok(Stage { server: hosts.server, traffic: vec![first, second, marked, app], shows })
    },
};
