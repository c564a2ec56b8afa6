//! An application that accepts too slowly: handshakes complete at the client only.

use std::net::IpAddr;
use std::time::Duration;

use super::Scenario;
use super::routed::{self, service};
use crate::expectation::Expectation;
use crate::lab::ip;
use crate::running::{Condition, Stage};
use crate::traffic::{App, KernelClients, Pace, RawPeers, Script, Server};

/// Small, so that a few connections fill the accept queue; larger than a burst together with the
/// rows that are left of earlier ones, so that the SYN queue does not fill and no cookies are sent.
pub(super) const BACKLOG: i32 = 32;

/// While the queue is full the kernel drops new SYNs and makes no row. Rows appear when several
/// SYNs come in while there is room for less: the whole burst is admitted, and 50 ms later its
/// ACKs find the room taken. So a burst is larger than a batch, and comes soon after it, before
/// the resends of older rows fill the room.
pub(super) const BURST: Pace = Pace { every: Duration::from_millis(500), burst: 8 };
pub(super) const SLOW: App = App::Slow { batch: 4, pause: Duration::from_secs(3) };

pub(super) static SCENARIO: Scenario = Scenario {
    id: "accept-queue-full",
    title: "an application accepts more slowly than clients connect",
    story: "\
The application on :8443 listens with a backlog of 32 and accepts four connections every 3 s. Its
queue is full; ACKs that arrive are dropped and the requests stay in SYN_RECV although every client
answers every SYN-ACK. The application on :443 of the same server is healthy.",
    picture: "
  server 10.1.0.10 --- 10.1.0.1  ROUTER  10.9.0.1 --- clients
  :8443  queue full                                   192.0.2.11-18  to :8443
  :443   healthy                                      10.9.0.2       to both

  SYN      client -> server   admitted
  SYN-ACK  server -> client   arrives
  ACK      client -> server   arrives, dropped: no room in the accept queue",
    expect: Expectation::fault("accept-queue-full", "local", &["confirmed", "likely"]),
    needs_nft: false,
    machine_wide: false,
    stage: |lab| {
        let hosts = routed::build(lab)?;
        let healthy_app = Server::accepting(service(443)).start(&hosts.server)?;
        let slow_app = Server::new(service(8443), BACKLOG, SLOW);
        let slow_app = slow_app.start(&hosts.server)?;
        let patient = (11..=18).map(|last| IpAddr::from([192, 0, 2, last]));
        let script = |_| Script::completes(Duration::from_millis(50));
        let bursts = RawPeers::new(service(8443), patient, BURST, script).start(&hosts.clients)?;
        // These mostly see their SYN unanswered, as clients of such a server do.
        let unlucky = KernelClients::new(service(8443), [ip("10.9.0.2")]).start(&hosts.clients)?;
        let lucky = KernelClients::new(service(443), [ip("10.9.0.2")]).start(&hosts.clients)?;
        let shows = Condition::stuck_on_port(8443, 4).and(Condition::completed(&lucky, 2));
        Ok(Stage {
            server: hosts.server,
            traffic: vec![bursts, unlucky, lucky, slow_app, healthy_app],
            shows,
        })
    },
};
