//! Chains as they are put together from lines.

use synrecv_model::{
    BaseChain, ChainKind, FilterChain, FilterFamily, FilterRule, FilterSystem, Foreign, Hook,
    RuleVerdict, Term,
};

/// A rule before its target is known to be a chain.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Draft {
    pub(super) target: Option<String>,
    pub(super) goto: bool,
    pub(super) terms: Vec<Term>,
    pub(super) text: String,
    pub(super) packets: Option<u64>,
}

/// A chain with what its first line says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Chain {
    pub(super) name: String,
    pub(super) policy: Option<String>,
    pub(super) policy_packets: Option<u64>,
    pub(super) rules: Vec<Draft>,
}

/// A table of one family.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Table {
    /// `None` when it is only known by its chains.
    pub(super) name: Option<String>,
    pub(super) is_v6: bool,
    pub(super) system: FilterSystem,
    pub(super) chains: Vec<Chain>,
}

impl Table {
    /// The chain of this name, made when it is not there.
    pub(super) fn chain(&mut self, name: &str) -> &mut Chain {
        let place = self.chains.iter().position(|chain| chain.name == name);
        let place = place.unwrap_or_else(|| {
            self.chains.push(Chain { name: name.to_owned(), ..Chain::default() });
            self.chains.len() - 1
        });
        // The place is one of the list, whichever way it was found.
        &mut self.chains[place]
    }

    pub(super) fn has(&self, name: &str) -> bool {
        self.chains.iter().any(|chain| chain.name == name)
    }

    /// The name of the table, by its base chains where nothing else tells it.
    pub(super) fn name(&self) -> &str {
        let [forward, prerouting, postrouting, output] =
            ["FORWARD", "PREROUTING", "POSTROUTING", "OUTPUT"].map(|name| self.has(name));
        match &self.name {
            Some(name) => name,
            None if forward && prerouting => "mangle",
            None if postrouting && !forward => "nat",
            None if prerouting && output => "raw",
            None => "filter",
        }
    }

    /// The chains as the kernel's readers make them.
    pub(super) fn into_chains(self) -> Vec<FilterChain> {
        let table = self.name().to_owned();
        let names: Vec<String> = self.chains.iter().map(|chain| chain.name.clone()).collect();
        let family = if self.is_v6 { FilterFamily::Ip6 } else { FilterFamily::Ip };
        let system = self.system;
        let chain = |chain: Chain| FilterChain {
            system,
            family,
            table: Foreign(table.clone()),
            base: base(&table, &chain),
            rules: (1..).zip(chain.rules).map(|(at, draft)| rule(at, draft, &names)).collect(),
            name: Foreign(chain.name),
        };
        self.chains.into_iter().map(chain).collect()
    }
}

/// The hook of a chain by its name.
fn hook(name: &str) -> Option<Hook> {
    Some(match name {
        "PREROUTING" => Hook::Prerouting,
        "INPUT" => Hook::Input,
        "FORWARD" => Hook::Forward,
        "OUTPUT" => Hook::Output,
        "POSTROUTING" => Hook::Postrouting,
        _ => return None,
    })
}

/// How a chain is bound: `NF_IP_PRI_*`.
fn base(table: &str, chain: &Chain) -> Option<BaseChain> {
    let hook = hook(&chain.name)?;
    let (priority, kind) = match (table, hook) {
        ("raw", _) => (-300, ChainKind::Filter),
        ("mangle", Hook::Output) => (-150, ChainKind::Route),
        ("mangle", _) => (-150, ChainKind::Filter),
        ("nat", Hook::Prerouting | Hook::Output) => (-100, ChainKind::Nat),
        ("nat", _) => (100, ChainKind::Nat),
        ("security", _) => (50, ChainKind::Filter),
        _ => (0, ChainKind::Filter),
    };
    let policy = match chain.policy.as_deref() {
        Some("DROP") => RuleVerdict::Drop,
        _ => RuleVerdict::Accept,
    };
    let policy_packet_count = chain.policy_packets;
    Some(BaseChain { hook, priority, kind, policy, policy_packet_count, devices: Vec::new() })
}

fn rule(handle: u64, draft: Draft, chains: &[String]) -> FilterRule {
    FilterRule {
        handle,
        verdict: verdict(draft.target.as_deref(), draft.goto, chains),
        text: Foreign(draft.text),
        terms: draft.terms,
        packet_count: draft.packets,
    }
}

fn verdict(target: Option<&str>, goto: bool, chains: &[String]) -> RuleVerdict {
    let Some(target) = target else { return RuleVerdict::Continue };
    let chain = || Foreign(target.to_owned());
    match target {
        _ if goto => RuleVerdict::Goto(chain()),
        _ if chains.iter().any(|name| name == target) => RuleVerdict::Jump(chain()),
        // What is no target is a chain that was not pasted.
        _ => RuleVerdict::of_xt_target(target).unwrap_or_else(|| RuleVerdict::Jump(chain())),
    }
}
