//! What has to be known of the facts before the first of them is replaced.

use std::collections::BTreeSet;

use ipnet::IpNet;
use synrecv_model::{Facts, Foreign, Observation, Owners, RouteKind, Term, Test};

/// Letters that the name of a host has at least to be looked for inside of other names.
const WORD_MIN: usize = 3;

/// Names and prefixes of one document.
#[derive(Debug, Default)]
pub(super) struct Known {
    /// The host, and what stands before the first full stop of its name.
    pub(super) host_words: Vec<String>,
    /// Link-layer addresses of its devices as twelve digits.
    pub(super) mac_digits: BTreeSet<String>,
    pub(super) devices: BTreeSet<String>,
    pub(super) processes: BTreeSet<String>,
    pub(super) chains: BTreeSet<String>,
    /// Prefixes on the wires of this host.
    pub(super) on_link: Vec<IpNet>,
}

impl Known {
    pub(super) fn of(facts: &Facts, observation: &Observation) -> Self {
        let mut known = Self::default();
        known.add_host(&facts.host.name.0);
        known.add_links(facts, observation);
        known.add_processes(facts);
        known.add_filters(facts);
        known.add_prefixes(facts);
        known
    }

    fn add_host(&mut self, name: &str) {
        let short = name.split('.').next().unwrap_or_default();
        let mut words = vec![name, short];
        words.dedup();
        let is_word =
            |word: &&str| word.len() >= WORD_MIN && !word.eq_ignore_ascii_case("localhost");
        self.host_words = words.into_iter().filter(is_word).map(str::to_owned).collect();
    }

    fn add_links(&mut self, facts: &Facts, observation: &Observation) {
        for link in facts.links.data().into_iter().flatten() {
            self.devices.insert(link.name.0.clone());
            let mac = link.mac.filter(|mac| !mac.is_zero());
            self.mac_digits.extend(mac.map(|mac| mac.to_string().replace(':', "")));
        }
        let captured = observation.frames.data().map_or(&[][..], |capture| &capture.devices);
        let names = captured.iter().filter_map(|device| device.name.as_ref());
        let rules = facts.rules.data().into_iter().flatten();
        let names = names.chain(rules.flat_map(|rule| rule.iif.iter().chain(&rule.oif)));
        for name in names {
            self.add_device(name);
        }
    }

    fn add_device(&mut self, name: &Foreign) {
        if !name.0.is_empty() && !name.0.ends_with(['*', '+']) {
            self.devices.insert(name.0.clone());
        }
    }

    fn add_processes(&mut self, facts: &Facts) {
        let listeners = facts.sockets.data().map_or(&[][..], |sockets| &sockets.listeners);
        for listener in listeners {
            if let Owners::Known(owners) = &listener.owners {
                self.processes.extend(owners.iter().map(|owner| owner.comm.0.clone()));
            }
        }
        let others = facts.namespaces.data().map_or(&[][..], |survey| &survey.with_requests);
        self.processes.extend(others.iter().map(|other| other.comm.0.clone()));
        self.processes.remove("");
    }

    fn add_filters(&mut self, facts: &Facts) {
        for chain in facts.filters.data().into_iter().flatten() {
            self.chains.insert(chain.name.0.clone());
            for device in chain.base.iter().flat_map(|base| &base.devices) {
                self.add_device(device);
            }
            for Term { test, .. } in chain.rules.iter().flat_map(|rule| &rule.terms) {
                if let Test::InDevice(devices) | Test::OutDevice(devices) = test {
                    for device in devices {
                        self.add_device(device);
                    }
                }
            }
        }
    }

    fn add_prefixes(&mut self, facts: &Facts) {
        let own = facts.addresses.data().into_iter().flatten();
        self.on_link.extend(own.map(synrecv_model::Address::prefix));
        let routes = facts.routes.data().into_iter().flatten();
        let on_link = routes.filter(|route| route.kind == RouteKind::Unicast && route.is_on_link());
        self.on_link.extend(on_link.map(|route| route.destination.trunc()));
    }
}
