//! Two devices with addresses of one prefix on one wire, and a switch that checks sources.

use super::ground::{all_completed, connect, connect_each, far, give, neighbours, serve};
use crate::configure::{End, cable, mac};
use crate::expectation::Expectation;
use crate::lab::{ip, net};
use crate::route::NewRoute;
use crate::running::{Condition, Stage};
use crate::scenario::Scenario;

/// What switches call IP source guard: behind each port only the address that belongs there.
const SOURCE_GUARD: &str = "\
table bridge lab {
    chain forward {
        type filter hook forward priority filter; policy accept;
        iifname p0 ip saddr != 10.1.0.10 counter drop
        iifname p1 ip saddr != 10.1.0.11 counter drop
    }
}
";

pub(in crate::scenario) static SCENARIO: Scenario = Scenario {
    id: "arp-flux-guarded",
    title: "two NICs on one wire; the switch drops what leaves by the wrong one",
    story: "\
The server has 10.1.0.10 on ps0 and 10.1.0.11 on ps1, both on one wire, as in arp-flux. Replies from
either address leave by ps0, the first route. The switch guards its ports: behind that of ps0 it
takes 10.1.0.10 only, so every SYN-ACK from 10.1.0.11 is dropped there. Connections to 10.1.0.10
work.",
    picture: "
                          SWITCH         10.1.0.0/24
  server ps0 10.1.0.10 -- p0 only .10 --+-- 10.1.0.1 ROUTER -- clients
  :80    ps1 10.1.0.11 -- p1 only .11   |                      198.18.1.11 ...
                                        +-- clients 10.1.0.20-23

  to 10.1.0.11:  SYN      client -> ps1 or ps0
                 SYN-ACK  ps0 -> X    source .11 at the port of .10",
    expect: Expectation::fault("arp-flux", "path", &["likely", "confirmed"])
        .or(&["asymmetric-route"]),
    needs_nft: true,
    machine_wide: false,
    stage: |lab| {
        let wire = lab.segment("wire")?;
        let outside = lab.segment("outside")?;
        let switch = lab.host("switch")?;
        switch.bridge("br0")?;
        lab.plug(&wire, &switch, "up0", mac(0xf0))?;
        switch.enslave("up0", "br0")?;
        switch.nft(SOURCE_GUARD)?;

        let server = lab.host("server")?;
        let ends = [("ps0", 0x10, "p0", "10.1.0.10/24"), ("ps1", 0x11, "p1", "10.1.0.11/24")];
        for (device, last, port, address) in ends {
            cable(
                End { namespace: &switch, device: port, mac: mac(0xe0 + last) },
                End { namespace: &server, device, mac: mac(last) },
            )?;
            switch.enslave(port, "br0")?;
            server.address(device, net(address))?;
        }
        server.route(NewRoute::default_via(ip("10.1.0.1")).device("ps0"))?;

        let router = lab.router("router")?;
        lab.attach(&wire, &router, "r0", mac(0x01), &[net("10.1.0.1/24")])?;
        lab.attach(&outside, &router, "r1", mac(0x51), &[net("10.9.0.1/24")])?;
        router.route(NewRoute::default_via(ip("10.9.0.2")))?;
        let clients = lab.host("clients")?;
        lab.attach(&outside, &clients, "c0", mac(0x60), &[net("10.9.0.2/24")])?;
        clients.route(NewRoute::default_via(ip("10.9.0.1")))?;
        give(&clients, "c0", &far())?;
        let nets = ["10.1.0.20/24", "10.1.0.21/24", "10.1.0.22/24", "10.1.0.23/24"];
        let near = neighbours(lab, &wire, &nets)?;

        let app = serve(&server, 80)?;
        let mut traffic = connect_each(&near, "10.1.0.10", 80)?;
        traffic.push(connect(&clients, &far(), "10.1.0.10", 80)?);
        let victims = near.iter().map(|near| near.address).chain(far());
        let shows = all_completed(Condition::stuck_peers(victims), &traffic);
        traffic.extend(connect_each(&near, "10.1.0.11", 80)?);
        traffic.push(connect(&clients, &far(), "10.1.0.11", 80)?);
        traffic.push(app);
        Ok(Stage { server, traffic, shows })
    },
};
