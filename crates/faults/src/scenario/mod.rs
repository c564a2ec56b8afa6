//! The scenarios: one file each, with its topology, its traffic and the right answer.

mod accept_queue_full;
mod bridge_over_client;
mod busy_healthy;
mod calico_host;
mod calico_pod;
mod clients;
mod container_host;
mod dead_peers_of_our_own;
mod ecmp;
mod empty_bridge_over_client;
mod filters;
mod five_addresses;
mod gateway_dead;
mod gateway_dead_v6;
mod incident;
mod incident_in_noise;
mod incident_race;
mod incident_v6;
mod listener;
mod ll_gateway_v6;
mod lossy_clients;
mod moved_address;
mod multihomed_in_noise;
mod multihomed_stateful;
mod multihomed_stateful_v6;
mod narrow_mask;
mod nat_router;
mod noise;
mod old_overflows;
mod onlink_gateway;
mod p2p_31;
mod path;
mod ra_prefix_v6;
mod right_mask;
mod routed;
mod router_proxy_arp;
mod scanner;
mod secondary_addresses;
mod service_address_ecmp;
mod silent_client;
mod silent_client_beside_busy;
mod source_policy_routing;
mod synack_lost_outside;
mod tolerated_asymmetry;
mod two_faults;
mod vpn_over_client;
mod vrrp_mac;
mod wide_mask_many_neighbours;
mod wide_mask_no_proxy;
mod young_requests;

use crate::error::Result;
use crate::expectation::Expectation;
use crate::lab::Lab;
use crate::running::{Running, Stage};

/// A situation that can be built on this machine, and what the doctor should say about it.
#[derive(Debug)]
pub struct Scenario {
    /// Permanent name, kebab-case; the file has the same name with `_`.
    pub id: &'static str,
    /// One line: what is the matter.
    pub title: &'static str,
    /// What is built and what happens, for people.
    pub story: &'static str,
    /// A drawing of the topology, at most 78 columns wide. It begins with a line break, which keeps
    /// the indent of its first line.
    pub picture: &'static str,
    /// The right answer.
    pub expect: Expectation,
    /// Whether it filters packets and so needs the program `nft`.
    pub needs_nft: bool,
    /// Whether it touches limits of the whole machine, so that nothing may run beside it.
    pub machine_wide: bool,
    stage: fn(&mut Lab) -> Result<Stage>,
}

impl Scenario {
    /// Builds the scenario and starts its traffic. It shows when [`Running::wait_ready`] returns.
    ///
    /// # Errors
    /// Everything of [`crate::LabError`] but `NotReady`.
    pub fn build(&self) -> Result<Running> {
        let mut lab = Lab::new()?;
        let stage = (self.stage)(&mut lab)?;
        Ok(Running::new(stage, lab))
    }
}

static ALL: &[&Scenario] = &[
    &incident::SCENARIO,
    &incident_race::SCENARIO,
    &incident_v6::SCENARIO,
    &right_mask::SCENARIO,
    &wide_mask_no_proxy::SCENARIO,
    &wide_mask_many_neighbours::SCENARIO,
    &narrow_mask::SCENARIO,
    &multihomed_stateful::SCENARIO,
    &multihomed_stateful_v6::SCENARIO,
    &source_policy_routing::SCENARIO,
    &bridge_over_client::SCENARIO,
    &empty_bridge_over_client::SCENARIO,
    &vpn_over_client::SCENARIO,
    &gateway_dead::SCENARIO,
    &gateway_dead_v6::SCENARIO,
    &service_address_ecmp::SCENARIO,
    &accept_queue_full::SCENARIO,
    &two_faults::SCENARIO,
    &silent_client::SCENARIO,
    &silent_client_beside_busy::SCENARIO,
    &synack_lost_outside::SCENARIO,
    &busy_healthy::SCENARIO,
    &router_proxy_arp::SCENARIO,
    &tolerated_asymmetry::SCENARIO,
    &ecmp::SCENARIO,
    &onlink_gateway::SCENARIO,
    &vrrp_mac::SCENARIO,
    &secondary_addresses::SCENARIO,
    &five_addresses::SCENARIO,
    &p2p_31::SCENARIO,
    &ll_gateway_v6::SCENARIO,
    &calico_pod::SCENARIO,
    &calico_host::SCENARIO,
    &nat_router::SCENARIO,
    &container_host::SCENARIO,
    &ra_prefix_v6::SCENARIO,
    &young_requests::SCENARIO,
    &lossy_clients::SCENARIO,
    &scanner::SCENARIO,
    &dead_peers_of_our_own::SCENARIO,
    &moved_address::SCENARIO,
    &old_overflows::SCENARIO,
    &incident_in_noise::SCENARIO,
    &multihomed_in_noise::SCENARIO,
];

/// All scenarios, the incident first; then those of what goes wrong at a listener, and of filters.
pub fn all() -> impl Iterator<Item = &'static Scenario> + Clone {
    ALL.iter().chain(listener::ALL).chain(filters::ALL).chain(path::ALL).copied()
}

/// The scenario with this id.
pub fn find(id: &str) -> Option<&'static Scenario> {
    all().find(|scenario| scenario.id == id)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_kebab(byte: u8) -> bool {
        byte == b'-' || byte.is_ascii_lowercase() || byte.is_ascii_digit()
    }

    #[test]
    fn ids_are_unique_and_kebab_case() {
        let mut ids: Vec<&str> = all().map(|scenario| scenario.id).collect();
        assert!(ids.iter().all(|id| id.bytes().all(is_kebab)));
        ids.sort_unstable();
        ids.dedup();
        assert_eq!(ids.len(), all().count());
    }

    #[test]
    fn pictures_fit_a_terminal() {
        for scenario in all() {
            let widest = scenario.picture.lines().map(|line| line.chars().count()).max();
            assert!(widest.is_some_and(|width| width <= 78), "{}", scenario.id);
        }
    }

    #[test]
    fn every_scenario_is_found_by_its_id() {
        for scenario in all() {
            assert_eq!(find(scenario.id).map(|found| found.id), Some(scenario.id));
        }
        assert!(find("none").is_none());
    }
}
