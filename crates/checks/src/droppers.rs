//! Rules of this host that the packets of stuck handshakes meet, and what their counters say.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use synrecv_model::view::filter::{Packet, Stop, stops};
use synrecv_model::view::place;
use synrecv_model::{
    Command, ConntrackStates, Endpoint, Flow, Foreign, Hook, Origin, RuleId, Test, Text,
    TrackedState, Value, text,
};

use crate::cases::Fact;
use crate::phrase;
use crate::seen::Seen;
use crate::view::View;

/// Flows that are walked through the rules one by one; of more, one for each network of peers.
const FLOWS_MAX: usize = 256;

const SYN: u8 = 0x02;
const ACK: u8 = 0x10;

/// Conntrack registers at the priority of `raw` + 100; what runs before sees no state.
const CONNTRACK_PRIORITY: i32 = -200;

/// Which packet of the handshake.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// The client's first, to a listener.
    Syn,
    /// Ours.
    SynAck,
    /// The client's last.
    Ack,
}

/// A rule or policy that ends packets of some requests.
#[derive(Clone, Debug)]
pub(crate) struct Dropper<'a> {
    pub(crate) stop: Stop<'a>,
    /// Requests whose packet can end here, as indexes into the view's requests.
    pub(crate) requests: Vec<usize>,
    /// Packets it matched while watching; `None` when it does not count.
    pub(crate) matched: Option<u64>,
}

impl Dropper<'_> {
    /// Drops what connection tracking calls invalid, and nothing that it does not.
    pub(crate) fn is_about_invalid(&self) -> bool {
        self.stop.terms().iter().any(|term| {
            matches!(term.test, Test::ConntrackState(states)
                if !term.negated && states.invalid && !states.established && !states.new)
        })
    }

    /// Looks at the route back to the source.
    pub(crate) fn is_about_the_way_back(&self) -> bool {
        self.stop.terms().iter().any(|term| term.test == Test::ReversePath)
    }

    /// Sees only what connection tracking has let pass and judged.
    pub(crate) fn runs_after_conntrack(&self) -> bool {
        let priority = self.stop.chain.base.as_ref().map_or(0, |base| base.priority);
        match self.stop.hook {
            Hook::Input => true,
            Hook::Prerouting => priority > CONNTRACK_PRIORITY,
            _ => false,
        }
    }

    /// `rule "tcp dport 80 drop" of chain input, table inet lab`.
    pub(crate) fn name(&self) -> Text {
        let chain = self.stop.chain;
        let place = text![
            "chain ",
            chain.name.clone(),
            " of table ",
            chain.family.name(),
            " ",
            chain.table.clone(),
            match chain.system {
                synrecv_model::FilterSystem::Nftables => "",
                synrecv_model::FilterSystem::XTables => " (iptables-legacy)",
            },
        ];
        match self.stop.rule {
            Some(rule) => text!["rule `", rule.text.clone(), "` in ", place],
            None => text!["the policy of ", place],
        }
    }

    /// The command that lists it with its counter.
    pub(crate) fn listing(&self) -> Command {
        Command(self.stop.chain.system.listing(self.stop.chain))
    }

    /// What it matched while watching, beside what it is held against.
    pub(crate) fn fact(&self, against: Text) -> Fact {
        let matched = match self.matched {
            Some(count) => text![
                " matched ",
                phrase::count(usize::try_from(count).unwrap_or(usize::MAX), "packet", "packets"),
            ],
            None if self.stop.certain => text![" ends these packets and does not count"],
            None => text![" can end these packets and does not count"],
        };
        let id = self.stop.id();
        Fact::new(Origin::Filter, "rule", text![self.name(), matched, against])
            .with("system", Value::Word(id.system.name()))
            .with("family", Value::Word(id.family.name()))
            .with("table", Value::Foreign(id.table))
            .with("chain", Value::Foreign(id.chain))
            .with("handle", Value::Number(id.handle))
            .with("hook", Value::Word(self.stop.hook.name()))
            .with(
                "rule",
                self.stop.rule.map_or(Value::Unknown, |rule| Value::Foreign(rule.text.clone())),
            )
            .with("matched_count", phrase::number(self.matched))
            .recheck(self.listing().0)
    }
}

