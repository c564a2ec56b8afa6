//! A policy of IPsec wants the replies of some clients encrypted, and there is no key for it.

use super::bench::Bench;
use crate::bpf::Family;
use crate::expectation::Expectation;
use crate::scenario::Scenario;

/// Networks of the clients of :80.
const NETWORKS: [&str; 5] =
    ["192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24", "198.18.0.0/16", "198.19.0.0/16"];

pub(in crate::scenario) static SCENARIO: Scenario = Scenario {
    id: "ipsec-drops-synack",
    title: "a policy of IPsec without a state keeps the SYN-ACKs of :80",
    story: "\
A policy of the server demands that packets to five networks leave by an ESP tunnel, whose other
end never agreed on a key. SYNs come in as they are. Each SYN-ACK waits for a key that does not
come and is dropped, while TCP is told that it left: the requests live on and the clients repeat
their SYNs, as if the SYN-ACK were lost outside. No rule of netfilter is there. :443, whose
clients are elsewhere, works.",
    picture: "
  server 10.1.0.10 --- 10.1.0.1 ROUTER 10.9.0.1 --- clients
  IPsec policy without a state                      192.0.2.11   198.51.100.12
                                                    203.0.113.13 198.18.7.14
                                                    198.19.9.15   of :80
                                                    100.64.0-4.1-8,
  no policy for those of :443                       10.9.0.2      of :443

  SYN      client -> server   admitted
  SYN-ACK  server -> X        waits for a key, dropped before the device",
    expect: Expectation::fault(
        "synack-dropped-here",
        "output",
        &["confirmed", "likely", "possible"],
    ),
    needs_nft: false,
    machine_wide: false,
    stage: |lab| {
        let mut bench = Bench::new(lab, Family::V4, |server| {
            let policy = |network: &str| {
                format!(
                    "xfrm policy add src 10.1.0.10/32 dst {network} dir out \
                     tmpl src 10.1.0.10 dst 203.0.113.254 proto esp mode tunnel\n"
                )
            };
            server.ip(&NETWORKS.map(policy).concat())
        })?;
        bench.visit(80)?;
        let shows = bench.visitors_stuck();
        Ok(bench.into_stage(shows))
    },
};
