//! What goes wrong on the way back, and hosts where the same things are all right: reverse-path
//! filters, neighbours, routes, translated addresses.

mod arp_flux_ghost_stateful;
mod bridge_and_dead_gateway;
mod duplicate_address_silent;
mod ground;
mod neighbour_wrong_gateway;
mod no_return_route_blackhole;
mod no_return_route_flaps;
mod rp_filter_ack_other;
mod rp_filter_drop;
mod rp_filter_drop_all;
mod rp_filter_loose;
mod rp_filter_loose_device;
mod rp_filter_no_route;
mod rp_filter_route_change;
mod rp_filter_stray;
mod rp_filter_strict;
mod rp_filter_wrong_route;

use super::Scenario;

pub(super) static ALL: &[&Scenario] = &[
    &rp_filter_drop::SCENARIO,
    &rp_filter_drop_all::SCENARIO,
    &rp_filter_no_route::SCENARIO,
    &rp_filter_ack_other::SCENARIO,
    &rp_filter_route_change::SCENARIO,
    &rp_filter_wrong_route::SCENARIO,
    &neighbour_wrong_gateway::SCENARIO,
    &duplicate_address_silent::SCENARIO,
    &arp_flux_ghost_stateful::SCENARIO,
    &no_return_route_blackhole::SCENARIO,
    &no_return_route_flaps::SCENARIO,
    &bridge_and_dead_gateway::SCENARIO,
    &rp_filter_loose::SCENARIO,
    &rp_filter_loose_device::SCENARIO,
    &rp_filter_strict::SCENARIO,
    &rp_filter_stray::SCENARIO,
];
