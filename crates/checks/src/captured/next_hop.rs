//! The host asks by ARP or ND for the next hop of its SYN-ACKs, and gets no answer that it takes.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use synrecv_model::{
    Action, ActionLabel, AddressQuestion, Capture, Command, End, FrameKind, Handshake, Mono,
    Origin, Subject, Text, Value, Weight, text,
};

use super::{clients, own_macs, routers_crossed, silent};
use crate::cases::{Case, Cases, Fact};
use crate::phrase;
use crate::view::View;

/// Questions for one address from which on silence is an answer: they go out one second apart.
const ASKED_LEAST: usize = 2;

/// The same of questions that are answered, and asked again.
const ASKED_AGAIN_LEAST: usize = 3;

/// A question is asked again after a second as long as packets wait for its answer.
const ASKED_AGAIN_MS: u64 = 1_100;

/// An answer that comes later is one to a later question.
const ANSWER_MS: u64 = 500;

/// Claims that a capture keeps; of more, an answer may be missing.
const CLAIMS_MAX: usize = 4_096;

/// An address that the host asks for, and the connections whose SYN-ACKs wait for it.
#[derive(Debug)]
pub(crate) struct InVain<'a> {
    pub(crate) address: IpAddr,
    pub(crate) handshakes: Vec<&'a Handshake>,
    asked_count: usize,
    /// Answers come, and the host asks again: it does not take them.
    answered: bool,
    /// The first question follows a SYN, after a time without.
    on_demand: bool,
}

impl InVain<'_> {
    /// The clients themselves are asked for.
    fn is_direct(&self) -> bool {
        self.handshakes.iter().any(|one| one.flow.peer.ip == self.address)
    }
}

/// Addresses that the host asks for in vain while SYNs stay unanswered.
pub(super) fn in_vain<'a>(view: &View<'a>) -> Vec<InVain<'a>> {
    let Some(capture) = view.capture() else { return Vec::new() };
    if capture.claims.len() >= CLAIMS_MAX {
        return Vec::new();
    }
    let mut open: Vec<&Handshake> = silent(view).into_iter().flat_map(|s| s.handshakes).collect();
    let mut asked: Vec<(IpAddr, Vec<&AddressQuestion>, bool)> = own_questions(capture, &open)
        .into_iter()
        .filter_map(|(address, all)| {
            let answered = answered(capture, address, &all)?;
            Some((address, all, answered))
        })
        .collect();
    // Clients that are asked for themselves first; then what is asked for most often.
    asked.sort_by_key(|(address, all, _)| {
        let direct = open.iter().any(|one| one.flow.peer.ip == *address);
        (!direct, std::cmp::Reverse(all.len()), *address)
    });
    let mut found = Vec::new();
    for (address, questions, answered) in asked {
        let direct = open.iter().any(|one| one.flow.peer.ip == address);
        let waits = |one: &&Handshake| {
            if direct { one.flow.peer.ip == address } else { in_step(one, address, &questions) }
        };
        let (handshakes, others): (Vec<_>, Vec<_>) = open.into_iter().partition(waits);
        open = others;
        if !handshakes.is_empty() {
            let on_demand = on_demand(capture, &handshakes, &questions);
            let asked_count = questions.len();
            found.push(InVain { address, handshakes, asked_count, answered, on_demand });
        }
    }
    found
}

/// Questions of the host that the SYNs went to, by the address asked for.
fn own_questions<'a>(
    capture: &'a Capture,
    open: &[&Handshake],
) -> BTreeMap<IpAddr, Vec<&'a AddressQuestion>> {
    let locals: BTreeSet<IpAddr> = open.iter().map(|one| one.flow.local.ip).collect();
    let macs = own_macs(open);
    let mut asked: BTreeMap<IpAddr, Vec<&AddressQuestion>> = BTreeMap::new();
    for question in &capture.questions {
        let own = question.outgoing
            || question.asker.is_some_and(|asker| locals.contains(&asker))
            || question.mac.is_some_and(|mac| macs.contains(&mac));
        // Nobody asks for its own address but to see whether somebody else has it.
        if own && question.asker.is_some() && !locals.contains(&question.address) {
            asked.entry(question.address).or_default().push(question);
        }
    }
    asked
}

