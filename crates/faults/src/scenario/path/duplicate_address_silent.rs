//! Two hosts on the wire have the address of a client; the wrong one is silent.

use std::net::IpAddr;
use std::time::Duration;

use super::ground::{connect, far, give, serve};
use crate::configure::{MacBytes, mac};
use crate::error::Result;
use crate::expectation::Expectation;
use crate::lab::{Lab, Segment, ip, net};
use crate::namespace::Namespace;
use crate::running::{Condition, Stage};
use crate::scenario::{Scenario, routed};
use crate::traffic::{Asker, Traffic};

/// The MAC address of the twin.
pub(super) const TWIN: MacBytes = mac(0xdd);

/// The twin is not one of the kernel's TCP: what it did not begin it ignores.
pub(super) const SILENT: &str = "\
table inet lab {
    chain input {
        type filter hook input priority filter; policy accept;
        meta l4proto tcp counter drop
    }
}
";

pub(in crate::scenario) static SCENARIO: Scenario = Scenario {
    id: "duplicate-address-silent",
    title: "two hosts on the wire have the address of a client; the wrong one is silent",
    story: "\
The client 10.1.0.20 has its address by hand, and so has another machine on the wire, which asks for
the server every 3 s. So the server's entry for 10.1.0.20 has the MAC of the twin, which even
confirms it when asked. SYNs come from the client; SYN-ACKs go to the twin, whose firewall ignores
them. Everybody else connects.",
    picture: "
                       10.1.0.0/24
                       |
  server 10.1.0.10 ----+---- 10.1.0.1  ROUTER  10.9.0.1 --- clients
  :80                  |                                    198.18.1.11 ...
                       +---- client 10.1.0.20  02:..:20
                       +---- twin   10.1.0.20  02:..:dd   silent
                       +---- client 10.1.0.21  02:..:21

  SYN      from 02:..:20, TTL 64
  SYN-ACK  to   02:..:dd",
    expect: EXPECT.by_rights(),
    needs_nft: true,
    machine_wide: false,
    stage: |lab| {
        let hosts = routed::build(lab)?;
        let client = owner(lab, &hosts.inside, "client", mac(0x20), "10.1.0.20/24")?;
        client.neighbour("n0", ip("10.1.0.10"), mac(0x10))?;
        let (twin, asks) = twin(lab, &hosts.inside, "10.1.0.20/24", ip("10.1.0.10"))?;
        twin.nft(SILENT)?;
        let other = owner(lab, &hosts.inside, "other", mac(0x21), "10.1.0.21/24")?;
        give(&hosts.clients, "c0", &far())?;

        let app = serve(&hosts.server, 80)?;
        let victim = connect(&client, &[ip("10.1.0.20")], "10.1.0.10", 80)?;
        let other = connect(&other, &[ip("10.1.0.21")], "10.1.0.10", 80)?;
        let far_traffic = connect(&hosts.clients, &far(), "10.1.0.10", 80)?;
        let shows = Condition::stuck_peers([ip("10.1.0.20")])
            .and(Condition::completed(&other, 2))
            .and(Condition::completed(&far_traffic, 4));
        let traffic = vec![victim, other, far_traffic, asks, app];
        Ok(Stage { server: hosts.server, traffic, shows })
    },
};

/// Right for one peer on the wire whose SYN-ACKs go to another machine. Without frames nothing
/// tells a twin from an entry that is wrong for another reason; and without rights only a neighbour that
/// is caught while it is connected, for some milliseconds, tells the one from the others.
pub(super) const EXPECT: Expectation =
    Expectation::fault("duplicate-address", "path", &["likely", "confirmed", "possible"])
        .or(&["neighbour-wrong"]);

/// A host with this address on n0.
pub(super) fn owner(
    lab: &mut Lab,
    wire: &Segment,
    name: &str,
    mac: MacBytes,
    address: &str,
) -> Result<Namespace> {
    let host = lab.host(name)?;
    lab.attach(wire, &host, "n0", mac, &[net(address)])?;
    Ok(host)
}

/// A second host with this address, which asks for `server` every 3 s.
pub(super) fn twin(
    lab: &mut Lab,
    wire: &Segment,
    address: &str,
    server: IpAddr,
) -> Result<(Namespace, Traffic)> {
    let host = owner(lab, wire, "twin", TWIN, address)?;
    let own = net(address).addr();
    let every = Duration::from_secs(3);
    let asks = Asker { device: "n0".to_owned(), own, target: server, every }.start(&host)?;
    Ok((host, asks))
}
