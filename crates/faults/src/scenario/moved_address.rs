//! Service addresses that leave the host while handshakes are open: healthy.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use super::Scenario;
use super::routed::{self, service};
use crate::configure::mac;
use crate::expectation::Expectation;
use crate::lab::{ip, net};
use crate::route::NewRoute;
use crate::running::{Condition, Stage};
use crate::traffic::{Holder, KernelClients, MovingAddresses, Pace, RawPeers, Script, Server};

const PACE: Pace = Pace { every: Duration::from_millis(200), burst: 2 };
/// Long, so that every move finds handshakes open.
const ROUND_TRIP: Duration = Duration::from_millis(500);

pub(super) static SCENARIO: Scenario = Scenario {
    id: "moved-address",
    title: "service addresses move to another host while handshakes are open: healthy",
    story: "\
A cluster moves its service addresses 10.1.0.21-24 between the server and a second host, one every
0.8 s. Handshakes that are open at that moment leave requests whose local address the server no
longer has; their SYN-ACKs have no route and the kernel drops them at their first timer. Clients
connect anew, to the other host.",
    picture: "
                                 |
  server 10.1.0.10 --------------+--- 10.1.0.1 ROUTER 10.9.0.1 --- clients
  :80    10.1.0.21-24 now        |                     100.66.21-24.1-20
                                 |                     10.9.0.2
  second 10.1.0.11 --------------+
  :80    10.1.0.21-24 a moment later",
    expect: Expectation::HEALTHY,
    needs_nft: false,
    machine_wide: false,
    stage: |lab| {
        let hosts = routed::build(lab)?;
        let second = lab.host("second")?;
        lab.attach(&hosts.inside, &second, "s0", mac(0x12), &[net("10.1.0.11/24")])?;
        second.route(NewRoute::default_via(ip("10.1.0.1")))?;

        let moving = [21, 22, 23, 24].map(|last| IpAddr::from([10, 1, 0, last]));
        for address in moving {
            hosts.server.address("ps0", address.into())?;
        }
        let any = SocketAddr::new(ip("0.0.0.0"), 80);
        let app = Server::accepting(any).start(&hosts.server)?;
        let other_app = Server::accepting(any).start(&second)?;

        let steady = KernelClients::new(service(80), [ip("10.9.0.2")]).start(&hosts.clients)?;
        let holder = |host, device: &str, mac| Holder { host, device: device.to_owned(), mac };
        let moves = MovingAddresses {
            addresses: moving.to_vec(),
            holders: [
                holder(hosts.server.clone(), "ps0", mac(0x10)),
                holder(second, "s0", mac(0x12)),
            ],
            router: (hosts.router, "r0".to_owned()),
            every: Duration::from_millis(800),
        };
        let moves = moves.start()?;
        let shows = Condition::completed(&steady, 3).and(Condition::completed(&moves, 2));
        let mut traffic = vec![moves, steady];
        for (address, third) in moving.into_iter().zip(21..) {
            let clients = (1..=20).map(|last| IpAddr::from([100, 66, third, last]));
            let script =
                |_| Script::completes(ROUND_TRIP).closing_after(Duration::from_millis(100));
            let target = SocketAddr::new(address, 80);
            traffic.push(RawPeers::new(target, clients, PACE, script).start(&hosts.clients)?);
        }
        traffic.extend([app, other_app]);
        Ok(Stage { server: hosts.server, traffic, shows })
    },
};
