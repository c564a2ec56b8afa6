//! Rules, device filters and traffic: what is there, and how it moved during the observation.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use synrecv_model::{
    DeviceFilter, FilterChain, Link, LinkNames, LinkTraffic, RuleDelta, RuleId, order,
};

use super::facts::ROWS_MAX;
use crate::rows::{DeviceFilterRow, FilterRuleRow, TrafficRow};

/// Rules and policies that end packets, those that moved first, then in the order of their chains.
pub(super) fn filters(chains: &[FilterChain], moved: Option<&[RuleDelta]>) -> Vec<FilterRuleRow> {
    let moved: Option<BTreeMap<&RuleId, u64>> = moved
        .map(|deltas| order::map(deltas.iter().map(|delta| (&delta.rule, delta.packet_count))));
    let count = |chain: &FilterChain, handle| {
        let id = RuleId {
            system: chain.system,
            family: chain.family,
            table: chain.table.clone(),
            chain: chain.name.clone(),
            handle,
        };
        moved.as_ref().map(|moved| moved.get(&id).copied().unwrap_or(0))
    };
    let rows = chains.iter().flat_map(|chain| {
        let rules = chain.rules.iter();
        let rules =
            rules.filter_map(|rule| FilterRuleRow::rule(chain, rule, count(chain, rule.handle)));
        rules.chain(FilterRuleRow::policy(chain, count(chain, 0)))
    });
    let mut rows: Vec<FilterRuleRow> = rows.collect();
    order::sort_by_key(&mut rows, |row| Reverse(row.moved_count.unwrap_or(0) > 0));
    rows.truncate(ROWS_MAX);
    rows
}

/// Filters of traffic control that can drop.
pub(super) fn device_filters(filters: &[DeviceFilter], names: &LinkNames) -> Vec<DeviceFilterRow> {
    filters
        .iter()
        .filter(|filter| filter.can_drop())
        .take(ROWS_MAX)
        .map(|filter| DeviceFilterRow::new(filter, names))
        .collect()
}

/// Devices whose counters moved.
pub(super) fn traffic(links: &[Link], after: &[LinkTraffic], names: &LinkNames) -> Vec<TrafficRow> {
    let before: BTreeMap<u32, LinkTraffic> =
        order::map(links.iter().filter_map(|link| Some((link.ifindex, link.traffic?))));
    after
        .iter()
        .filter_map(|after| TrafficRow::new(before.get(&after.ifindex)?, after, names))
        .take(ROWS_MAX)
        .collect()
}

#[cfg(test)]
mod tests {
    use synrecv_model::{
        BaseChain, ChainKind, FilterFamily, FilterRule, FilterSystem, Foreign, Hook, RuleVerdict,
    };

    use super::*;

    fn rule(handle: u64, verdict: RuleVerdict, packet_count: Option<u64>) -> FilterRule {
        let text = Foreign(format!("rule {handle}"));
        FilterRule { handle, text, terms: Vec::new(), verdict, packet_count }
    }

    fn chain() -> FilterChain {
        FilterChain {
            system: FilterSystem::Nftables,
            family: FilterFamily::Inet,
            table: Foreign("filter".into()),
            name: Foreign("input".into()),
            base: Some(BaseChain {
                hook: Hook::Input,
                priority: 0,
                kind: ChainKind::Filter,
                policy: RuleVerdict::Drop,
                policy_packet_count: None,
                devices: Vec::new(),
            }),
            rules: vec![
                rule(1, RuleVerdict::Accept, Some(9)),
                rule(2, RuleVerdict::Drop, None),
                rule(3, RuleVerdict::Drop, Some(8)),
                rule(4, RuleVerdict::Reject, Some(7)),
            ],
        }
    }

    fn moved(handle: u64) -> RuleDelta {
        let FilterChain { system, family, table, name, .. } = chain();
        let rule = RuleId { system, family, table, chain: name, handle };
        RuleDelta { rule, packet_count: 5 }
    }

    #[test]
    fn what_moved_comes_first_and_what_does_not_count_is_unknown() {
        let rows = filters(&[chain()], Some(&[moved(4), moved(1)]));
        let seen: Vec<_> = rows.iter().map(|row| (row.handle, row.moved_count)).collect();
        assert_eq!(seen, [(Some(4), Some(5)), (Some(2), None), (Some(3), Some(0)), (None, None)]);
        assert_eq!((rows[0].verdict, rows[0].hook), ("reject", Some("input")));
        assert_eq!((rows[3].verdict, rows[3].text.as_deref()), ("drop", None));
    }

    #[test]
    fn without_a_second_reading_no_count_is_known_to_have_moved() {
        let rows = filters(&[chain()], None);
        assert!(rows.iter().all(|row| row.moved_count.is_none()));
    }

    #[test]
    fn rows_have_an_end() {
        let rules = (1..=500).map(|handle| rule(handle, RuleVerdict::Drop, Some(1))).collect();
        let rows = filters(&[FilterChain { rules, ..chain() }], Some(&[moved(499)]));
        assert_eq!((rows.len(), rows[0].handle), (ROWS_MAX, Some(499)));
    }
}
