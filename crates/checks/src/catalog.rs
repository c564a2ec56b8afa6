//! The list of checks. The order breaks ties between findings.

mod accept_queue_full;
mod ack_ignored_locally;
mod ack_lost_outside;
mod arp_flux;
mod asymmetric_route;
mod bad_checksum;
mod bad_netmask;
mod conntrack_full;
mod conntrack_invalid;
mod defer_accept;
mod duplicate_address;
mod firewall_drops_ack;
mod firewall_drops_syn;
mod ingress_filter;
mod listener_gone;
mod local_address_gone;
mod martian_source;
mod md5_mismatch;
mod neighbour_table_full;
mod neighbour_unresolved;
mod neighbour_wrong;
mod no_return_route;
mod overlapping_route;
mod peer_resets;
mod proxy_arp;
mod rp_filter_drop;
mod sequence_rejected;
mod socket_filter;
pub(crate) mod syn_flood;
mod syn_queue_full;
mod syn_unanswered;
mod synack_dropped_here;
mod synack_lost_outside;
mod timestamp_rejected;

use crate::Check;

/// All checks.
pub static CATALOG: &[&Check] = &[
    &local_address_gone::CHECK,
    &bad_netmask::CHECK,
    &overlapping_route::CHECK,
    &proxy_arp::CHECK,
    &duplicate_address::CHECK,
    &neighbour_wrong::CHECK,
    &arp_flux::CHECK,
    &asymmetric_route::CHECK,
    &neighbour_table_full::CHECK,
    &neighbour_unresolved::CHECK,
    &accept_queue_full::CHECK,
    &defer_accept::CHECK,
    &bad_checksum::CHECK,
    &timestamp_rejected::CHECK,
    &sequence_rejected::CHECK,
    &md5_mismatch::CHECK,
    &socket_filter::CHECK,
    &ingress_filter::CHECK,
    &conntrack_invalid::CHECK,
    &firewall_drops_ack::CHECK,
    &listener_gone::CHECK,
    &synack_dropped_here::CHECK,
    &rp_filter_drop::CHECK,
    &no_return_route::CHECK,
    &conntrack_full::CHECK,
    &firewall_drops_syn::CHECK,
    &martian_source::CHECK,
    &syn_flood::CHECK,
    &syn_queue_full::CHECK,
    &peer_resets::CHECK,
    &ack_ignored_locally::CHECK,
    &synack_lost_outside::CHECK,
    &ack_lost_outside::CHECK,
    &syn_unanswered::CHECK,
];

/// The check with this id.
pub fn find(id: &str) -> Option<&'static Check> {
    CATALOG.iter().copied().find(|check| check.info.id == id)
}

/// The id nearest to what was typed, when it is near enough to be meant.
pub fn nearest(typed: &str) -> Option<&'static str> {
    CATALOG
        .iter()
        .map(|check| (distance(typed, check.info.id), check.info.id))
        .min()
        .filter(|&(distance, id)| distance <= id.len() / 2)
        .map(|(_, id)| id)
}

/// Edit distance of two words (insert, delete, replace one letter).
pub fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (at, from) in a.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = at + 1;
        for (column, &to) in b.iter().enumerate() {
            let replaced = diagonal + usize::from(from != to);
            diagonal = row[column + 1];
            row[column + 1] = replaced.min(diagonal + 1).min(row[column] + 1);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn ids_are_unique_and_kebab_case() {
        let ids: BTreeSet<_> = CATALOG.iter().map(|check| check.info.id).collect();
        assert_eq!(ids.len(), CATALOG.len());
        for id in ids {
            assert!(id.chars().all(|c| matches!(c, 'a'..='z' | '0'..='9' | '-')), "{id}");
        }
    }

    #[test]
    fn summaries_state_what_is() {
        for check in CATALOG {
            let summary = check.info.summary;
            assert!(summary.len() <= 72 && !summary.ends_with('.'), "{summary}");
            assert!(!summary.contains("may ") && !summary.contains("possible"), "{summary}");
        }
    }

    #[test]
    fn a_typo_finds_its_id() {
        assert_eq!(nearest("bad-netmsak"), Some("bad-netmask"));
        assert_eq!(nearest("zzz"), None);
    }
}
