//! What the answers to questions that were asked aloud say.

#[cfg(test)]
mod tests;

use std::net::{IpAddr, Ipv4Addr};

use crate::view::place;
use crate::{Family, Mac, Neighbour, Nud, ProbePurpose, ProbeSender, Probed, order};

/// The gateway that Calico gives its pods; no machine has it.
const CALICO_GATEWAY: IpAddr = IpAddr::V4(Ipv4Addr::new(169, 254, 1, 1));

/// Who has an address, in a word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ProbeWord {
    /// One machine says that it is its own.
    OneOwner,
    /// Several say so.
    DuplicateAddress,
    /// Somebody answers who answers for addresses of others.
    Proxy,
    /// No answer.
    Nobody,
}

impl ProbeWord {
    /// The word in reports and JSON.
    pub fn name(self) -> &'static str {
        match self {
            Self::OneOwner => "one-owner",
            Self::DuplicateAddress => "duplicate-address",
            Self::Proxy => "proxy",
            Self::Nobody => "nobody",
        }
    }
}

/// One of those who answered for an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Answerer {
    /// The link-layer address that it gives.
    pub mac: Mac,
    /// Answers.
    pub answer_count: u32,
    /// Questions that it was the first to answer.
    pub first_count: u32,
    /// Its shortest delay, in microseconds.
    pub fastest_us: u32,
    /// Its longest delay, in microseconds.
    pub slowest_us: u32,
    /// ND: the override flag of its first answer.
    pub overrides: Option<bool>,
    /// ND: the router flag of its first answer.
    pub router: Option<bool>,
    /// It answers for addresses of others.
    pub is_proxy: bool,
}

/// An address that was asked for, and who has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProbeView<'a> {
    /// The answers.
    pub probed: &'a Probed,
    /// Who has it.
    pub word: ProbeWord,
    /// It is an address of this host, which does not hear its own questions.
    pub is_own: bool,
    /// All who answered, in the order in which they were first.
    pub answerers: Vec<Answerer>,
    /// Least and greatest time in microseconds by which the first answer to a question came before
    /// that of another machine; `None` unless two answered one question.
    pub lead_us: Option<(u32, u32)>,
}

impl ProbeView<'_> {
    /// Those who answer for others.
    pub fn proxies(&self) -> impl Iterator<Item = &Answerer> {
        self.answerers.iter().filter(|answerer| answerer.is_proxy)
    }

    /// Those who say that the address is their own.
    pub fn owners(&self) -> impl Iterator<Item = &Answerer> {
        self.answerers.iter().filter(|answerer| !answerer.is_proxy)
    }

    /// True for a proxy that is part of how the network is built: the host side of Calico's cables.
    pub fn is_by_design(&self) -> bool {
        let calico = |answerer: &Answerer| answerer.mac.is_calico();
        self.word == ProbeWord::Proxy
            && (self.proxies().all(calico) || self.probed.target == CALICO_GATEWAY)
    }
}

/// All that was asked for, judged together. `is_own` is true for addresses of this host.
pub fn views(all: &[Probed], is_own: impl Fn(IpAddr) -> bool) -> Vec<ProbeView<'_>> {
    all.iter().map(|probed| view(all, probed, is_own(probed.target))).collect()
}

fn view<'a>(all: &[Probed], probed: &'a Probed, is_own: bool) -> ProbeView<'a> {
    let proxies = proxies(all, probed);
    let mut answerers: Vec<Answerer> = Vec::new();
    for answer in &probed.answers {
        let known = answerers.iter_mut().find(|answerer| answerer.mac == answer.mac);
        if let Some(known) = known {
            known.answer_count += 1;
            known.fastest_us = known.fastest_us.min(answer.delay_us);
            known.slowest_us = known.slowest_us.max(answer.delay_us);
            continue;
        }
        answerers.push(Answerer {
            mac: answer.mac,
            answer_count: 1,
            first_count: 0,
            fastest_us: answer.delay_us,
            slowest_us: answer.delay_us,
            overrides: answer.overrides,
            router: answer.router,
            is_proxy: proxies.contains(&answer.mac),
        });
    }
    let mut lead_us: Option<(u32, u32)> = None;
    for question in 1..=probed.question_count {
        let mut answers = probed.answers.iter().filter(|answer| answer.question == question);
        let Some(first) = answers.next() else { continue };
        for answerer in answerers.iter_mut().filter(|answerer| answerer.mac == first.mac) {
            answerer.first_count += 1;
        }
        if let Some(second) = answers.find(|answer| answer.mac != first.mac) {
            let lead = second.delay_us.saturating_sub(first.delay_us);
            let (least, most) = lead_us.unwrap_or((lead, lead));
            lead_us = Some((least.min(lead), most.max(lead)));
        }
    }
    // Stable: of two that were first as often, the one that was heard first stays first.
    order::sort_by_key(&mut answerers, |answerer| std::cmp::Reverse(answerer.first_count));
    let word = match (answerers.iter().filter(|answerer| !answerer.is_proxy).count(), is_own) {
        (0, true) if answerers.is_empty() => ProbeWord::OneOwner,
        (0, false) if answerers.is_empty() => ProbeWord::Nobody,
        _ if answerers.iter().any(|answerer| answerer.is_proxy) => ProbeWord::Proxy,
        (1, false) => ProbeWord::OneOwner,
        _ => ProbeWord::DuplicateAddress,
    };
    ProbeView { probed, word, is_own, answerers, lead_us }
}

