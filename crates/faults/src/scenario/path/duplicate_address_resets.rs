//! Two hosts on the wire have the address of a client, and the wrong one resets its handshakes.

use std::time::Duration;

use super::duplicate_address_silent::TWIN;
use super::ground::{connect, connect_each, far, give, neighbours, serve};
use crate::expectation::Expectation;
use crate::lab::{ip, net};
use crate::running::{Condition, Stage};
use crate::scenario::{Scenario, routed};
use crate::traffic::Asker;

pub(in crate::scenario) static SCENARIO: Scenario = Scenario {
    id: "duplicate-address-resets",
    title: "two hosts on the wire have the address of a client; the wrong one sends resets",
    story: "\
The client 10.1.0.20 and another machine on the wire have the same address. Both ask for the server
by ARP, the client every 5.3 s and its twin every 1.5 s, so the server's entry is mostly that of the
twin. The twin's kernel gets SYN-ACKs of handshakes that it did not begin and answers with resets,
which end the requests at once. Everybody else connects.",
    picture: "
                       10.1.0.0/24
                       |
  server 10.1.0.10 ----+---- 10.1.0.1  ROUTER  10.9.0.1 --- clients
  :80                  |                                    198.18.1.11 ...
                       +---- client 10.1.0.20  02:..:14
                       +---- twin   10.1.0.20  02:..:dd
                       +---- client 10.1.0.21  02:..:15

  SYN      from 02:..:14
  SYN-ACK  to   02:..:dd
  RST      from 02:..:dd   the request ends",
    expect: Expectation::fault("duplicate-address", "path", &["likely", "confirmed", "possible"])
        .by_rights()
        .without_rows(),
    needs_nft: false,
    machine_wide: false,
    stage: |lab| {
        let hosts = routed::build(lab)?;
        let near = neighbours(lab, &hosts.inside, &["10.1.0.20/24", "10.1.0.21/24"])?;
        let twin = lab.host("twin")?;
        lab.attach(&hosts.inside, &twin, "n0", TWIN, &[net("10.1.0.20/24")])?;
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
        let shows = Condition::counted(&hosts.server, ("TcpExt", "EmbryonicRsts"), 4)
            .and(Condition::completed(&traffic[1], 2))
            .and(Condition::completed(&traffic[2], 4));
        traffic.extend(asks);
        traffic.push(app);
        Ok(Stage { server: hosts.server, traffic, shows })
    },
};
