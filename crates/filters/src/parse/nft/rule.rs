//! A rule: its expressions run over registers of which only the meaning is known.

use std::collections::HashMap;

use synrecv_model::{FilterRule, Foreign, RuleVerdict, Term, Test};
use synrecv_netlink::{Attributes, Undecodable};

use super::Name;
use super::condition::{self, Condition, Operator};
use super::register::{Content, Registers};
use super::selector::{
    Header, Kind, Load, META_IIFTYPE, META_L4PROTO, META_NFPROTO, META_PROTOCOL, Piece, Subject,
};
use super::set::{Set, verdict_text};
use super::statement::{self, Effect};
use super::value::DeviceNames;
use crate::parse::fields::Fields;
use crate::parse::words::{ADDRESS_TYPES, PRESENCE};
use crate::parse::{UNKNOWN, xt};

/// Elements of a set that are written out.
const SHOWN_MAX: usize = 32;
/// Different verdicts of a map that are kept apart.
const BRANCHES_MAX: usize = 1024;

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
enum Implied {
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
    transport: Option<u8>,
    words: Vec<Word>,
    terms: Vec<Term>,
    verdict: RuleVerdict,
    /// Something that may have decided was not understood.
    unknown: bool,
    /// Packets of the last counter, and how many terms were before it.
    counted: Option<(u64, usize)>,
    lower: Option<Lower>,
    /// What a verdict map does for which keys.
    branches: Vec<(Vec<Term>, RuleVerdict)>,
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

    /// An expression that reads something into a register, with the register.
    fn load(&mut self, name: &str, data: &Fields<'_>) -> Option<(u32, Load)> {
        let number = |kind| data.be32(kind);
        let load = match name {
            "meta" => (number(1)?, Load::meta(number(2)?)?),
            "ct" => (number(1)?, Load::conntrack(number(2)?, data.u8(3))?),
            "payload" => (number(1)?, self.payload(data)?),
            "fib" => (number(1)?, fib(number(2)?, number(3)?)),
            "exthdr" => (number(1)?, extension(data)?),
            "rt" => (number(1)?, named("rt ...", 16)),
            "socket" => (number(2)?, named("socket ...", 8)),
            "numgen" => (number(1)?, named("numgen ...", 4)),
            "hash" => (number(2)?, named("hash ...", 4)),
            "osf" => (number(1)?, named("osf ...", 16)),
            "xfrm" => (number(1)?, named("ipsec ...", 16)),
            "tunnel" => (number(2)?, named("tunnel ...", 4)),
            _ => return None,
        };
        Some(load)
    }

    fn payload(&mut self, data: &Fields<'_>) -> Option<Load> {
        let (base, offset) = (data.be32(2)?, data.be32(3)?);
        let len = usize::try_from(data.be32(4)?).ok()?;
        let header = match (base, self.ip_version, self.transport) {
            (0, ..) => Some(Header::Ether),
            (1, Some(4), _) => Some(Header::Ip),
            (1, Some(6), _) => Some(Header::Ip6),
            (1, None, _) if self.scope.family == super::NFPROTO_ARP => Some(Header::Arp),
            (2, _, Some(6)) => Some(Header::Tcp),
            (2, _, Some(17)) => Some(Header::Udp),
            (2, _, Some(1)) => Some(Header::Icmp),
            (2, _, Some(58)) => Some(Header::Icmp6),
            (2, ..) => Some(Header::Transport),
            _ => None,
        };
        if let Some(header) = header
            && let Some(load) = Load::payload(header, offset, len)
        {
            self.drop_implied(match header {
                Header::Ether => &[Implied::Link],
                Header::Ip | Header::Ip6 => &[Implied::Network],
                Header::Icmp | Header::Icmp6 => &[Implied::Network, Implied::Transport],
                Header::Tcp | Header::Udp => &[Implied::Transport],
                Header::Arp | Header::Transport => &[],
            });
            return Some(load);
        }
        let base = ["ll", "nh", "th", "ih"].get(usize::try_from(base).ok()?)?;
        let name = format!("@{base},{},{}", offset.checked_mul(8)?, len.checked_mul(8)?);
        Some(Load::one(Piece::named(name, len), true))
    }

