//! As rp-filter-drop, but the strict value is that of `all`.

use super::rp_filter_drop;
use crate::expectation::Expectation;
use crate::scenario::Scenario;

pub(in crate::scenario) static SCENARIO: Scenario = Scenario {
    id: "rp-filter-drop-all",
    title: "rp_filter is 0 on the second uplink and 1 on `all`: the greater one counts",
    story: "\
The hosts of rp-filter-drop. Somebody turned the filter off on ps1, but `all` still has 1, and the
kernel takes the greater of the two. SYNs to 10.2.0.10 come in on ps1 and are dropped before TCP
sees them. Connections to 10.1.0.10 work.",
    picture: "
                  ps0 10.1.0.10 ---- 10.1.0.1  ROUTER a  10.9.0.1 ---+
  server :80                                                         |
                  ps1 10.2.0.10 ---- 10.2.0.1  ROUTER b  10.9.0.2 ---+
                                                                     |
  conf/all/rp_filter 1                   clients 198.18.1.11  .2.12 -+
  conf/ps1/rp_filter 0                           198.19.3.13  .4.14
  default via 10.1.0.1 dev ps0                   10.9.0.100

  to 10.2.0.10:  SYN  client -> b -> ps1   dropped by the reverse-path filter",
    expect: Expectation::fault("rp-filter-drop", "refused", &["likely", "confirmed"])
        .without_rows(),
    needs_nft: false,
    machine_wide: false,
    stage: |lab| rp_filter_drop::dropped_on_ps1(lab, ("1", "0")),
};