/// Those of the answers for `probed` that are known to come from somebody who answers for others.
///
/// He answered for the addresses that nobody should own, all of those near the target: one of them can
/// belong to a machine with several addresses, of which no table told. Or, in ND, he did not set the
/// override flag, as owners do (RFC 4861, section 7.2.8). Or he has a MAC that no machine has.
pub fn proxies(all: &[Probed], probed: &Probed) -> Vec<Mac> {
    let mut found = Vec::new();
    for answer in &probed.answers {
        let mac = answer.mac;
        let is_proxy =
            || mac.is_calico() || yields(probed, mac) || answers_for_nobody(all, probed, mac);
        if !found.contains(&mac) && is_proxy() {
            found.push(mac);
        }
    }
    found
}

fn yields(probed: &Probed, mac: Mac) -> bool {
    let mut its = probed.answers.iter().filter(|answer| answer.mac == mac);
    its.all(|answer| answer.overrides == Some(false))
}

fn answers_for_nobody(all: &[Probed], probed: &Probed, mac: Mac) -> bool {
    let family = Family::of(probed.target);
    let of_wire =
        |other: &&Probed| other.ifindex == probed.ifindex && Family::of(other.target) == family;
    let answered = |other: &&Probed| other.answers.iter().any(|answer| answer.mac == mac);
    let unused = |other: &&Probed| other.purpose == ProbePurpose::Unused;
    let here = place(probed.target);
    let near: Vec<&Probed> = all
        .iter()
        .filter(of_wire)
        .filter(|other| unused(other) && here.contains(&other.target))
        .collect();
    let beside = |other: &&Probed| other.target != probed.target && answered(other);
    match near.as_slice() {
        [] => all.iter().filter(of_wire).filter(unused).any(|other| answered(&other)),
        // What answers for this one alone has it after all.
        [_] if unused(&probed) => all.iter().filter(of_wire).any(|other| beside(&other)),
        near => near.iter().all(answered),
    }
}

/// Somebody answered the kernel so long ago at most.
const ANSWERED_MS: u64 = 60_000;

fn has_answered(entry: &Neighbour) -> bool {
    let lately = entry.ages.is_some_and(|ages| ages.confirmed_ms <= ANSWERED_MS);
    let by_hand = matches!(entry.state, Nud::Permanent | Nud::NoArp | Nud::None);
    let resolved = entry.mac.is_some() && !entry.state.is_unresolved() && !by_hand;
    entry.state == Nud::Reachable || resolved && lately
}

/// Addresses from whose device no answer came at all, though the kernel's own entry says that somebody
/// does answer: the network lets no frames to made-up MACs pass. Empty when the MAC was the device's.
pub fn unheard(all: &[Probed], neighbours: &[Neighbour]) -> Vec<IpAddr> {
    let same_wire = |one: &Probed, other: &Probed| {
        one.ifindex == other.ifindex && Family::of(one.target) == Family::of(other.target)
    };
    let is_silent = |probed: &Probed| {
        all.iter().filter(|other| same_wire(probed, other)).all(|other| other.answers.is_empty())
    };
    let is_reachable = |probed: &Probed| {
        neighbours.iter().any(|entry| {
            entry.ifindex == probed.ifindex && entry.address == probed.target && has_answered(entry)
        })
    };
    all.iter()
        .filter(|probed| matches!(probed.sender, ProbeSender::Administered(_)))
        .filter(|probed| is_reachable(probed) && is_silent(probed))
        .map(|probed| probed.target)
        .collect()
}
