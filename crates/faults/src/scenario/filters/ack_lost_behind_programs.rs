//! ACKs are lost outside, and programs of the server pass everything.

use super::bench::Bench;
use crate::bpf::{Family, Frames};
use crate::device_filter::Side;
use crate::expectation::Expectation;
use crate::scenario::Scenario;

/// Loaded on the router.
const LOSE_ACKS: &str = "\
table inet lab {
    chain forward {
        type filter hook forward priority filter; policy accept;
        tcp dport 80 tcp flags & (syn | ack) == ack drop
    }
}
";

pub(in crate::scenario) static SCENARIO: Scenario = Scenario {
    id: "ack-lost-behind-programs",
    title: "the router loses the ACKs to :80; the BPF programs on ps0 pass everything",
    story: "\
The router drops what is no SYN to :80, so the ACKs of five networks never reach the server.
Programs that could drop are attached to ps0 (traffic control, XDP) and drop nothing: the device
counts no frame more than IP received. :443 works.",
    picture: "
  server 10.1.0.10 --- 10.1.0.1 ROUTER 10.9.0.1 --- clients
  ps0: XDP                                          192.0.2.11   198.51.100.12
  ps0 ingress: bpf                                  203.0.113.13 198.18.7.14
                                                    198.19.9.15   of :80
                                                    100.64.0-4.1-8,
  :443 healthy                                      10.9.0.2      of :443

  SYN      client -> server   admitted
  SYN-ACK  server -> client   arrives
  ACK      client -> router   dropped there",
    expect: Expectation::fault("ack-lost-outside", "outside", &["confirmed", "likely", "possible"]),
    needs_nft: true,
    machine_wide: false,
    stage: |lab| {
        let mut bench = Bench::new(lab, Family::V4, |server| {
            server.xdp("ps0", None)?;
            server.classify("ps0")?;
            server.drop_by_tc("ps0", Side::Ingress, &Frames::acks_to(Family::V4, 9))
        })?;
        bench.router.nft(LOSE_ACKS)?;
        bench.visit(80)?;
        let shows = bench.visitors_stuck();
        Ok(bench.into_stage(shows))
    },
};
