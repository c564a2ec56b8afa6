//! A container bridge without containers whose prefix covers clients that come in by the uplink.

use super::{Scenario, bridge_over_client};
use crate::expectation::Expectation;

pub(super) static SCENARIO: Scenario = Scenario {
    id: "empty-bridge-over-client",
    title: "as bridge-over-client, but the bridge has no ports and so no carrier",
    story: "\
The hosts of bridge-over-client, but no container runs: psbr has no ports and no carrier. Its route
172.17.0.0/16 is used all the same (it is shown as `linkdown`), and the server asks for the clients
172.17.5.11-16 on a wire that does not exist. Other clients, behind the same router, connect.",
    picture: "
                    psbr 172.17.0.1/16 --- (no ports)
  server :80
                    ps0 10.1.0.10/24 ----- 10.1.0.1  ROUTER  10.9.0.1 ---+
                                                                         |
  default via 10.1.0.1 dev ps0             clients 172.17.5.11-16 -------+
  172.17.0.0/16 dev psbr linkdown          client  10.9.0.2 -------------+

  SYN      client -> router -> ps0
  SYN-ACK  psbr: who has 172.17.5.11? ... not even sent",
    expect: Expectation::fault("overlapping-route", "path", &["likely", "confirmed"]),
    needs_nft: false,
    machine_wide: false,
    stage: |lab| bridge_over_client::build(lab, |_, _| Ok(())),
};
