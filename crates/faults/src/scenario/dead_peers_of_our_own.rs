//! A host that connects to dead machines, and serves its clients well: healthy.

use super::routed::{self, service};
use super::{Scenario, noise};
use crate::expectation::Expectation;
use crate::lab::ip;
use crate::running::{Condition, Stage};
use crate::traffic::{KernelClients, Server};

pub(super) static SCENARIO: Scenario = Scenario {
    id: "dead-peers-of-our-own",
    title: "the server's own connections go to dead machines, its clients connect: healthy",
    story: "\
The server keeps connecting to 10.1.0.201-203, which are gone from its wire, and to 198.51.100.9,
which never answers. It has neighbours that do not resolve, tells itself that they are unreachable,
and its SYN timers fire. None of that concerns its clients, who all connect.",
    picture: "
                        |
  server 10.1.0.10 -----+--- 10.1.0.1 ROUTER 10.9.0.1 --- client 10.9.0.2
  :80                   |                                 (198.51.100.9)
                        +   (10.1.0.201-203)

  connect  server -> 10.1.0.201-203   INCOMPLETE, FAILED
  connect  server -> 198.51.100.9     no answer",
    expect: Expectation::HEALTHY,
    needs_nft: false,
    machine_wide: false,
    stage: |lab| {
        let hosts = routed::build(lab)?;
        let app = Server::accepting(service(80)).start(&hosts.server)?;
        let dead = ["10.1.0.201", "10.1.0.202", "10.1.0.203", "198.51.100.9"];
        let mut traffic = noise::dead_peers(&hosts.server, ip("10.1.0.10"), &dead)?;
        let clients = KernelClients::new(service(80), [ip("10.9.0.2")]).start(&hosts.clients)?;
        let shows = Condition::completed(&clients, 3);
        traffic.extend([clients, app]);
        Ok(Stage { server: hosts.server, traffic, shows })
    },
};
