//! What goes wrong at a listener: its queues, its options, its life, and what it rejects.

mod abort_on_overflow;
mod bad_ack_number;
mod bad_checksum;
mod bench;
mod cgroup_drops_synack;
mod cgroup_filter;
mod cgroup_filter_passes;
mod cookie_refused;
mod defer_accept;
mod defer_accept_talkers;
mod fast_open;
mod four_listeners;
mod half_full_queue;
mod listener_closed;
mod listener_closed_reuseport;
mod listener_handed_over;
mod listener_restarted;
mod listener_shrunk;
mod md5_missing;
mod md5_right_key;
mod md5_unexpected;
mod md5_wrong_key;
mod moved_address_v6;
mod multipath;
mod no_ack_flag;
mod old_timestamp;
mod out_of_window;
mod out_of_window_once;
mod peer_resets_icmp;
mod peer_resets_icmp_limited;
mod peer_resets_icmp_port;
mod peer_resets_rst;
mod port_scan_resets;
mod queue_full_with_cookies;
mod reset_out_of_window;
mod reuseport_migrated;
mod reuseport_one_stuck;
mod sequential_clients_full_queue;
mod socket_filter;
mod socket_filter_drops_syn;
mod socket_filter_passes;
mod stopped_application;
mod stray_bad_checksums;
mod stray_old_timestamps;
mod stray_out_of_window;
mod syn_again;
mod syn_cookies_always;
mod syn_cookies_under_load;
mod syn_flood;
mod syn_queue_full;
mod syn_queue_full_sysctl;
mod three_syns;
mod v4_clients_of_v6_listener;
mod wrong_tsecr;

use super::Scenario;

pub(super) static ALL: &[&Scenario] = &[
    &abort_on_overflow::SCENARIO,
    &stopped_application::SCENARIO,
    &reuseport_one_stuck::SCENARIO,
    &sequential_clients_full_queue::SCENARIO,
    &queue_full_with_cookies::SCENARIO,
    &listener_shrunk::SCENARIO,
    &defer_accept::SCENARIO,
    &syn_queue_full::SCENARIO,
    &syn_queue_full_sysctl::SCENARIO,
    &syn_flood::SCENARIO,
    &peer_resets_rst::SCENARIO,
    &peer_resets_icmp::SCENARIO,
    &peer_resets_icmp_limited::SCENARIO,
    &peer_resets_icmp_port::SCENARIO,
    &reset_out_of_window::SCENARIO,
    &syn_again::SCENARIO,
    &bad_ack_number::SCENARIO,
    &no_ack_flag::SCENARIO,
    &bad_checksum::SCENARIO,
    &old_timestamp::SCENARIO,
    &wrong_tsecr::SCENARIO,
    &out_of_window::SCENARIO,
    &out_of_window_once::SCENARIO,
    &md5_missing::SCENARIO,
    &md5_wrong_key::SCENARIO,
    &md5_unexpected::SCENARIO,
    &socket_filter::SCENARIO,
    &cgroup_filter::SCENARIO,
    &listener_closed::SCENARIO,
    &listener_closed_reuseport::SCENARIO,
    &four_listeners::SCENARIO,
    &syn_cookies_under_load::SCENARIO,
    &syn_cookies_always::SCENARIO,
    &cookie_refused::SCENARIO,
    &half_full_queue::SCENARIO,
    &fast_open::SCENARIO,
    &multipath::SCENARIO,
    &three_syns::SCENARIO,
    &v4_clients_of_v6_listener::SCENARIO,
    &defer_accept_talkers::SCENARIO,
    &md5_right_key::SCENARIO,
    &socket_filter_passes::SCENARIO,
    &cgroup_filter_passes::SCENARIO,
    &listener_restarted::SCENARIO,
    &listener_handed_over::SCENARIO,
    &reuseport_migrated::SCENARIO,
    &stray_bad_checksums::SCENARIO,
    &stray_old_timestamps::SCENARIO,
    &stray_out_of_window::SCENARIO,
    &port_scan_resets::SCENARIO,
    &moved_address_v6::SCENARIO,
    &cgroup_drops_synack::SCENARIO,
    &socket_filter_drops_syn::SCENARIO,
];