/// `Some(false)`: nobody answers. `Some(true)`: answers come, and the host goes on asking. `None`: it
/// has what it asked for.
fn answered(capture: &Capture, address: IpAddr, questions: &[&AddressQuestion]) -> Option<bool> {
    let first = questions.first()?.at;
    let answers: Vec<Mono> = capture
        .claims
        .iter()
        .filter(|claim| claim.address == address && !claim.outgoing && claim.at >= first)
        .map(|claim| claim.at)
        .collect();
    if answers.is_empty() {
        return (questions.len() >= ASKED_LEAST).then_some(false);
    }
    let again = questions.windows(2).filter(|pair| {
        let soon = pair[1].at.ms_since(pair[0].at) <= ASKED_AGAIN_MS;
        let between = |at: &&Mono| **at >= pair[0].at && **at < pair[1].at;
        soon && answers.iter().any(|at| between(&at) && at.ms_since(pair[0].at) < ANSWER_MS)
    });
    (again.count() + 1 >= ASKED_AGAIN_LEAST).then_some(true)
}

/// A question for the address is close to each SYN, as far as questions are kept.
fn in_step(handshake: &Handshake, address: IpAddr, questions: &[&AddressQuestion]) -> bool {
    let Some(last) = questions.last().map(|question| question.at.plus_ms(ASKED_AGAIN_MS)) else {
        return false;
    };
    let near = |at: Mono| {
        questions
            .iter()
            .any(|question| at.ms_since(question.at) + question.at.ms_since(at) <= ASKED_AGAIN_MS)
    };
    let mut syns = handshake.syns().map(|syn| syn.at).filter(|at| *at <= last).peekable();
    handshake.flow.peer.ip.is_ipv4() == address.is_ipv4() && syns.peek().is_some() && syns.all(near)
}

/// Nothing was asked for a while, then a SYN came, and the question right behind it.
fn on_demand(capture: &Capture, handshakes: &[&Handshake], questions: &[&AddressQuestion]) -> bool {
    let Some(first) = questions.first().map(|question| question.at) else { return false };
    let watched = first.ms_since(capture.started) > ASKED_AGAIN_MS;
    let mut syns = handshakes.iter().flat_map(|one| one.syns()).map(|syn| syn.at);
    watched && syns.any(|at| at <= first && first.ms_since(at) < 100)
}

/// ICMP errors by which the kernel tells itself that the client of a SYN-ACK cannot be reached.
fn told(handshakes: &[&Handshake]) -> usize {
    let unreachable = |one: &Handshake| {
        let local = one.flow.local.ip;
        let by_kernel = |kind| match kind {
            FrameKind::Icmp { icmp_type: 3, code: 1, from } => local.is_ipv4() && from == local,
            FrameKind::Icmp { icmp_type: 1, code: 3, from } => local.is_ipv6() && from == local,
            _ => false,
        };
        let frames = one.frames.iter().filter(|frame| frame.sender == End::Server && !frame.copy);
        frames.filter(|frame| by_kernel(frame.kind)).count()
    };
    handshakes.iter().map(|one| unreachable(one)).sum()
}

pub(super) fn neighbour_unresolved(view: &View<'_>, cases: &mut Cases) {
    let (direct, gateways): (Vec<_>, Vec<_>) =
        in_vain(view).into_iter().partition(InVain::is_direct);
    // Clients that are asked for themselves share the cause; a gateway is a cause of its own.
    let mut groups: BTreeMap<bool, Vec<InVain<'_>>> = BTreeMap::new();
    for hop in direct {
        groups.entry(hop.answered).or_default().push(hop);
    }
    let groups = groups.into_values().chain(gateways.into_iter().map(|hop| vec![hop]));
    for group in groups {
        report(cases, &group);
    }
}