    fn drop_implied(&mut self, kinds: &[Implied]) {
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

    fn not_understood(&mut self) {
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

    fn look_up(&mut self, data: &Fields<'_>) {
        let name = data.text(1).unwrap_or_default();
        let key = (self.scope.family, self.scope.table.to_owned(), name);
        let set = self.scope.sets.get(&key);
        let to = data.be32(3);
        let loads = match (set, data.be32(2)) {
            (Some(set), Some(register)) => self.registers.key(register, set.key_len),
            _ => None,
        };
        let (Some(set), Some(loads)) = (set, loads) else {
            self.unknown |= to == Some(NFT_REG_VERDICT);
            if to.is_some() {
                self.registers.forget();
            }
            return self.not_understood();
        };
        let negated = data.be32(5).unwrap_or(0) & 1 != 0;
        let loads: Vec<Load> = loads.into_iter().cloned().collect();
        let found = Found { set, name: &key.2, loads: loads.iter().collect() };
        let left = condition::key_text(&found.loads);
        let devices = self.scope.devices;
        match to {
            None => {
                let symbol = if negated { "!= " } else { "" };
                self.say(format!("{left} {symbol}{}", found.text(devices)));
                self.terms.extend(found.terms(negated, devices));
            }
            Some(NFT_REG_VERDICT) => {
                self.say(format!("{left} vmap {}", found.text(devices)));
                match found.branches(devices) {
                    Some(branches) => self.branches = branches,
                    None => {
                        self.terms.push(UNKNOWN);
                        self.unknown = true;
                    }
                }
            }
            Some(to) => {
                let name =
                    format!("{left} map {}", if set.is_anonymous() { "{ ... }" } else { &key.2 });
                self.terms.push(UNKNOWN);
                self.registers.put(to, Content::Load(named(&name, set.data_len)));
            }
        }
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

/// A set that a rule looks something up in.
struct Found<'a> {
    set: &'a Set,
    name: &'a str,
    loads: Vec<&'a Load>,
}

impl Found<'_> {
    fn text(&self, devices: DeviceNames<'_>) -> String {
        if !self.set.is_anonymous() {
            return format!("@{}", self.name);
        }
        let Some(entries) = &self.set.entries else { return "{ ... }".to_owned() };
        let entry = |entry: &super::set::Entry| {
            let key = condition::range_of_key(&self.loads, (&entry.low, &entry.high), devices);
            match &entry.verdict {
                Some(verdict) => format!("{key} : {}", verdict_text(verdict)),
                None => key,
            }
        };
        let mut shown: Vec<String> = entries.iter().take(SHOWN_MAX).map(entry).collect();
        shown.extend((entries.len() > SHOWN_MAX).then(|| "...".to_owned()));
        shown.extend(self.set.otherwise.as_ref().map(|v| format!("* : {}", verdict_text(v))));
        format!("{{ {} }}", shown.join(", "))
    }

    fn terms(&self, negated: bool, devices: DeviceNames<'_>) -> Vec<Term> {
        match &self.set.entries {
            Some(entries) => {
                let ranges: Vec<_> =
                    entries.iter().map(|e| (e.low.as_slice(), e.high.as_slice())).collect();
                condition::among(&self.loads, &ranges, negated, devices)
            }
            None => vec![UNKNOWN],
        }
    }

    /// What it does for which keys; `None` when that was not read or is too much.
    fn branches(&self, devices: DeviceNames<'_>) -> Option<Vec<(Vec<Term>, RuleVerdict)>> {
        let mut groups: Vec<(RuleVerdict, Vec<condition::Range<'_>>)> = Vec::new();
        let mut places: HashMap<String, usize> = HashMap::new();
        for entry in self.set.entries.as_ref()? {
            let verdict = entry.verdict.clone()?;
            let range = (entry.low.as_slice(), entry.high.as_slice());
            let place = *places.entry(verdict_text(&verdict)).or_insert(groups.len());
            match groups.get_mut(place) {
                Some((_, ranges)) => ranges.push(range),
                None => groups.push((verdict, vec![range])),
            }
        }
        if groups.len() > BRANCHES_MAX {
            return None;
        }
        let branch = |(verdict, ranges): (RuleVerdict, Vec<_>)| {
            (condition::among(&self.loads, &ranges, false, devices), verdict)
        };
        let mut branches: Vec<_> = groups.into_iter().map(branch).collect();
        branches.extend(self.set.otherwise.clone().map(|verdict| (vec![UNKNOWN], verdict)));
        Some(branches)
    }
}

fn named(name: &str, len: usize) -> Load {
    Load::one(Piece::named(name.to_owned(), len), false)
}

/// What `nft` would have added this comparison for.
fn implied_by(load: &Load) -> Option<Implied> {
    let [piece] = load.pieces.as_slice() else { return None };
    let is =
        |key| Load::meta(key).is_some_and(|load| load.pieces.iter().all(|p| p.name == piece.name));
    if is(META_NFPROTO) || is(META_PROTOCOL) {
        Some(Implied::Network)
    } else if is(META_L4PROTO) {
        Some(Implied::Transport)
    } else {
        is(META_IIFTYPE).then_some(Implied::Link)
    }
}

/// The first bytes of what was loaded, where a comparison looks at fewer.
fn cut(mut load: Load, len: usize) -> Load {
    if let [piece] = load.pieces.as_mut_slice() {
        piece.len = piece.len.min(len);
    }
    load
}

/// `fib`: flags say what is looked up, the result what of the answer is taken.
fn fib(result: u32, flags: u32) -> Load {
    const RESULT_TYPE: u32 = 3;
    const SOURCE: u32 = 1;
    const PRESENT: u32 = 32;
    let keys = [(1, "saddr"), (2, "daddr"), (4, "mark"), (8, "iif"), (16, "oif")];
    let keys: Vec<&str> =
        keys.iter().filter(|(bit, _)| flags & bit != 0).map(|(_, name)| *name).collect();
    let what = match result {
        1 => "oif",
        2 => "oifname",
        _ => "type",
    };
    let (kind, len) = match (result, flags & PRESENT != 0) {
        (RESULT_TYPE, _) => (Kind::Words(ADDRESS_TYPES), 4),
        (_, true) => (Kind::Words(PRESENCE), 1),
        (1, false) => (Kind::Device, 4),
        _ => (Kind::Name, 16),
    };
    let is_way_back = flags & SOURCE != 0 && kind != Kind::Name && result != RESULT_TYPE;
    let subject = if is_way_back { Subject::ReversePath } else { Subject::Nothing };
    let name = format!("fib {} {what}", keys.join(" . ")).into();
    Load::one(Piece { name, kind, subject, len, whole: len }, false)
}

/// An extension header of IPv6 or an option of TCP.
fn extension(data: &Fields<'_>) -> Option<Load> {
    let (kind, offset) = (data.u8(2)?, data.be32(3)?);
    let len = usize::try_from(data.be32(4)?).ok()?;
    let what = if data.be32(6) == Some(1) { "tcp option" } else { "exthdr" };
    let present = data.be32(5).unwrap_or(0) & 1 != 0;
    if present {
        let name = format!("{what} {kind}").into();
        let (kind, subject) = (Kind::Words(PRESENCE), Subject::Nothing);
        return Some(Load::one(Piece { name, kind, subject, len: 1, whole: 1 }, false));
    }
    let name = format!("{what} @{kind},{},{}", offset.checked_mul(8)?, len.checked_mul(8)?);
    let (kind, subject) = (Kind::Number, Subject::Nothing);
    Some(Load::one(Piece { name: name.into(), kind, subject, len, whole: len }, true))
}
