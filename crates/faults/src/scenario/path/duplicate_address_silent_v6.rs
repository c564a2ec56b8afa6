//! Two hosts on the wire have the IPv6 address of a client; the wrong one is silent.

use super::duplicate_address_silent::{EXPECT, SILENT, owner, twin};
use super::ground::{connect, connect_each, neighbours, serve};
use super::ground_v6::{self, SERVICE, far};
use crate::configure::mac;
use crate::lab::ip;
use crate::running::{Condition, Stage};
use crate::scenario::Scenario;

pub(in crate::scenario) static SCENARIO: Scenario = Scenario {
    id: "duplicate-address-silent-v6",
    title: "two hosts have the IPv6 address of a client; the wrong one is silent",
    story: "\
The client 2001:db8:1::20 has its address by hand, and so has another machine on the wire, which
solicits the server every 3 s. So the server's entry for 2001:db8:1::20 has the MAC of the twin,
which even confirms it when asked. SYNs come from the client; SYN-ACKs go to the twin, whose
firewall ignores them. Everybody else connects.",
    picture: "
                            2001:db8:1::/64
                            |
  server 2001:db8:1::10 ----+---- fe80::1  ROUTER  2001:db8:9::1 --- clients
  :80                       |
                            +---- client 2001:db8:1::20  02:..:20
                            +---- twin   2001:db8:1::20  02:..:dd   silent
                            +---- client 2001:db8:1::21  02:..:21

  SYN      from 02:..:20, hop limit 64
  SYN-ACK  to   02:..:dd",
    expect: EXPECT.by_rights(),
    needs_nft: true,
    machine_wide: false,
    stage: |lab| {
        let hosts = ground_v6::routed(lab)?;
        let client = owner(lab, &hosts.inside, "client", mac(0x20), "2001:db8:1::20/64")?;
        client.neighbour("n0", ip(SERVICE), mac(0x10))?;
        let (twin, asks) = twin(lab, &hosts.inside, "2001:db8:1::20/64", ip(SERVICE))?;
        twin.nft(SILENT)?;
        let others = neighbours(lab, &hosts.inside, &["2001:db8:1::21/64"])?;

        let app = serve(&hosts.server, 80)?;
        let victim = connect(&client, &[ip("2001:db8:1::20")], SERVICE, 80)?;
        let mut traffic = connect_each(&others, SERVICE, 80)?;
        traffic.push(connect(&hosts.clients, &far(), SERVICE, 80)?);
        let shows = Condition::stuck_peers([ip("2001:db8:1::20")])
            .and(Condition::completed(&traffic[0], 2))
            .and(Condition::completed(&traffic[1], 4));
        traffic.extend([victim, asks, app]);
        Ok(Stage { server: hosts.server, traffic, shows })
    },
};