fn report(cases: &mut Cases, group: &[InVain<'_>]) {
    let Some(hop) = group.first() else { return };
    let direct = hop.is_direct();
    let handshakes: Vec<&Handshake> =
        group.iter().flat_map(|hop| hop.handshakes.iter().copied()).collect();
    let addresses: Vec<IpAddr> = group.iter().map(|hop| hop.address).collect();
    let peers = clients(&handshakes);
    let sample = handshakes[0];
    let protocol = if hop.address.is_ipv4() { "ARP" } else { "ND" };
    let case = cases.about(Subject::Host);
    case.headline(text![
        phrase::count(handshakes.len(), "connection", "connections"),
        " of ",
        phrase::name_peers(&peers),
        if handshakes.len() == 1 { " gets" } else { " get" },
        " no SYN-ACK: it waits for a next hop that is not found",
    ])
    .summary(match (hop.answered, direct) {
        (true, _) => text![
            phrase::name_peers(&addresses),
            if addresses.len() == 1 { " answers " } else { " answer " },
            protocol,
            ", and this host does not take the answers",
        ],
        (false, true) => text!["this host looks for the clients themselves by ", protocol],
        (false, false) => text!["the next hop ", hop.address, " does not answer ", protocol],
    })
    .arg("next_hops", Value::List(addresses.iter().copied().map(Value::Ip).collect()))
    .arg("is_gateway", Value::Flag(!direct));
    argue_questions(case, group, &addresses);
    let told = told(&handshakes);
    if told > 0 {
        // Decisive: the error quotes this SYN-ACK, so it was made; it went to nobody, and the address
        // that would take it is asked for in vain.
        case.supports(
            Weight::Decisive,
            Fact::new(
                Origin::Frames,
                "told-itself",
                text![
                    "the kernel tells its own TCP ",
                    phrase::count(told, "time", "times"),
                    " that a SYN-ACK could not be sent (ICMP, host unreachable)",
                ],
            )
            .with("icmp_error_count", Value::Number(told as u64)),
        );
    }
    argue_way(case, sample, direct);
    advise(case, sample, hop.address);
}

fn argue_questions(case: &mut Case, group: &[InVain<'_>], addresses: &[IpAddr]) {
    let asked: usize = group.iter().map(|hop| hop.asked_count).sum();
    let direct = group.iter().any(InVain::is_direct);
    let answered = group.iter().any(|hop| hop.answered);
    // What is asked for at the same time may be meant for somebody else; a client is not.
    let weight = if direct || answered || group.iter().all(|hop| hop.on_demand) {
        Weight::Strong
    } else {
        Weight::Weak
    };
    case.supports(
        weight,
        Fact::new(
            Origin::Frames,
            "asked-in-vain",
            text![
                phrase::count(asked, "question", "questions"),
                " for ",
                phrase::name_peers(addresses),
                if answered { " were answered, and asked again" } else { ", and no answer" },
            ],
        )
        .with("question_count", Value::Number(asked as u64))
        .recheck("tcpdump -eni any 'arp or icmp6'"),
    );
}

/// A SYN that crossed a router does not come from this wire.
fn argue_way(case: &mut Case, sample: &Handshake, direct: bool) {
    let Some(crossed) = routers_crossed(sample).filter(|&crossed| crossed > 0) else { return };
    let Some(syn) = sample.syns().next() else { return };
    let mut text = text!["the SYN of ", sample.flow.peer.ip, " came"];
    if let Some(mac) = syn.src_mac {
        text.push(text![" from ", mac]);
    }
    text.push(text![
        " with TTL ",
        syn.ttl,
        ": through ",
        phrase::count(crossed.into(), "router", "routers"),
    ]);
    if direct {
        text.push(
            ", so the client is not on this wire: a prefix or a route without gateway takes it for \
             a neighbour",
        );
    }
    case.supports(Weight::Weak, Fact::new(Origin::Frames, "way-of-the-syn", text));
}

fn advise(case: &mut Case, sample: &Handshake, hop: IpAddr) {
    let (peer, local) = (sample.flow.peer.ip, sample.flow.local.ip);
    case.action(Action {
        id: "see-next-hop",
        label: ActionLabel::Investigate,
        text: text![
            "on the host: which next hop does the reply take, and by which prefix or route"
        ],
        commands: vec![
            Command(format!("ip route get {peer} from {local}")),
            Command("ip addr; ip route; ip rule".to_owned()),
            Command(format!("ip neigh show {hop}")),
        ],
        verify: Text::new(),
    });
}

#[cfg(test)]
mod tests;
