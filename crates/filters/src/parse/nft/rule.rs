//! A rule: its expressions run over registers of which only the meaning is known.

use std::collections::HashMap;

use synrecv_model::{FilterRule, Foreign, RuleVerdict, Term, Test};
use synrecv_netlink::{Attributes, Undecodable};

use super::Name;
use super::condition::{self, Condition, Operator};
use super::load::named;
use super::register::{Content, Registers};
use super::selector::{Load, META_IIFTYPE, META_L4PROTO, Subject};
use super::set::{Set, verdict_text};
use super::statement::{self, Effect};
use super::value::DeviceNames;
use crate::parse::fields::Fields;
use crate::parse::{UNKNOWN, xt};

const NFT_REG_VERDICT: u32 = 0;

/// What a rule can refer to.
pub(super) struct Scope<'a> {
    pub(super) family: u8,
    pub(super) table: &'a str,
    pub(super) sets: &'a HashMap<Name, Set>,
    pub(super) devices: DeviceNames<'a>,
}

/// A condition that `nft` adds by itself, and leaves out again when what follows implies it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Implied {
    Link,
    Network,
    Transport,
}

struct Word {
    text: String,
    implied: Option<Implied>,
}

/// `>=` of a range whose `<=` may follow.
struct Lower {
    register: u32,
    value: Vec<u8>,
    words: usize,
    terms: usize,
}

pub(super) struct Reading<'a> {
    pub(super) scope: &'a Scope<'a>,
    pub(super) registers: Registers,
    /// 4 or 6 once it is known which.
    pub(super) ip_version: Option<u8>,
    pub(super) transport: Option<u8>,
    words: Vec<Word>,
    pub(super) terms: Vec<Term>,
    verdict: RuleVerdict,
    /// Something that may have decided was not understood.
    pub(super) unknown: bool,
    /// Packets of the last counter, and how many terms were before it.
    counted: Option<(u64, usize)>,
    lower: Option<Lower>,
    /// What a verdict map does for which keys.
    pub(super) branches: Vec<(Vec<Term>, RuleVerdict)>,
}

/// The rule of a NFT_MSG_NEWRULE: one, or one for each verdict of its verdict map.
pub(super) fn parse(
    fields: &Fields<'_>,
    scope: &Scope<'_>,
) -> Result<Vec<FilterRule>, Undecodable> {
    let handle =
        fields.be64(3).ok_or_else(|| Undecodable::new("nftables rule without a handle"))?;
    let mut reading = Reading {
        scope,
        registers: Registers::default(),
        ip_version: match scope.family {
            2 => Some(4),
            10 => Some(6),
            _ => None,
        },
        transport: None,
        words: Vec::new(),
        terms: Vec::new(),
        verdict: RuleVerdict::Continue,
        unknown: false,
        counted: None,
        lower: None,
        branches: Vec::new(),
    };
    for element in Attributes::new(fields.bytes(4).unwrap_or_default()) {
        let expression = Fields::of(element?.nested())?;
        let name = expression.text(1).unwrap_or_default();
        let data = expression.nested(2)?.map_or_else(|| Fields::new(&[]), Ok)?;
        reading.expression(&name, &data)?;
    }
    if let Some(comment) = fields.bytes(7).and_then(comment) {
        reading.say(format!("comment \"{comment}\""));
    }
    Ok(reading.finish(handle))
}

/// The comment in NFTA_RULE_USERDATA, where `nft` and `iptables-nft` keep it: type 0, length, text.
fn comment(mut data: &[u8]) -> Option<String> {
    while let [kind, len, rest @ ..] = data {
        let value = rest.get(..usize::from(*len))?;
        if *kind == 0 {
            return Some(crate::parse::fields::text(value));
        }
        data = rest.get(usize::from(*len)..)?;
    }
    None
}

