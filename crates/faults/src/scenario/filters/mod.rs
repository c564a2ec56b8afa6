//! What filters on the server drop: netfilter, connection tracking, traffic control, XDP; and hosts
//! whose filters are at work and in nobody's way.

mod bench;
mod firewall_drops_ack;
mod tc_egress_drops_synack;
mod tc_ingress_drops_ack;
mod tcx_drops_ack;
mod xdp_drops_ack;

use super::Scenario;

pub(super) static ALL: &[&Scenario] = &[
    &firewall_drops_ack::SCENARIO,
    &tc_egress_drops_synack::SCENARIO,
    &tc_ingress_drops_ack::SCENARIO,
    &xdp_drops_ack::SCENARIO,
    &tcx_drops_ack::SCENARIO,
];