/// What ends `step` of these requests at the hooks, in the order of the first that meets it. `None`
/// when the rules of this host are not known in full.
pub(crate) fn droppers<'a>(
    view: &View<'a>,
    hooks: &[Hook],
    step: Step,
    requests: &[usize],
) -> Option<Vec<Dropper<'a>>> {
    let chains = view.whole_filters()?;
    if chains.is_empty() {
        return Some(Vec::new());
    }
    let mut found: Vec<Dropper<'a>> = Vec::new();
    let mut known: HashMap<RuleId, usize> = HashMap::new();
    for group in alike(view, requests) {
        let out = out_device(view, group[0]);
        let request = &view.requests()[group[0]];
        let came = request
            .seen
            .as_deref()
            .filter(|seen| seen.in_devices.len() == 1)
            .and_then(|seen| seen.in_devices.first())
            .map(|&device| view.dev(device));
        let mut packet = packet(view, request.track.flow, step, out.as_ref());
        if step != Step::SynAck {
            packet.in_device = came.as_ref().map(|name| name.0.as_str());
        }
        for stop in hooks.iter().flat_map(|&hook| stops(chains, hook, &packet)) {
            match known.get(&stop.id()) {
                Some(&at) => {
                    found[at].requests.extend(&group);
                    found[at].stop.certain |= stop.certain;
                }
                None => {
                    known.insert(stop.id(), found.len());
                    let matched = stop.counts().then(|| view.matched(&stop.id())).flatten();
                    found.push(Dropper { stop, requests: group.clone(), matched });
                }
            }
        }
    }
    for dropper in &mut found {
        dropper.requests.sort_unstable();
        dropper.requests.dedup();
    }
    Some(found)
}

/// Groups that the rules are asked about once each.
fn alike(view: &View<'_>, requests: &[usize]) -> Vec<Vec<usize>> {
    if requests.len() <= FLOWS_MAX {
        return requests.iter().map(|&index| vec![index]).collect();
    }
    let mut groups: BTreeMap<_, Vec<usize>> = BTreeMap::new();
    for &index in requests {
        let request = &view.requests()[index];
        groups.entry((request.local(), place(request.peer()))).or_default().push(index);
    }
    groups.into_values().take(16 * FLOWS_MAX).collect()
}

fn out_device(view: &View<'_>, index: usize) -> Option<Foreign> {
    let route = view.requests()[index].reply?.resolved.as_ref().ok()?;
    Some(view.dev(route.oif))
}

/// A packet of this flow, as far as it is known.
pub(crate) fn packet<'p>(
    view: &View<'_>,
    flow: Flow,
    step: Step,
    out_device: Option<&'p Foreign>,
) -> Packet<'p> {
    let inward = Packet {
        source: Some(flow.peer.ip),
        destination: flow.local.ip,
        source_port: Some(flow.peer.port),
        destination_port: Some(flow.local.port),
        flags: if step == Step::Syn { SYN } else { ACK },
        in_device: None,
        out_device: None,
        conntrack: states(view, flow, step),
    };
    match step {
        Step::Syn | Step::Ack => inward,
        Step::SynAck => Packet {
            source: Some(flow.local.ip),
            destination: flow.peer.ip,
            source_port: Some(flow.local.port),
            destination_port: Some(flow.peer.port),
            flags: SYN | ACK,
            out_device: out_device.map(|name| name.0.as_str()),
            ..inward
        },
    }
}

