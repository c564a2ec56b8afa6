//! What goes wrong at a listener: its queues, its options, its life, and what it rejects.

mod abort_on_overflow;
mod bad_ack_number;
mod bad_checksum;
mod bench;
mod defer_accept;
mod fast_open;
mod four_listeners;
mod half_full_queue;
mod listener_closed;
mod listener_closed_reuseport;
mod listener_shrunk;
mod md5_missing;
mod multipath;
mod old_timestamp;
mod out_of_window;
mod out_of_window_once;
mod peer_resets_icmp;
mod peer_resets_icmp_limited;
mod peer_resets_icmp_port;
mod peer_resets_rst;
mod queue_full_with_cookies;
mod reuseport_one_stuck;
mod sequential_clients_full_queue;
mod socket_filter;
mod stopped_application;
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
    &bad_ack_number::SCENARIO,
    &bad_checksum::SCENARIO,
    &old_timestamp::SCENARIO,
    &wrong_tsecr::SCENARIO,
    &out_of_window::SCENARIO,
    &out_of_window_once::SCENARIO,
    &md5_missing::SCENARIO,
    &socket_filter::SCENARIO,
    &listener_closed::SCENARIO,
    &listener_closed_reuseport::SCENARIO,
    &four_listeners::SCENARIO,
    &syn_cookies_under_load::SCENARIO,
    &syn_cookies_always::SCENARIO,
    &half_full_queue::SCENARIO,
    &fast_open::SCENARIO,
    &multipath::SCENARIO,
    &three_syns::SCENARIO,
    &v4_clients_of_v6_listener::SCENARIO,
];
