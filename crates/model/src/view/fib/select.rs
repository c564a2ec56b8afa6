//! The choice within an IPv6 table: `fib6_node_lookup`, `fib6_backtrack` and `rt6_select`.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use super::hops::Hops;
use super::tables::{Table, bits, covers};
use super::{Cannot, Fib, FibQuery, LOOPBACK, Pick, TableAnswer};
use crate::{Family, NextHop, NextHopFlags, Nud, Route, RouteErrno, RouteKind};

/// `NUD_FAILED`.
const FAILED: u16 = 0x20;

/// What a look-up wants of the device and the gateways of a route.
#[derive(Clone, Copy, Debug)]
pub(super) struct Wishes<'w> {
    /// Preferred device; 0 for any. `oif` of `fib6_table_lookup`.
    pub(super) device: u32,
    /// No other device will do. `RT6_LOOKUP_F_IFACE`.
    pub(super) only_device: bool,
    /// Gateways that do not answer are avoided. `RT6_LOOKUP_F_REACHABLE`.
    pub(super) reachable: bool,
    /// Next hops whose gateway is taken not to answer, where the neighbours are not known.
    pub(super) silent: &'w [NextHop],
}

impl<'a> Fib<'a> {
    /// `fib6_table_lookup`, and whether its result refuses.
    pub(super) fn look_v6(
        &self,
        table: u32,
        query: &FibQuery,
        wishes: Wishes<'_>,
    ) -> Result<TableAnswer<'a>, Cannot> {
        let Some(table) = self.tables.get(Family::V6, table) else {
            return Ok(TableAnswer::Again);
        };
        let leaves = leaves(table, query);
        let mut rounds = vec![wishes];
        if wishes.reachable {
            // Rather a gateway that does not answer than none.
            rounds.push(Wishes { reachable: false, ..wishes });
        }
        for wishes in rounds {
            for leaf in &leaves {
                let Some(pick) = self.select(leaf, wishes)? else { continue };
                return Ok(match pick.route.kind {
                    RouteKind::Throw => TableAnswer::Again,
                    _ if pick.hop.is_none() => TableAnswer::Refused(RouteErrno::EINVAL, pick.route),
                    kind => match refusal_v6(kind) {
                        Some(errno) => TableAnswer::Refused(errno, pick.route),
                        None => TableAnswer::Found(pick),
                    },
                });
            }
        }
        Ok(TableAnswer::Again)
    }

    /// `rt6_select`: of the least metric, the next hop with the highest score; if none of it will
    /// do, that of all others, whatever their metric. Among equals the first.
    fn select(&self, leaf: &[&'a Route], wishes: Wishes<'_>) -> Result<Option<Pick<'a>>, Cannot> {
        let Some(least) = leaf.first().map(|route| route.metric) else {
            return Ok(None);
        };
        let of_least = leaf.iter().take_while(|route| route.metric == least).count();
        let (first, others) = leaf.split_at(of_least);
        let mut best = Best { score: -1, pick: None };
        self.compare(first, wishes, &mut best)?;
        if best.pick.is_none() {
            self.compare(others, wishes, &mut best)?;
        }
        Ok(best.pick)
    }

    fn compare(
        &self,
        routes: &[&'a Route],
        wishes: Wishes<'_>,
        best: &mut Best<'a>,
    ) -> Result<(), Cannot> {
        for &route in routes {
            if route.expires_s == Some(0) {
                return Err(Cannot::Expiring);
            }
            let hops = self.hops(route)?;
            if let Hops::Blackhole = hops {
                best.pick = Some(Pick { route, hop: None });
                return Ok(());
            }
            let refusing = [TO_LOOPBACK];
            let hops = if refuses(route.kind) { &refusing } else { hops.list() };
            for &hop in hops {
                let Some(score) = self.score(route, &hop, wishes) else { continue };
                if score > best.score {
                    *best = Best { score, pick: Some(Pick { route, hop: Some(hop) }) };
                    if route.nexthop_id.is_some() {
                        break;
                    }
                }
            }
        }
        Ok(())
    }

    /// `find_match` and `rt6_score_route`; `None` when the next hop will not do.
    pub(super) fn score(&self, route: &Route, hop: &NextHop, wishes: Wishes<'_>) -> Option<i16> {
        let on_device = wishes.device == 0 || hop.ifindex == wishes.device;
        if hop.flags.dead || (!on_device && wishes.only_device) {
            return None;
        }
        if wishes.reachable && self.is_silent(hop, wishes.silent) {
            return None;
        }
        // IPV6_DECODE_PREF makes low 1, medium 2, high 3.
        let preference = (route.preference.unwrap_or(0) & 3) ^ 2;
        Some(i16::from(preference << 2 | if on_device { 2 } else { 0 }))
    }

    /// `rt6_check_neigh` of a kernel with router preferences, as every distribution has it.
    fn is_silent(&self, hop: &NextHop, assumed: &[NextHop]) -> bool {
        let Some(gateway) = hop.gateway else { return false };
        match &self.neighbours {
            Some(neighbours) => match neighbours.get(&(hop.ifindex, gateway)) {
                Some(Nud::Failed) => true,
                Some(Nud::Other(state)) => state & FAILED != 0,
                _ => false,
            },
            None => {
                let same = |one: &NextHop| (one.ifindex, one.gateway) == (hop.ifindex, hop.gateway);
                assumed.iter().any(same)
            }
        }
    }
}

