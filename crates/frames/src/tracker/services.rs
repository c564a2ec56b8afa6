//! Handshakes by the end that the SYN went to, counted; and which of the completed ones are shown.

use std::collections::{BTreeSet, HashMap};
use std::net::Ipv6Addr;

use synrecv_model::{Endpoint, FrameDirection, Outcome, Service};

use super::lone::FlowState;
use crate::decode::{Address, Node, ip_addr};

/// Services that are counted on their own.
const SERVICES_MAX: usize = 4_096;

/// Clients of a service whose completed handshake is shown, and as many that completed late.
const SAMPLE_MAX: usize = 64;

#[derive(Clone, Debug)]
pub(super) struct Services {
    by_server: HashMap<Node, u16>,
    all: Vec<Sampled>,
    /// Those beyond the bound, together.
    others: Option<u16>,
    /// Most flows go to the service of the flow before.
    last: Option<(Node, u16)>,
}

#[derive(Clone, Debug)]
struct Sampled {
    service: Service,
    prompt: BTreeSet<Address>,
    late: BTreeSet<Address>,
}

impl Services {
    pub(super) fn new() -> Self {
        Self { by_server: HashMap::new(), all: Vec::new(), others: None, last: None }
    }

    /// Number of a service.
    pub(super) fn number(&mut self, server: Node, direction: FrameDirection) -> u16 {
        if let Some((_, place)) = self.last.filter(|(last, _)| *last == server) {
            return place;
        }
        let place = self.find(server, direction);
        self.last = Some((server, place));
        place
    }

    /// Counts a handshake.
    pub(super) fn count(&mut self, service: u16, outcome: Outcome) {
        let Some(sampled) = self.all.get_mut(usize::from(service)) else { return };
        let service = &mut sampled.service;
        let count = match outcome {
            Outcome::Completed => &mut service.completed_count,
            Outcome::AckMissing => &mut service.ack_missing_count,
            Outcome::AckIgnored => &mut service.ack_ignored_count,
            Outcome::Refused => &mut service.refused_count,
            Outcome::Unanswered => &mut service.unanswered_count,
            Outcome::ReplyUnseen => &mut service.reply_unseen_count,
            Outcome::TooEarly => &mut service.too_early_count,
        };
        *count += 1;
    }

    /// A handshake of this client completed. True when it is to be shown.
    pub(super) fn complete(&mut self, flow: &FlowState, client: Address) -> bool {
        let Some(sampled) = self.all.get_mut(usize::from(flow.service)) else { return false };
        let late = flow.was_late();
        sampled.service.late_completed_count += u64::from(late);
        let sample = if late { &mut sampled.late } else { &mut sampled.prompt };
        sample.len() < SAMPLE_MAX && sample.insert(client)
    }

    fn find(&mut self, server: Node, direction: FrameDirection) -> u16 {
        if let Some(&place) = self.by_server.get(&server) {
            return place;
        }
        if self.by_server.len() < SERVICES_MAX {
            let local = Endpoint { ip: ip_addr(server.ip), port: server.port };
            let place = self.add(local, direction);
            self.by_server.insert(server, place);
            return place;
        }
        if let Some(place) = self.others {
            return place;
        }
        let anywhere = Endpoint { ip: Ipv6Addr::UNSPECIFIED.into(), port: 0 };
        let place = self.add(anywhere, FrameDirection::Unknown);
        self.others = Some(place);
        place
    }

    fn add(&mut self, local: Endpoint, direction: FrameDirection) -> u16 {
        let service = Service::new(local, direction);
        self.all.push(Sampled { service, prompt: BTreeSet::new(), late: BTreeSet::new() });
        u16::try_from(self.all.len() - 1).unwrap_or(u16::MAX)
    }

    /// In order of their ends.
    pub(super) fn sorted(&self) -> Vec<Service> {
        let mut services: Vec<Service> = self.all.iter().map(|sampled| sampled.service).collect();
        services.sort_unstable_by_key(|service| service.local);
        services
    }
}
