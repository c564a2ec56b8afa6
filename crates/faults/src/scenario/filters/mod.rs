//! What filters on the server drop: netfilter, connection tracking, traffic control, XDP; and hosts
//! whose filters are at work and in nobody's way.

mod ack_lost_behind_firewall;
mod ack_lost_behind_programs;
mod bench;
mod bridge_drops_synack;
mod bridge_passes;
mod closed_service_scanned;
mod conntrack_full;
mod conntrack_full_untracked;
mod conntrack_invalid_checksum;
mod conntrack_invalid_legacy;
mod conntrack_invalid_strict;
mod conntrack_invalid_untracked;
mod conntrack_invalid_untracked_v6;
mod conntrack_invalid_window;
mod fib_drops_syn;
mod fib_drops_syn_v6;
mod fib_loose;
mod firewall_drops_ack;
mod firewall_drops_ack_iptables;
mod firewall_drops_ack_legacy;
mod firewall_drops_ack_legacy_v6;
mod firewall_drops_ack_of_some;
mod firewall_drops_ack_policy;
mod firewall_drops_ack_raw;
mod firewall_drops_ack_uncounted;
mod firewall_drops_ack_untracked;
mod firewall_drops_ack_v6;
mod firewall_drops_nd;
mod firewall_drops_syn;
mod firewall_drops_syn_legacy;
mod firewall_drops_syn_of_some;
mod firewall_queues_ack;
mod firewall_rejects_ack;
mod firewall_rejects_syn;
mod firewall_resets_ack;
mod firewalled_host;
mod firewalled_host_v6;
mod incident_behind_firewall;
mod ipsec_drops_synack;
mod ipsec_forbids_reply;
mod ipsec_passes;
mod multihomed;
mod netdev_blocklist;
mod netdev_egress_drops_synack;
mod netdev_ingress_drops_ack;
mod netdev_ingress_drops_ack_v6;
mod output_drops_smtp;
mod output_drops_synack;
mod output_drops_synack_legacy;
mod output_drops_synack_v6;
mod output_rejects_synack;
mod postrouting_drops_synack;
mod queue_drops_synack;
mod queue_passes;
mod redirected_port;
mod reroute_by_mangle;
mod reroute_by_mark;
mod rpfilter_drops_syn;
mod rule_forbids_reply;
mod rule_passes;
mod synack_lost_behind_firewall;
mod tc_egress_drops_synack;
mod tc_egress_drops_synack_v6;
mod tc_ingress_drops_ack;
mod tc_ingress_drops_ack_v6;
mod tc_passes;
mod tcx_drops_ack;
mod two_filters;
mod untracked_replies;
mod untracked_service;
mod xdp_drops_ack;
mod xdp_passes;

use super::Scenario;

pub(super) static ALL: &[&Scenario] = &[
    &firewall_drops_ack::SCENARIO,
    &firewall_drops_ack_iptables::SCENARIO,
    &firewall_drops_ack_legacy::SCENARIO,
    &firewall_rejects_ack::SCENARIO,
    &firewall_drops_ack_uncounted::SCENARIO,
    &firewall_drops_ack_policy::SCENARIO,
    &firewall_drops_ack_raw::SCENARIO,
    &firewall_drops_ack_v6::SCENARIO,
    &firewall_drops_ack_legacy_v6::SCENARIO,
    &firewall_drops_ack_of_some::SCENARIO,
    &firewall_queues_ack::SCENARIO,
    &conntrack_full::SCENARIO,
    &conntrack_invalid_untracked::SCENARIO,
    &conntrack_invalid_untracked_v6::SCENARIO,
    &conntrack_invalid_legacy::SCENARIO,
    &conntrack_invalid_strict::SCENARIO,
    &conntrack_invalid_window::SCENARIO,
    &conntrack_invalid_checksum::SCENARIO,
    &output_drops_synack::SCENARIO,
    &output_rejects_synack::SCENARIO,
    &output_drops_synack_legacy::SCENARIO,
    &output_drops_synack_v6::SCENARIO,
    &postrouting_drops_synack::SCENARIO,
    &netdev_egress_drops_synack::SCENARIO,
    &tc_egress_drops_synack::SCENARIO,
    &tc_ingress_drops_ack::SCENARIO,
    &tc_ingress_drops_ack_v6::SCENARIO,
    &netdev_ingress_drops_ack::SCENARIO,
    &netdev_ingress_drops_ack_v6::SCENARIO,
    &xdp_drops_ack::SCENARIO,
    &tcx_drops_ack::SCENARIO,
    &firewall_drops_syn::SCENARIO,
    &firewall_drops_syn_legacy::SCENARIO,
    &firewall_drops_syn_of_some::SCENARIO,
    &firewall_rejects_syn::SCENARIO,
    &fib_drops_syn::SCENARIO,
    &fib_drops_syn_v6::SCENARIO,
    &rpfilter_drops_syn::SCENARIO,
    &fib_loose::SCENARIO,
    &reroute_by_mark::SCENARIO,
    &reroute_by_mangle::SCENARIO,
    &firewall_drops_nd::SCENARIO,
    &firewalled_host::SCENARIO,
    &firewalled_host_v6::SCENARIO,
    &closed_service_scanned::SCENARIO,
    &untracked_replies::SCENARIO,
    &untracked_service::SCENARIO,
    &tc_passes::SCENARIO,
    &xdp_passes::SCENARIO,
    &netdev_blocklist::SCENARIO,
    &output_drops_smtp::SCENARIO,
    &incident_behind_firewall::SCENARIO,
    &firewall_resets_ack::SCENARIO,
    &firewall_drops_ack_untracked::SCENARIO,
    &tc_egress_drops_synack_v6::SCENARIO,
    &two_filters::SCENARIO,
    &ack_lost_behind_firewall::SCENARIO,
    &ack_lost_behind_programs::SCENARIO,
    &synack_lost_behind_firewall::SCENARIO,
    &ipsec_drops_synack::SCENARIO,
    &ipsec_forbids_reply::SCENARIO,
    &rule_forbids_reply::SCENARIO,
    &queue_drops_synack::SCENARIO,
    &bridge_drops_synack::SCENARIO,
    &bridge_passes::SCENARIO,
    &redirected_port::SCENARIO,
    &ipsec_passes::SCENARIO,
    &rule_passes::SCENARIO,
    &queue_passes::SCENARIO,
    &conntrack_full_untracked::SCENARIO,
];
