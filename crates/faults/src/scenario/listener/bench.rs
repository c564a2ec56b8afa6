//! The common ground: a server whose :443 is healthy and visited, and room for a fault beside it.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use crate::error::Result;
use crate::lab::{Lab, ip};
use crate::running::{Condition, Stage};
use crate::scenario::routed::{self, Routed, service};
use crate::traffic::{Exchange, KernelClients, Pace, RawPeers, Script, Segment, Server, Traffic};

/// Ten handshakes a second on the healthy listener.
const HEALTHY: Pace = Pace { every: Duration::from_millis(200), burst: 2 };
/// Four connections a second, each of which stays as long as the kernel keeps it: 63 s.
pub(super) const STUCK: Pace = Pace { every: Duration::from_millis(500), burst: 2 };
/// Fifty handshakes a second.
pub(super) const CROWD: Pace = Pace { every: Duration::from_millis(20), burst: 1 };
pub(super) const ROUND_TRIP: Duration = Duration::from_millis(50);
const HOLD: Duration = Duration::from_millis(100);

/// In different networks, as the clients of a public server are.
const NETWORKS: [[u8; 3]; 4] = [[192, 0, 2], [198, 51, 100], [203, 0, 113], [198, 18, 7]];

pub(super) struct Bench {
    pub(super) hosts: Routed,
    traffic: Vec<Traffic>,
    shows: Condition,
}

impl Bench {
    pub(super) fn new(lab: &mut Lab) -> Result<Self> {
        let hosts = routed::build(lab)?;
        let app = Server::accepting(service(443)).start(&hosts.server)?;
        let kernel = KernelClients::new(service(443), [ip("10.9.0.2")]).start(&hosts.clients)?;
        let far = (0..40_u8).map(|n| IpAddr::from([100, 64, n % 5, 1 + n / 5]));
        let script = |_| Script::completes(ROUND_TRIP).closing_after(HOLD);
        let crafted = RawPeers::new(service(443), far, HEALTHY, script).start(&hosts.clients)?;
        let shows = Condition::completed(&kernel, 2).and(Condition::completed(&crafted, 10));
        Ok(Self { hosts, traffic: vec![kernel, crafted, app], shows })
    }

    /// Keeps a generator until the end. What is kept last is stopped first.
    pub(super) fn keep(&mut self, traffic: Traffic) {
        self.traffic.insert(0, traffic);
    }

    /// A server on this host.
    pub(super) fn serve(&mut self, server: Server) -> Result<()> {
        let app = server.start(&self.hosts.server)?;
        self.keep(app);
        Ok(())
    }

    /// Crafted peers of this port; their addresses depend on the last digit of the port.
    pub(super) fn peers(
        &mut self,
        port: u16,
        pace: Pace,
        choose: impl Fn(u64) -> Script + Send + Sync + 'static,
    ) -> Result<()> {
        let peers = RawPeers::new(service(port), sources(port), pace, choose);
        let peers = peers.start(&self.hosts.clients)?;
        self.keep(peers);
        Ok(())
    }

    /// Peers of this port who answer every SYN-ACK with what `craft` makes of it.
    pub(super) fn answered_with(
        &mut self,
        port: u16,
        craft: fn(&Exchange<'_>) -> Vec<Segment>,
    ) -> Result<()> {
        self.peers(port, STUCK, move |_| Script::answers(ROUND_TRIP, craft))
    }

    /// Clients of this port with the kernel's TCP; gives what says when they completed.
    pub(super) fn kernel_clients(&mut self, clients: KernelClients) -> Result<()> {
        let clients = clients.start(&self.hosts.clients)?;
        self.keep(clients);
        Ok(())
    }

    /// Waits for this too, besides handshakes on the healthy listener.
    pub(super) fn into_stage(self, shows: Condition) -> Stage {
        let Self { hosts, traffic, shows: healthy } = self;
        Stage { server: hosts.server, traffic, shows: healthy.and(shows) }
    }
}

/// Forty-eight addresses in four networks.
pub(super) fn sources(port: u16) -> Vec<IpAddr> {
    let group = u8::try_from(port % 10).unwrap_or_default() * 12;
    let of = |n: u8| NETWORKS.map(|[a, b, c]| IpAddr::from([a, b, c, 1 + group + n]));
    (0..12).flat_map(of).collect()
}

/// The plan of clients of a port with the kernel's TCP.
pub(super) fn kernel(target: SocketAddr) -> KernelClients {
    KernelClients::new(target, [ip("10.9.0.2")])
}
