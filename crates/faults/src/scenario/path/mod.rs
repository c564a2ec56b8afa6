//! What goes wrong on the way back, and hosts where the same things are all right: reverse-path
//! filters, neighbours, routes, translated addresses.

mod accept_queue_full_v6;
mod arp_flux;
mod arp_flux_ghost;
mod arp_flux_ghost_stateful;
mod arp_flux_ghost_strict;
mod arp_flux_guarded;
mod arp_flux_settings;
mod bridge_and_dead_gateway;
mod bridge_over_client_v6;
mod direct_server_return;
mod dual_stack;
mod duplicate_address_flips;
mod duplicate_address_resets;
mod duplicate_address_silent;
mod duplicate_address_silent_v6;
mod duplicate_gateway;
mod gateway_failover;
mod ground;
mod ground_v6;
mod incident_advertised_v6;
mod incident_arp_settings;
mod incident_responder_v6;
mod listener_bound_without_route;
mod listener_mark;
mod martian_loopback_source;
mod martian_own_source;
mod martian_own_source_accepted;
mod martian_stray;
mod narrow_mask_no_gateway;
mod narrow_mask_tolerated;
mod nat_direct_reply;
mod nat_direct_reply_filtered;
mod nat_hairpin;
mod neighbour_wrong_gateway;
mod neighbour_wrong_gateway_v6;
mod neighbour_wrong_peer;
mod next_hop_rp_filter;
mod no_return_route_blackhole;
mod no_return_route_blackhole_v6;
mod no_return_route_flaps;
mod no_return_route_missing;
mod no_return_route_missing_v6;
mod no_return_route_prohibit;
mod no_return_route_prohibit_v6;
mod no_return_route_unreachable;
mod no_return_route_unreachable_v6;
mod onlink_gateway_v6;
mod own_connects_without_route;
mod peer_resets_icmp_address_v6;
mod peer_resets_icmp_prohibited_v6;
mod permanent_gateway;
mod permanent_gateway_synack_lost;
mod policy_table_tolerated;
mod policy_table_without_connected;
mod private_vlan;
mod proxy_nd_host_v6;
mod proxy_nd_pod_v6;
mod published_port;
mod rerouted_in_output;
mod rogue_router_filtered_v6;
mod rogue_router_v6;
mod router_failover_v6;
mod rp_filter_ack_other;
mod rp_filter_and_wrong_route;
mod rp_filter_drop;
mod rp_filter_drop_all;
mod rp_filter_loose;
mod rp_filter_loose_device;
mod rp_filter_no_route;
mod rp_filter_route_change;
mod rp_filter_stray;
mod rp_filter_strict;
mod rp_filter_wrong_route;
mod silent_client_v6;
mod source_policy_routing_v6;
mod synack_lost_outside_v6;
mod temporary_addresses_v6;
mod two_prefixes_v6;
mod vpn_over_client_v6;
mod vrrp_mac_v6;
mod wide_mask_one_client;
mod wide_prefix_no_proxy_v6;
mod wide_v6;

use super::Scenario;

pub(super) static ALL: &[&Scenario] = &[
    &rp_filter_drop::SCENARIO,
    &rp_filter_drop_all::SCENARIO,
    &rp_filter_no_route::SCENARIO,
    &rp_filter_ack_other::SCENARIO,
    &rp_filter_route_change::SCENARIO,
    &rp_filter_wrong_route::SCENARIO,
    &rp_filter_and_wrong_route::SCENARIO,
    &neighbour_wrong_gateway::SCENARIO,
    &neighbour_wrong_peer::SCENARIO,
    &permanent_gateway_synack_lost::SCENARIO,
    &duplicate_address_silent::SCENARIO,
    &duplicate_address_flips::SCENARIO,
    &duplicate_address_resets::SCENARIO,
    &duplicate_gateway::SCENARIO,
    &arp_flux_ghost_stateful::SCENARIO,
    &arp_flux_guarded::SCENARIO,
    &no_return_route_blackhole::SCENARIO,
    &no_return_route_unreachable::SCENARIO,
    &no_return_route_prohibit::SCENARIO,
    &no_return_route_missing::SCENARIO,
    &no_return_route_flaps::SCENARIO,
    &narrow_mask_no_gateway::SCENARIO,
    &martian_loopback_source::SCENARIO,
    &martian_own_source::SCENARIO,
    &nat_direct_reply::SCENARIO,
    &nat_direct_reply_filtered::SCENARIO,
    &nat_hairpin::SCENARIO,
    &next_hop_rp_filter::SCENARIO,
    &policy_table_without_connected::SCENARIO,
    &incident_arp_settings::SCENARIO,
    &wide_mask_one_client::SCENARIO,
    &bridge_and_dead_gateway::SCENARIO,
    &listener_bound_without_route::SCENARIO,
    &rp_filter_loose::SCENARIO,
    &rp_filter_loose_device::SCENARIO,
    &rp_filter_strict::SCENARIO,
    &rp_filter_stray::SCENARIO,
    &permanent_gateway::SCENARIO,
    &arp_flux::SCENARIO,
    &arp_flux_settings::SCENARIO,
    &arp_flux_ghost::SCENARIO,
    &arp_flux_ghost_strict::SCENARIO,
    &gateway_failover::SCENARIO,
    &narrow_mask_tolerated::SCENARIO,
    &listener_mark::SCENARIO,
    &rerouted_in_output::SCENARIO,
    &martian_stray::SCENARIO,
    &own_connects_without_route::SCENARIO,
    &martian_own_source_accepted::SCENARIO,
    &policy_table_tolerated::SCENARIO,
    &published_port::SCENARIO,
    &direct_server_return::SCENARIO,
    &private_vlan::SCENARIO,
    &neighbour_wrong_gateway_v6::SCENARIO,
    &duplicate_address_silent_v6::SCENARIO,
    &no_return_route_blackhole_v6::SCENARIO,
    &no_return_route_unreachable_v6::SCENARIO,
    &no_return_route_prohibit_v6::SCENARIO,
    &no_return_route_missing_v6::SCENARIO,
    &bridge_over_client_v6::SCENARIO,
    &vpn_over_client_v6::SCENARIO,
    &rogue_router_v6::SCENARIO,
    &rogue_router_filtered_v6::SCENARIO,
    &router_failover_v6::SCENARIO,
    &incident_responder_v6::SCENARIO,
    &incident_advertised_v6::SCENARIO,
    &wide_prefix_no_proxy_v6::SCENARIO,
    &accept_queue_full_v6::SCENARIO,
    &synack_lost_outside_v6::SCENARIO,
    &silent_client_v6::SCENARIO,
    &peer_resets_icmp_address_v6::SCENARIO,
    &peer_resets_icmp_prohibited_v6::SCENARIO,
    &dual_stack::SCENARIO,
    &temporary_addresses_v6::SCENARIO,
    &source_policy_routing_v6::SCENARIO,
    &onlink_gateway_v6::SCENARIO,
    &two_prefixes_v6::SCENARIO,
    &proxy_nd_host_v6::SCENARIO,
    &proxy_nd_pod_v6::SCENARIO,
    &vrrp_mac_v6::SCENARIO,
];
