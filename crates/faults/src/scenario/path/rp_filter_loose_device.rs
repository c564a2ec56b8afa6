//! As rp-filter-loose, but `all` is strict and the device loose: healthy.

use super::rp_filter_loose;
use crate::expectation::Expectation;
use crate::scenario::Scenario;

pub(in crate::scenario) static SCENARIO: Scenario = Scenario {
    id: "rp-filter-loose-device",
    title: "rp_filter is 1 on `all` and 2 on the second uplink, so it is loose there: healthy",
    story:
        "\
The hosts of rp-filter-loose. `all` has the strict value 1, which is less than the loose 2 of ps1,
and the kernel takes the greater of the two. SYNs to 10.2.0.10 pass, and every handshake completes.",
    picture: "
                  ps0 10.1.0.10 ---- 10.1.0.1  ROUTER a  10.9.0.1 ---+
  server :80                                                         |
                  ps1 10.2.0.10 ---- 10.2.0.1  ROUTER b  10.9.0.2 ---+
                                                                     |
  conf/all/rp_filter 1                   clients 198.18.1.11  .2.12 -+
  conf/ps1/rp_filter 2                           198.19.3.13  .4.14
  default via 10.1.0.1 dev ps0

  to 10.2.0.10:  SYN  client -> b -> ps1    SYN-ACK  ps0 -> a -> client",
    expect: Expectation::HEALTHY,
    needs_nft: false,
    machine_wide: false,
    stage: |lab| rp_filter_loose::both_connect(lab, ("1", "2")),
};
