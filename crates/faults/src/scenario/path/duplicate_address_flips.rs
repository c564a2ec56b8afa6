//! Two hosts on the wire have the address of a client, and both make themselves known.

use std::time::Duration;

use super::duplicate_address_silent::{EXPECT, SILENT, TWIN};
use super::ground::{connect, connect_each, far, give, neighbours, serve};
use crate::lab::{ip, net};
use crate::running::{Condition, Stage};
use crate::scenario::{Scenario, routed};
use crate::traffic::Asker;

pub(in crate::scenario) static SCENARIO: Scenario = Scenario {
    id: "duplicate-address-flips",
    title: "two hosts on the wire have one address, and the server's entry changes between them",
    story: "\
The client 10.1.0.20 and another machine on the wire have the same address. Both ask for the server
by ARP, the client every 5.3 s and its twin every 1.5 s, and the server's entry has the MAC of who
asked last. While it is that of the twin the SYN-ACKs of the client go there, and the twin's
firewall ignores them; now and then a handshake completes. Everybody else connects.",
    picture: "
                       10.1.0.0/24
                       |
  server 10.1.0.10 ----+---- 10.1.0.1  ROUTER  10.9.0.1 --- clients
  :80                  |                                    198.18.1.11 ...
                       +---- client 10.1.0.20  02:..:14
                       +---- twin   10.1.0.20  02:..:dd   silent
                       +---- client 10.1.0.21  02:..:15

  10.1.0.20 dev ps0 lladdr 02:..:14, a moment later 02:..:dd, and so on",
    expect: EXPECT.without_rows(),
    needs_nft: true,
    machine_wide: false,
    stage: |lab| {
        let hosts = routed::build(lab)?;
        let near = neighbours(lab, &hosts.inside, &["10.1.0.20/24", "10.1.0.21/24"])?;
        let twin = lab.host("twin")?;
        lab.attach(&hosts.inside, &twin, "n0", TWIN, &[net("10.1.0.20/24")])?;
        twin.nft(SILENT)?;
        let asks = |host, millis| {
            let device = "n0".to_owned();
            let (own, target) = (ip("10.1.0.20"), ip("10.1.0.10"));
            Asker { device, own, target, every: Duration::from_millis(millis) }.start(host)
        };
        let asks = [asks(&near[0].host, 5300)?, asks(&twin, 1500)?];

        give(&hosts.clients, "c0", &far())?;
        let app = serve(&hosts.server, 80)?;
        let mut traffic = connect_each(&near, "10.1.0.10", 80)?;
        traffic.push(connect(&hosts.clients, &far(), "10.1.0.10", 80)?);
        let shows = Condition::stuck_peers([ip("10.1.0.20")])
            .and(Condition::completed(&traffic[1], 2))
            .and(Condition::completed(&traffic[2], 4));
        traffic.extend(asks);
        traffic.push(app);
        Ok(Stage { server: hosts.server, traffic, shows })
    },
};
