//! A fixed entry for the gateway that is right, beside SYN-ACKs that are lost far outside.

use super::ground::{connect, far, give, serve};
use crate::configure::mac;
use crate::expectation::Expectation;
use crate::lab::ip;
use crate::running::{Condition, Stage};
use crate::scenario::{Scenario, routed};

/// Every SYN-ACK of :80 to the networks of one provider.
const LOSE_SYN_ACKS: &str = "\
table inet lab {
    chain forward {
        type filter hook forward priority filter; policy accept;
        ip daddr 198.18.0.0/15 tcp sport 80 tcp flags & (syn | ack) == syn | ack counter drop
    }
}
";

pub(in crate::scenario) static SCENARIO: Scenario = Scenario {
    id: "permanent-gateway-synack-lost",
    title: "the SYN-ACKs to one provider are lost outside; a permanent gateway entry is right",
    story: "\
The entry of the gateway is fixed and right, as in permanent-gateway. The router drops SYN-ACKs to
198.18.0.0/15, a wrong filter there, so no client of that provider reaches :80. A client of another
network reaches :8080 through the same gateway and the same entry, which clears the entry.",
    picture: "
  server 10.1.0.10 --- 10.1.0.1 ROUTER 10.9.0.1 ---+--- 198.18.1.11  .2.12
  :80 :8080            02:..:01 drops SYN-ACKs     |    198.19.3.13  .4.14
                                to 198.18.0.0/15   |    to :80
  10.1.0.1 dev ps0 lladdr 02:..:01 PERMANENT       |
                                                   +--- 10.9.0.2  to :8080
  SYN      client -> router -> server
  SYN-ACK  server -> router -> X",
    expect: Expectation::fault("synack-lost-outside", "path", &["likely", "confirmed"]),
    needs_nft: true,
    machine_wide: false,
    stage: |lab| {
        let hosts = routed::build(lab)?;
        hosts.server.neighbour("ps0", ip("10.1.0.1"), mac(0x01))?;
        hosts.router.nft(LOSE_SYN_ACKS)?;
        give(&hosts.clients, "c0", &far())?;
        let apps = [serve(&hosts.server, 80)?, serve(&hosts.server, 8080)?];
        let lost = connect(&hosts.clients, &far(), "10.1.0.10", 80)?;
        let other = connect(&hosts.clients, &[ip("10.9.0.2")], "10.1.0.10", 8080)?;
        let shows = Condition::stuck_peers(far()).and(Condition::completed(&other, 2));
        let mut traffic = vec![lost, other];
        traffic.extend(apps);
        Ok(Stage { server: hosts.server, traffic, shows })
    },
};
