//! A server with two uplinks and one default route, and clients of both in five networks.

use std::net::{IpAddr, SocketAddr};

use ipnet::IpNet;

use super::bench::{PATIENCE, any, visitors};
use crate::bpf::Family;
use crate::configure::mac;
use crate::error::Result;
use crate::lab::{Lab, ip, net};
use crate::namespace::Namespace;
use crate::route::NewRoute;
use crate::running::{Condition, Stage};
use crate::traffic::{KernelClients, Server, Traffic};

/// What differs between the two uplinks.
struct Uplink {
    device: &'static str,
    server: IpNet,
    gateway: IpNet,
    /// The router's, on the wire of the clients.
    outer: IpNet,
}

fn uplinks(family: Family) -> [Uplink; 2] {
    let plan = |device, [server, gateway, outer]: [&str; 3]| Uplink {
        device,
        server: net(server),
        gateway: net(gateway),
        outer: net(outer),
    };
    match family {
        Family::V4 => [
            plan("ps0", ["10.1.0.10/24", "10.1.0.1/24", "10.9.0.1/24"]),
            plan("ps1", ["10.2.0.10/24", "10.2.0.1/24", "10.9.0.2/24"]),
        ],
        Family::V6 => [
            plan("ps0", ["2001:db8:1::10/64", "2001:db8:1::1/64", "2001:db8:9::1/64"]),
            plan("ps1", ["2001:db8:2::10/64", "2001:db8:2::1/64", "2001:db8:9::2/64"]),
        ],
    }
}

/// The address of the host of the clients.
fn client(family: Family) -> IpNet {
    match family {
        Family::V4 => net("10.9.0.60/24"),
        Family::V6 => net("2001:db8:9::60/64"),
    }
}

/// The gateway of the second uplink, which no route leads to unless a scenario adds one.
pub(super) fn second_gateway() -> IpAddr {
    ip("10.2.0.1")
}

pub(super) struct Multihomed {
    pub(super) server: Namespace,
    app: Traffic,
    /// Connections to the address of the uplink that has the default route.
    first: Traffic,
    /// Connections to the address of the other uplink.
    second: Traffic,
}

impl Multihomed {
    /// Builds the hosts; `prepare` gets the server and router a before the first client connects.
    pub(super) fn build(
        lab: &mut Lab,
        family: Family,
        prepare: impl FnOnce(&Namespace, &Namespace) -> Result<()>,
    ) -> Result<Self> {
        let uplinks = uplinks(family);
        let client = client(family);
        let outside = lab.segment("outside")?;
        let server = lab.host("server")?;
        let clients = lab.host("clients")?;
        lab.attach(&outside, &clients, "c0", mac(0x60), &[client])?;
        for visitor in visitors(family) {
            clients.address("c0", IpNet::from(visitor))?;
        }

        let mut routers = Vec::new();
        for (n, uplink) in (0_u8..).zip(&uplinks) {
            let wire = lab.segment(["left", "right"][usize::from(n)])?;
            lab.attach(&wire, &server, uplink.device, mac(0x10 + n), &[uplink.server])?;
            let router = lab.router(["router-a", "router-b"][usize::from(n)])?;
            lab.attach(&wire, &router, "r0", mac(0x0a + n), &[uplink.gateway])?;
            lab.attach(&outside, &router, "r1", mac(0x1a + n), &[uplink.outer])?;
            router.route(NewRoute::default_via(client.addr()))?;
            clients.route(NewRoute::to(uplink.server.trunc()).via(uplink.outer.addr()))?;
            routers.push(router);
        }
        server.route(NewRoute::default_via(uplinks[0].gateway.addr()))?;
        prepare(&server, &routers[0])?;

        let app = Server::accepting(any(family, 80)).start(&server)?;
        let [first, second] = uplinks.map(|uplink| {
            let target = SocketAddr::new(uplink.server.addr(), 80);
            let plan = KernelClients::new(target, visitors(family));
            KernelClients { patience: PATIENCE, ..plan }.start(&clients)
        });
        Ok(Self { server, app, first: first?, second: second? })
    }

    /// Each client connected twice to the address of the uplink with the default route.
    pub(super) fn first_connects(&self) -> Condition {
        Condition::completed(&self.first, 10)
    }

    /// Each client connected twice to the address of the other uplink.
    pub(super) fn second_connects(&self) -> Condition {
        Condition::completed(&self.second, 10)
    }

    pub(super) fn into_stage(self, shows: Condition) -> Stage {
        Stage { server: self.server, traffic: vec![self.first, self.second, self.app], shows }
    }
}
