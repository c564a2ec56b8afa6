//! From where a chain is called.

use std::collections::BTreeSet;

use crate::{BaseChain, FilterChain, RuleVerdict};

/// The bindings of the base chains from which a chain is reached by jumps, itself included if it is
/// one, in order of their chains. A table that is not called at all has none.
pub fn bases<'a>(chains: &'a [FilterChain], chain: &FilterChain) -> Vec<&'a BaseChain> {
    let same_table = |other: &FilterChain| {
        (other.system, other.family, &other.table) == (chain.system, chain.family, &chain.table)
    };
    let table: Vec<&FilterChain> = chains.iter().filter(|other| same_table(other)).collect();
    let mut found = BTreeSet::new();
    let mut wanted = vec![&chain.name];
    while let Some(name) = wanted.pop() {
        for (at, caller) in table.iter().enumerate() {
            let calls = caller.rules.iter().any(|rule| match &rule.verdict {
                RuleVerdict::Jump(target) | RuleVerdict::Goto(target) => target == name,
                _ => false,
            });
            // Each chain is followed once, so that a circle ends.
            if (calls || (caller.name == *name && *name == chain.name)) && found.insert(at) {
                wanted.push(&caller.name);
            }
        }
    }
    found.into_iter().filter_map(|at| table.get(at)?.base.as_ref()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{ChainKind, FilterFamily, FilterRule, FilterSystem, Foreign, Hook};

    fn chain(table: &str, name: &str, hook: Option<Hook>, calls: &[&str]) -> FilterChain {
        let rule = |target: &&str| FilterRule {
            handle: 1,
            text: Foreign(String::new()),
            terms: Vec::new(),
            verdict: RuleVerdict::Jump(Foreign((*target).into())),
            packet_count: None,
        };
        FilterChain {
            system: FilterSystem::Nftables,
            family: FilterFamily::Inet,
            table: Foreign(table.into()),
            name: Foreign(name.into()),
            base: hook.map(|hook| BaseChain {
                hook,
                priority: 0,
                kind: ChainKind::Filter,
                policy: RuleVerdict::Accept,
                policy_packet_count: None,
                devices: Vec::new(),
            }),
            rules: calls.iter().map(rule).collect(),
        }
    }

    #[test]
    fn chains_are_followed_up_to_their_hooks() {
        let chains = [
            chain("t", "in", Some(Hook::Input), &["a"]),
            chain("t", "out", Some(Hook::Output), &["b"]),
            chain("t", "forward", Some(Hook::Forward), &[]),
            chain("t", "a", None, &["b", "a"]),
            chain("t", "b", None, &["c"]),
            chain("t", "c", None, &["a"]),
            chain("t", "unused", None, &["c"]),
            chain("other", "in", Some(Hook::Prerouting), &["b"]),
        ];
        let hooks = |at: usize| -> Vec<Hook> {
            bases(&chains, &chains[at]).iter().map(|base| base.hook).collect()
        };
        assert_eq!(hooks(0), [Hook::Input]);
        assert_eq!(hooks(3), [Hook::Input, Hook::Output]);
        assert_eq!(hooks(4), [Hook::Input, Hook::Output]);
        assert_eq!(hooks(2), [Hook::Forward]);
        assert_eq!(hooks(6), []);
    }
}
