//! Asking the network what decides between the causes that are left. Only when the user wants it.

use std::fmt;
use std::net::IpAddr;

use synrecv_checks::plan;
use synrecv_model::view::probe::Wire;
use synrecv_model::{Diagnosis, Facts, Flow, Gap, Observation, Reason, Section, TraceMethod};

use super::Session;
use crate::probing::{self, Options, Sender, Target};
use crate::traces::{self, FirstHopQuestion, TraceQuestion, Tracer, first_hop_bound};

/// What is going to be asked. Nothing was sent yet.
#[derive(Debug)]
pub struct ProbePlan {
    targets: Vec<Target>,
    first_hops: Vec<FirstHopQuestion>,
    trace: Option<Tracer>,
    traced: Option<IpAddr>,
}

impl ProbePlan {
    /// True when no answer of the network would tell more.
    pub fn is_empty(&self) -> bool {
        self.targets.is_empty() && self.first_hops.is_empty() && self.trace.is_none()
    }
}

/// What is sent at most.
impl fmt::Display for ProbePlan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("--probe sends at most ")?;
        let bound = probing::bound(&self.targets, &Options::default());
        let mut parts = Vec::new();
        if !self.targets.is_empty() {
            parts.push(format!(
                "{} questions by ARP or ND for {} {} (from a made-up MAC, the device is promiscuous \
                 meanwhile; entries of this host stay as they are)",
                bound.frame_count,
                self.targets.len(),
                if self.targets.len() == 1 { "address" } else { "addresses" },
            ));
        }
        if !self.first_hops.is_empty() {
            let peers: Vec<String> =
                self.first_hops.iter().map(|question| question.peer.to_string()).collect();
            parts.push(format!(
                "{} UDP datagrams that live for one hop, to {}",
                first_hop_bound(self.first_hops.len()),
                peers.join(", ")
            ));
        }
        if let (Some(trace), Some(peer)) = (&self.trace, self.traced) {
            parts.push(format!("{} UDP datagrams that trace the way to {peer}", trace.bound()));
        }
        f.write_str(&parts.join("; "))
    }
}

impl Session {
    /// What to ask the network after watching.
    pub fn plan_probes(&self, observation: &Observation, diagnosis: &Diagnosis) -> ProbePlan {
        let wanted = match self.place.gap() {
            Some(_) => plan::Probes::default(),
            None => plan::probes(&self.facts, observation, diagnosis),
        };
        let question = |flow: Flow| FirstHopQuestion {
            peer: flow.peer.ip,
            from: Some(flow.local.ip),
            ifindex: device_of(&self.facts, flow),
        };
        let traced = wanted.trace.map(|flow| flow.peer.ip);
        let trace = wanted.trace.map(|flow| {
            let FirstHopQuestion { peer: target, from, ifindex } = question(flow);
            TraceQuestion { target, ifindex, from, method: TraceMethod::Udp, port: None }
        });
        let first_hops: Vec<FirstHopQuestion> = wanted
            .first_hops
            .into_iter()
            .map(question)
            .filter(|question| Some(question.peer) != traced)
            .collect();
        ProbePlan {
            targets: self.targets(&wanted.questions),
            first_hops,
            trace: trace.and_then(|question| Tracer::open(&question).ok()),
            traced,
        }
    }

    fn targets(&self, questions: &[plan::Question]) -> Vec<Target> {
        let links = self.facts.links.data().map_or(&[][..], Vec::as_slice);
        let wire = Wire {
            addresses: self.facts.addresses.data().map_or(&[][..], Vec::as_slice),
            neighbours: self.facts.neighbours.data().map_or(&[][..], Vec::as_slice),
            routes: self.facts.routes.data().map_or(&[][..], Vec::as_slice),
        };
        let wanted: Vec<_> = questions
            .iter()
            .map(|question| (question.ifindex, question.address, question.purpose))
            .collect();
        // A device without link-layer addresses has nobody to ask.
        probing::plan(&wire, links, &wanted, 0, Sender::Administered).0
    }

    /// Asks what was planned, and adds the answers to the facts.
    pub fn probe(&mut self, plan: ProbePlan) {
        if plan.is_empty() {
            let gap = || match self.place.gap() {
                Some(gap) => gap.clone(),
                None => Gap::new(
                    Reason::NotApplicable,
                    "no stuck connection whose cause an answer of the network would tell",
                ),
            };
            self.facts.probed = Section::Missing(gap());
            self.facts.traces = Section::Missing(gap());
            return;
        }
        if !plan.targets.is_empty() {
            self.facts.probed = probing::ask(&plan.targets, &Options::default()).probed;
        }
        self.facts.traces = traces::ways(&plan.first_hops, plan.trace);
    }
}

/// Device of a link-local peer, 0 for others.
fn device_of(facts: &Facts, flow: Flow) -> u32 {
    let is_link_local = matches!(flow.peer.ip, IpAddr::V6(ip) if ip.is_unicast_link_local());
    let mut replies = facts.replies.data().into_iter().flatten();
    let route = replies
        .find(|reply| is_link_local && reply.question.flow == flow)
        .and_then(|reply| reply.resolved.as_ref().ok());
    route.map_or(0, |route| route.oif)
}