/// The best next hop so far.
struct Best<'a> {
    score: i16,
    pick: Option<Pick<'a>>,
}

/// Where a route that refuses leads, for the kernel.
const TO_LOOPBACK: NextHop = NextHop {
    ifindex: LOOPBACK,
    gateway: None,
    weight: 1,
    flags: NextHopFlags { dead: false, linkdown: false, onlink: false },
};

/// The groups of entries that are compared with each other, in the order in which the kernel comes
/// to them: longest destination prefix first, and of each the source prefixes first.
fn leaves<'a>(table: &Table<'a>, query: &FibQuery) -> Vec<Vec<&'a Route>> {
    let source = query.named_source().map_or(0, bits);
    let mut leaves: Vec<Vec<&'a Route>> = Vec::new();
    for node in table.matching(bits(query.destination)) {
        let mut plain = Vec::new();
        let mut by_source: BTreeMap<Reverse<u8>, Vec<&'a Route>> = BTreeMap::new();
        let mut has_sources = false;
        for &route in node.routes {
            match route.source.filter(|source| source.prefix_len() > 0) {
                None => plain.push(route),
                Some(prefix) => {
                    has_sources = true;
                    if covers(&prefix, source) {
                        by_source.entry(Reverse(prefix.prefix_len())).or_default().push(route);
                    }
                }
            }
        }
        // The way down ends at no node with source prefixes of which none fits, but for the root,
        // even if it has entries without a source; the way back up does not pass them over.
        if leaves.is_empty() && has_sources && by_source.is_empty() && node.len != 0 {
            continue;
        }
        leaves.extend(by_source.into_values());
        if !plain.is_empty() {
            leaves.push(plain);
        }
    }
    leaves
}

/// True for kinds that need no next hop.
fn refuses(kind: RouteKind) -> bool {
    kind == RouteKind::Throw || refusal_v6(kind).is_some()
}

/// `fib6_prop`, without `throw`.
fn refusal_v6(kind: RouteKind) -> Option<RouteErrno> {
    match kind {
        RouteKind::Blackhole | RouteKind::Nat | RouteKind::Other(_) => Some(RouteErrno::EINVAL),
        RouteKind::Unreachable => Some(RouteErrno::EHOSTUNREACH),
        RouteKind::Prohibit => Some(RouteErrno::EACCES),
        RouteKind::Unicast
        | RouteKind::Local
        | RouteKind::Broadcast
        | RouteKind::Anycast
        | RouteKind::Multicast
        | RouteKind::Throw => None,
    }
}
