//! Policies of IPsec that concern other networks than those of the clients: healthy.

use super::bench::Bench;
use crate::bpf::Family;
use crate::expectation::Expectation;
use crate::scenario::Scenario;

/// A tunnel that is down, a network that is blocked, and one that needs no tunnel.
const POLICIES: &str = "\
xfrm policy add src 10.1.0.10/32 dst 172.16.0.0/16 dir out \
tmpl src 10.1.0.10 dst 203.0.113.254 proto esp mode tunnel
xfrm policy add src 10.1.0.10/32 dst 172.17.0.0/16 dir out action block
xfrm policy add src 10.1.0.10/32 dst 198.51.100.0/24 dir out action allow
";

pub(in crate::scenario) static SCENARIO: Scenario = Scenario {
    id: "ipsec-passes",
    title: "IPsec drops what the server sends to a partner, not to its clients: healthy",
    story: "\
A tunnel to a partner's network is down, another network is blocked, and a third is exempt. The server
keeps connecting to hosts in the first two, and IPsec drops what it sends, which its counters show. A
scanner leaves stuck requests on :443, which have nothing to do with it. All clients connect.",
    picture: "
  server 10.1.0.10 --- 10.1.0.1 ROUTER 10.9.0.1 --- clients
  IPsec: 172.16.0.0/16 without a state              192.0.2.11   198.51.100.12
         172.17.0.0/16 blocked                      203.0.113.13 198.18.7.14
                                                    198.19.9.15   of :80
                                                    100.64.0-4.1-8,
  :80 and :443 healthy                              10.9.0.2      of :443

  connect  server -> 172.16.0.9, 172.17.0.9   dropped by IPsec

  scanner  203.0.113.66, .67  of :443, silent",
    expect: Expectation::HEALTHY,
    needs_nft: false,
    machine_wide: false,
    stage: |lab| {
        let mut bench = Bench::new(lab, Family::V4, |server| server.ip(POLICIES))?;
        let connected = bench.visit(80)?;
        bench.reach_out(&["172.16.0.9", "172.17.0.9"])?;
        let scanned = bench.scan()?;
        Ok(bench.into_stage(connected.and(scanned)))
    },
};
