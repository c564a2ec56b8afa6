//! SYNs whose source is a loopback address.

use std::net::SocketAddr;

use super::ground::{connect, far, give, serve};
use crate::configure::mac;
use crate::expectation::Expectation;
use crate::lab::{ip, net};
use crate::running::{Condition, Stage};
use crate::scenario::{Scenario, routed};
use crate::traffic::KernelClients;

/// What a node does for connections to its own 127.0.0.1, but for the translation of the source.
const TRANSLATION: &str = "\
table ip lab {
    chain output {
        type nat hook output priority -100; policy accept;
        ip daddr 127.0.0.1 tcp dport 80 dnat to 10.1.0.10
    }
}
";

pub(in crate::scenario) static SCENARIO: Scenario = Scenario {
    id: "martian-loopback-source",
    title: "SYNs with source 127.0.0.1 come in from a node that forgot to translate it",
    story: "\
A node on the server's wire passes connections to its own 127.0.0.1:80 on to the server, with
route_localnet, and does not translate the source. The SYNs come in with source 127.0.0.1 and are
dropped before TCP: such a source belongs on no wire. No counter but InReceives moves. Everybody
else connects, also the node itself from its own address.",
    picture: "
                       10.1.0.0/24
                       |
  server 10.1.0.10 ----+---- 10.1.0.1  ROUTER  10.9.0.1 --- clients
  :80                  |                                    198.18.1.11 ...
                       +---- 10.1.0.2  NODE
                             dnat 127.0.0.1:80 -> 10.1.0.10, no snat

  SYN  from 127.0.0.1   dropped: martian source",
    expect: EXPECT,
    needs_nft: true,
    machine_wide: false,
    stage: |lab| {
        let hosts = routed::build(lab)?;
        let node = lab.host("node")?;
        lab.attach(&hosts.inside, &node, "n0", mac(0x02), &[net("10.1.0.2/24")])?;
        node.sysctl("net/ipv4/conf/n0/route_localnet", "1")?;
        node.nft(TRANSLATION)?;
        give(&hosts.clients, "c0", &far())?;
        let app = serve(&hosts.server, 80)?;
        let far_traffic = connect(&hosts.clients, &far(), "10.1.0.10", 80)?;
        let target = SocketAddr::new(ip("127.0.0.1"), 80);
        let local = KernelClients { at_once: 8, ..KernelClients::new(target, [ip("127.0.0.1")]) };
        let local = local.start(&node)?;
        // Its own connections, without which it would ask for the server by ARP from 127.0.0.1.
        let own = connect(&node, &[ip("10.1.0.2")], "10.1.0.10", 80)?;
        let shows = Condition::completed(&far_traffic, 8).and(Condition::completed(&own, 2));
        Ok(Stage { server: hosts.server, traffic: vec![local, own, far_traffic, app], shows })
    },
};

/// The kernel counts martians nowhere and leaves no request.
pub(super) const EXPECT: Expectation =
    Expectation::fault("martian-source", "refused", &["possible", "likely", "confirmed"])
        .by_rights()
        .without_rows();