/// The states that connection tracking can give a packet of this flow.
fn states(view: &View<'_>, flow: Flow, step: Step) -> Option<ConntrackStates> {
    let none = ConntrackStates::default();
    let entry = view.tracked(flow)?;
    Some(match (step, entry) {
        // Without an entry nothing is established.
        (Step::Syn, _) | (_, None) => {
            ConntrackStates { new: true, invalid: true, untracked: true, ..none }
        }
        // Its table has no way from SYN_SENT by an ACK of the same direction.
        (Step::Ack, Some(entry)) if entry.state == TrackedState::SynSent => {
            ConntrackStates { invalid: true, untracked: true, ..none }
        }
        (_, Some(_)) => {
            ConntrackStates { established: true, invalid: true, untracked: true, ..none }
        }
    })
}

/// What ends a SYN from anywhere to one of these local ends; the source is not known.
pub(crate) fn syn_droppers<'a>(
    view: &View<'a>,
    hooks: &[Hook],
    locals: &BTreeSet<Endpoint>,
) -> Option<Vec<Dropper<'a>>> {
    let states = ConntrackStates { new: true, untracked: true, ..ConntrackStates::default() };
    from_anywhere(view, hooks, locals, SYN, Some(states))
}

/// What ends an ACK from anywhere to one of these local ends.
pub(crate) fn local_ack_droppers<'a>(
    view: &View<'a>,
    hooks: &[Hook],
    locals: &BTreeSet<Endpoint>,
) -> Option<Vec<Dropper<'a>>> {
    from_anywhere(view, hooks, locals, ACK, None)
}

fn from_anywhere<'a>(
    view: &View<'a>,
    hooks: &[Hook],
    locals: &BTreeSet<Endpoint>,
    flags: u8,
    conntrack: Option<ConntrackStates>,
) -> Option<Vec<Dropper<'a>>> {
    let chains = view.whole_filters()?;
    let mut found: Vec<Dropper<'a>> = Vec::new();
    let mut known: BTreeSet<RuleId> = BTreeSet::new();
    for local in locals {
        let packet = Packet {
            source: None,
            destination: local.ip,
            source_port: None,
            destination_port: Some(local.port),
            flags,
            in_device: None,
            out_device: None,
            conntrack,
        };
        for stop in hooks.iter().flat_map(|&hook| stops(chains, hook, &packet)) {
            if known.insert(stop.id()) {
                let matched = stop.counts().then(|| view.matched(&stop.id())).flatten();
                found.push(Dropper { stop, requests: Vec::new(), matched });
            }
        }
    }
    Some(found)
}

/// What ends the SYNs of clients that were seen to come in: each place with the clients that meet it
/// first, in the order of the kernel's calls.
pub(crate) fn seen_syn_droppers<'a>(
    view: &View<'a>,
    hooks: &[Hook],
    syns: &[Seen<'a>],
) -> Option<Vec<(Dropper<'a>, Vec<usize>)>> {
    let chains = view.whole_filters()?;
    let none = ConntrackStates::default();
    let mut found: Vec<(Dropper<'a>, Vec<usize>)> = Vec::new();
    for (index, seen) in syns.iter().enumerate() {
        let flow = seen.handshake.flow;
        let device = seen.in_devices.first().map(|&device| view.dev(device));
        let packet = Packet {
            source: Some(flow.peer.ip),
            destination: flow.local.ip,
            source_port: Some(flow.peer.port),
            destination_port: Some(flow.local.port),
            flags: SYN,
            in_device: device.as_ref().map(|device| device.0.as_str()),
            out_device: None,
            conntrack: Some(ConntrackStates { new: true, untracked: true, ..none }),
        };
        let moved = |stop: &Stop<'a>| {
            let matched = stop.counts().then(|| view.matched(&stop.id())).flatten();
            matched != Some(0)
        };
        let mut all = hooks.iter().flat_map(|&hook| stops(chains, hook, &packet)).filter(moved);
        let Some(stop) = all.next() else { continue };
        match found.iter_mut().find(|(dropper, _)| dropper.stop.id() == stop.id()) {
            Some((_, clients)) => clients.push(index),
            None => {
                let matched = stop.counts().then(|| view.matched(&stop.id())).flatten();
                let dropper = Dropper { stop, requests: Vec::new(), matched };
                found.push((dropper, vec![index]));
            }
        }
    }
    Some(found)
}