impl Reading<'_> {
    pub(super) fn say(&mut self, text: String) {
        self.words.push(Word { text, implied: None });
    }

    fn expression(&mut self, name: &str, data: &Fields<'_>) -> Result<(), Undecodable> {
        let lower = self.lower.take();
        let number = |kind| data.be32(kind);
        match name {
            "cmp" => self.compare(data, lower),
            "range" => self.range(data),
            "lookup" => self.look_up(data),
            "bitwise" => self.bitwise(data),
            "byteorder" => {
                let load = number(1).and_then(|register| self.registers.load(register)).cloned();
                if let (Some(mut load), Some(to)) = (load, number(2)) {
                    load.big_endian = number(3) == Some(1);
                    self.registers.put(to, Content::Load(load));
                } else {
                    self.registers.forget();
                }
            }
            "immediate" => self.immediate(data)?,
            "counter" => {
                self.counted = data.be64(2).map(|packets| (packets, self.terms.len()));
                self.say("counter".to_owned());
            }
            "match" => {
                let name = data.text(1).unwrap_or_default();
                let revision = number(2).unwrap_or(0);
                let info = data.bytes(3).unwrap_or_default();
                let found = xt::matched(&name, revision, info, self.ip_version);
                self.say(found.text);
                self.terms.extend(found.terms);
            }
            "target" => {
                let name = data.text(1).unwrap_or_default();
                let revision = number(2).unwrap_or(0);
                let info = data.bytes(3).unwrap_or_default();
                let (text, verdict) = xt::target(&name, revision, info, self.ip_version);
                self.say(text);
                self.decide(verdict);
            }
            _ => self.other(name, data),
        }
        Ok(())
    }

    fn other(&mut self, name: &str, data: &Fields<'_>) {
        if let Some((to, load)) = self.load(name, data) {
            self.registers.put(to, Content::Load(load));
            return;
        }
        if name == "reject" && data.be32(1) == Some(0) {
            // An ICMP error is one of a certain version.
            self.drop_implied(&[Implied::Network]);
        }
        match statement::statement(self, name, data) {
            Some((text, effect)) => {
                self.say(text);
                match effect {
                    Effect::None => {}
                    Effect::Condition => self.terms.push(UNKNOWN),
                    Effect::Verdict(verdict) => self.decide(verdict),
                }
            }
            None => {
                self.say("...".to_owned());
                self.terms.push(UNKNOWN);
                self.unknown = true;
                self.registers.forget();
            }
        }
    }

    fn decide(&mut self, verdict: RuleVerdict) {
        if verdict != RuleVerdict::Continue {
            self.verdict = verdict;
        }
    }

    pub(super) fn drop_implied(&mut self, kinds: &[Implied]) {
        self.words.retain(|word| word.implied.is_none_or(|implied| !kinds.contains(&implied)));
    }

    /// Adds what a comparison says, and learns the protocols from it.
    fn add(&mut self, condition: Condition, implied: Option<Implied>) {
        for term in condition.terms.iter().filter(|term| !term.negated) {
            match &term.test {
                Test::IpVersion(version @ (4 | 6)) => self.ip_version = Some(*version),
                Test::Protocol(protocols) => {
                    if let [protocol] = protocols.as_slice() {
                        self.transport = Some(*protocol);
                    }
                }
                _ => {}
            }
        }
        self.words.push(Word { text: condition.text, implied });
        self.terms.extend(condition.terms);
    }

    pub(super) fn not_understood(&mut self) {
        self.say("...".to_owned());
        self.terms.push(UNKNOWN);
    }

    fn compare(&mut self, data: &Fields<'_>, lower: Option<Lower>) {
        let operator = data.be32(2).and_then(Operator::from_number);
        let (Some(register), Some(operator), Some(value)) = (data.be32(1), operator, data.data(3))
        else {
            return self.not_understood();
        };
        let Some(load) = self.registers.load(register).cloned() else {
            return self.not_understood();
        };
        if let Some(lower) = lower
            && (lower.register, operator) == (register, Operator::LessOrEqual)
        {
            let range = (lower.value.as_slice(), value);
            let condition = condition::between(&load, range, false, self.scope.devices);
            self.words.truncate(lower.words);
            self.terms.truncate(lower.terms);
            return self.add(condition, None);
        }
        if operator == Operator::GreaterOrEqual {
            let (words, terms) = (self.words.len(), self.terms.len());
            self.lower = Some(Lower { register, value: value.to_vec(), words, terms });
        }
        let implied = implied_by(&load).filter(|_| operator == Operator::Equal);
        let load = cut(load, value.len());
        let condition = condition::compare(&load, operator, value, self.scope.devices);
        self.add(condition, implied);
    }

    fn range(&mut self, data: &Fields<'_>) {
        let ends = (data.data(3), data.data(4));
        let load = data.be32(1).and_then(|register| self.registers.load(register));
        let (Some(load), (Some(low), Some(high))) = (load, ends) else {
            return self.not_understood();
        };
        let negated = data.be32(2) == Some(1);
        let condition = condition::between(load, (low, high), negated, self.scope.devices);
        self.add(condition, None);
    }

    fn bitwise(&mut self, data: &Fields<'_>) {
        let (Some(from), Some(to)) = (data.be32(1), data.be32(2)) else {
            return self.registers.forget();
        };
        let len = data.be32(3).and_then(|len| usize::try_from(len).ok()).unwrap_or(16);
        let only_mask = data.be32(6).unwrap_or(0) == 0
            && data.data(5).is_some_and(|xor| xor.iter().all(|byte| *byte == 0));
        let content = match (self.registers.load(from), data.data(4)) {
            (Some(load), Some(mask)) if only_mask && load.mask.is_none() => {
                Load { mask: Some(mask.to_vec()), ..load.clone() }
            }
            (Some(load), _) => named(&format!("({} ...)", condition::key_text(&[load])), len),
            (None, _) => named("...", len),
        };
        self.registers.put(to, Content::Load(content));
    }

    fn immediate(&mut self, data: &Fields<'_>) -> Result<(), Undecodable> {
        let Some(to) = data.be32(1) else {
            self.not_understood();
            return Ok(());
        };
        if to != NFT_REG_VERDICT {
            match data.data(2) {
                Some(value) => self.registers.put(to, Content::Data(value.to_vec())),
                None => self.registers.forget(),
            }
            return Ok(());
        }
        let value = data.nested(2)?.and_then(|value| value.bytes(2));
        let verdict = value.map(super::verdict).transpose()?.unwrap_or(RuleVerdict::Unknown);
        self.say(verdict_text(&verdict));
        self.decide(verdict);
        Ok(())
    }

    fn finish(self, handle: u64) -> Vec<FilterRule> {
        let texts: Vec<String> = self.words.into_iter().map(|word| word.text).collect();
        let text = Foreign(texts.join(" "));
        let counted = self.counted.filter(|(_, terms)| *terms == self.terms.len());
        if !self.branches.is_empty() && !self.unknown {
            let rule = |(terms, verdict)| FilterRule {
                handle,
                text: text.clone(),
                terms: [self.terms.clone(), terms].concat(),
                verdict,
                packet_count: None,
            };
            return self.branches.into_iter().map(rule).collect();
        }
        let verdict = if self.unknown { RuleVerdict::Unknown } else { self.verdict };
        let packet_count = counted.map(|(packets, _)| packets);
        vec![FilterRule { handle, text, terms: self.terms, verdict, packet_count }]
    }
}

/// What `nft` would have added this comparison for.
fn implied_by(load: &Load) -> Option<Implied> {
    let [piece] = load.pieces.as_slice() else { return None };
    let is =
        |key| Load::meta(key).is_some_and(|load| load.pieces.iter().all(|p| p.name == piece.name));
    match piece.subject {
        Subject::IpVersion | Subject::EtherType => Some(Implied::Network),
        Subject::Protocol if is(META_L4PROTO) => Some(Implied::Transport),
        _ => is(META_IIFTYPE).then_some(Implied::Link),
    }
}

/// The first bytes of what was loaded, where a comparison looks at fewer.
fn cut(mut load: Load, len: usize) -> Load {
    if let [piece] = load.pieces.as_mut_slice() {
        piece.len = piece.len.min(len);
    }
    load
}
