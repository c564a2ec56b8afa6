//! Look-ups in sets and maps.

use std::collections::HashMap;

use synrecv_model::{RuleVerdict, Term};

use super::condition;
use super::load::named;
use super::register::Content;
use super::rule::Reading;
use super::selector::Load;
use super::set::{Entry, Set, verdict_text};
use super::value::DeviceNames;
use crate::parse::UNKNOWN;
use crate::parse::fields::Fields;

/// Elements of a set that are written out.
const SHOWN_MAX: usize = 32;
/// Different verdicts of a map that are kept apart.
const BRANCHES_MAX: usize = 1024;

const NFT_REG_VERDICT: u32 = 0;

impl Reading<'_> {
    pub(super) fn look_up(&mut self, data: &Fields<'_>) {
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
        let entry = |entry: &Entry| {
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
