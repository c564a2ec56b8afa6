//! Counters of rules at two moments.

use std::collections::{BTreeMap, HashMap, VecDeque};

use synrecv_model::{FilterChain, RuleDelta, RuleId};

/// What is counted at one place.
struct Counted<'a> {
    packets: u64,
    /// What the rule says; empty for a policy.
    text: &'a str,
}

/// Rules and policies that matched packets between two readings, in order; the policy of a chain has
/// the handle 0.
///
/// A counter that went backwards was reset in between: it then counts from 0. A rule that is new
/// counts from that of a rule which went away from the same chain and says the same, because a
/// reload makes every rule anew, with its counter or without; otherwise from 0. The rules of x_tables
/// have no handles but places, so that one which says something else is another rule.
pub fn moved(before: &[FilterChain], after: &[FilterChain]) -> Vec<RuleDelta> {
    let old = counted(before);
    let new = counted(after);
    let same = |id: &RuleId, rule: &Counted<'_>, others: &BTreeMap<RuleId, Counted<'_>>| {
        others.get(id).is_some_and(|other| other.text == rule.text)
    };

    let mut gone: HashMap<(RuleId, &str), VecDeque<u64>> = HashMap::new();
    for (id, rule) in old.iter().filter(|(id, rule)| !same(id, rule, &new)) {
        gone.entry((chain_of(id), rule.text)).or_default().push_back(rule.packets);
    }
    let mut deltas = Vec::new();
    for (id, rule) in &new {
        let start = if same(id, rule, &old) {
            old.get(id).map(|other| other.packets)
        } else {
            gone.get_mut(&(chain_of(id), rule.text)).and_then(VecDeque::pop_front)
        };
        let start = start.filter(|start| *start <= rule.packets).unwrap_or(0);
        let packet_count = rule.packets - start;
        if packet_count > 0 {
            deltas.push(RuleDelta { rule: id.clone(), packet_count });
        }
    }
    deltas
}

/// The chain of a rule, as the id of its policy.
fn chain_of(id: &RuleId) -> RuleId {
    RuleId { handle: 0, ..id.clone() }
}

fn counted(chains: &[FilterChain]) -> BTreeMap<RuleId, Counted<'_>> {
    let mut all = BTreeMap::new();
    for chain in chains {
        let id = |handle| RuleId {
            system: chain.system,
            family: chain.family,
            table: chain.table.clone(),
            chain: chain.name.clone(),
            handle,
        };
        if let Some(packets) = chain.base.as_ref().and_then(|base| base.policy_packet_count) {
            all.insert(id(0), Counted { packets, text: "" });
        }
        for rule in &chain.rules {
            if let Some(packets) = rule.packet_count {
                all.insert(id(rule.handle), Counted { packets, text: &rule.text.0 });
            }
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use synrecv_model::{
        BaseChain, ChainKind, FilterFamily, FilterRule, FilterSystem, Foreign, Hook, RuleVerdict,
    };

    use super::*;

    /// Rules by handle, text and counter; the last is that of the policy.
    fn chain(
        system: FilterSystem,
        rules: &[(u64, &str, Option<u64>)],
        policy: Option<u64>,
    ) -> FilterChain {
        FilterChain {
            system,
            family: FilterFamily::Ip,
            table: Foreign("filter".into()),
            name: Foreign("INPUT".into()),
            base: Some(BaseChain {
                hook: Hook::Input,
                priority: 0,
                kind: ChainKind::Filter,
                policy: RuleVerdict::Drop,
                policy_packet_count: policy,
                devices: Vec::new(),
            }),
            rules: rules
                .iter()
                .map(|&(handle, text, packet_count)| FilterRule {
                    handle,
                    text: Foreign(text.into()),
                    terms: Vec::new(),
                    verdict: RuleVerdict::Drop,
                    packet_count,
                })
                .collect(),
        }
    }

    #[track_caller]
    fn check(before: FilterChain, after: FilterChain, expected: &[(u64, u64)]) {
        let deltas = moved(&[before], &[after]);
        let found: Vec<_> = deltas.iter().map(|d| (d.rule.handle, d.packet_count)).collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn only_what_moved_is_named() {
        let nft = |rules: &[_], policy| chain(FilterSystem::Nftables, rules, policy);
        check(
            nft(&[(4, "a", Some(5)), (7, "b", Some(0)), (9, "c", None)], Some(1)),
            nft(&[(4, "a", Some(5)), (7, "b", Some(3)), (9, "c", None)], Some(3)),
            &[(0, 2), (7, 3)],
        );
    }

    #[test]
    fn a_reset_counter_counts_from_zero() {
        let nft = |count| chain(FilterSystem::Nftables, &[(4, "a", Some(count))], None);
        check(nft(100), nft(8), &[(4, 8)]);
        check(nft(100), nft(0), &[]);
    }

    #[test]
    fn a_reload_keeps_rules_that_say_the_same() {
        let nft = |rules: &[_]| chain(FilterSystem::Nftables, rules, None);
        let before = || nft(&[(4, "a", Some(100)), (5, "a", Some(7)), (6, "b", Some(9))]);
        // With its counters, without them, and with a rule that was not there.
        check(
            before(),
            nft(&[(14, "a", Some(103)), (15, "a", Some(7)), (16, "b", Some(9))]),
            &[(14, 3)],
        );
        check(
            before(),
            nft(&[(14, "a", Some(2)), (15, "a", Some(0)), (17, "c", Some(1))]),
            &[(14, 2), (17, 1)],
        );
    }

    #[test]
    fn a_place_is_not_a_handle() {
        let legacy = |rules: &[_]| chain(FilterSystem::XTables, rules, None);
        check(
            legacy(&[(1, "a", Some(1000)), (2, "b", Some(3))]),
            legacy(&[(1, "new", Some(0)), (2, "a", Some(1002)), (3, "b", Some(3))]),
            &[(2, 2)],
        );
    }

    #[test]
    fn what_vanished_is_not_said() {
        let nft = |rules: &[_]| chain(FilterSystem::Nftables, rules, None);
        check(nft(&[(4, "a", Some(5))]), nft(&[]), &[]);
        assert!(moved(&[], &[]).is_empty());
    }
}
