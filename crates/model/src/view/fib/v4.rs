//! IPv4: `ip_route_output_key_hash_rcu`, `fib_lookup` and `fib_table_lookup`.

use std::net::IpAddr;

use super::hops::Hops;
use super::rules::{Defaults, TOS_BITS, Walked, defaults};
use super::tables::{Node, bits};
use super::{
    Cannot, DEFAULT, Fib, FibAnswer, FibPart, FibQuery, LOCAL, LOOPBACK, MAIN, Pick, Refusal,
    TableAnswer,
};
use crate::{Family, NextHop, Route, RouteErrno, RouteKind, Rule, order};

const ENODEV: RouteErrno = RouteErrno(19);

/// How IPv4 keeps its tables.
#[derive(Clone, Copy, Debug)]
pub(super) enum Layout {
    /// Each by itself.
    Separate,
    /// `local` and `main` in one, until a rule is added or deleted.
    Merged,
}

impl<'a> Fib<'a> {
    pub(super) fn lookup_v4(&self, query: &FibQuery) -> Result<FibAnswer<'a>, Cannot> {
        self.whichever_layout(
            |layout| {
                if let Some(refused) = self.checks_before(query, layout)? {
                    return Ok(refused);
                }
                self.finish_v4(query, self.walk_v4(query, layout)?)
            },
            FibAnswer::agrees_with,
        )
    }

    /// Judges by the layout that the tables have, or by both when that is not known.
    pub(super) fn whichever_layout<T>(
        &self,
        judge: impl Fn(Layout) -> Result<T, Cannot>,
        agree: impl Fn(&T, &T) -> bool,
    ) -> Result<T, Cannot> {
        match (defaults(&self.rules_of(Family::V4), Family::V4), self.facts.rules_changed_v4) {
            (Defaults::All, Some(false)) => judge(Layout::Merged),
            (Defaults::All, None) => {
                let (one, two) = (judge(Layout::Separate)?, judge(Layout::Merged)?);
                if agree(&one, &two) { Ok(one) } else { Err(Cannot::RuleHistory) }
            }
            _ => judge(Layout::Separate),
        }
    }

    /// `fib_lookup`.
    pub(super) fn walk_v4(&self, query: &FibQuery, layout: Layout) -> Result<Walked<'a>, Cannot> {
        let rules = self.rules_of(Family::V4);
        match layout {
            Layout::Separate => self.walk(&rules, query, |table| self.look_v4(&[table], query)),
            Layout::Merged => self.walk_unchanged(&rules, query),
        }
    }

    /// A look-up in one table only.
    pub(super) fn lookup_table_v4(
        &self,
        query: &FibQuery,
        table: u32,
    ) -> Result<FibAnswer<'a>, Cannot> {
        Ok(match self.look_v4(&[table], query)? {
            TableAnswer::Found(pick) => FibAnswer::Found(self.path_v4(query, None, pick)?),
            TableAnswer::Refused(errno, route) => {
                FibAnswer::Refused { errno, by: Refusal::Route { rule: None, route } }
            }
            TableAnswer::Again => {
                FibAnswer::Refused { errno: RouteErrno::ENETUNREACH, by: Refusal::NoRoute }
            }
        })
    }

    /// What is refused before any table is looked into, of packets of this host.
    fn checks_before(
        &self,
        query: &FibQuery,
        layout: Layout,
    ) -> Result<Option<FibAnswer<'a>>, Cannot> {
        if query.iif != 0 {
            return Ok(None);
        }
        if let Some(source) = query.named_source() {
            let never = matches!(source, IpAddr::V4(v4) if v4.is_multicast() || v4.is_broadcast());
            // EINVAL in both cases before Linux 5.11.
            let errno = if never {
                Some(RouteErrno::EINVAL)
            } else if self.is_own(source, layout)? {
                None
            } else {
                Some(RouteErrno::ENETUNREACH)
            };
            if let Some(errno) = errno {
                let by = Refusal::Source(source);
                return Ok(Some(FibAnswer::Refused { errno, by }));
            }
        }
        if query.oif == 0 {
            return Ok(None);
        }
        let errno = match self.link(query.oif)? {
            None => ENODEV,
            Some(link) if !link.up => RouteErrno::ENETUNREACH,
            Some(_) => return Ok(None),
        };
        Ok(Some(FibAnswer::Refused { errno, by: Refusal::Device(query.oif) }))
    }

    /// `__ip_dev_find`: an address of a device, or one that table `local` claims.
    fn is_own(&self, source: IpAddr, layout: Layout) -> Result<bool, Cannot> {
        if self.facts.addresses.is_some_and(|all| all.iter().any(|own| own.address == source)) {
            return Ok(true);
        }
        let local: &[u32] = match layout {
            Layout::Separate => &[LOCAL],
            Layout::Merged => &[LOCAL, MAIN],
        };
        let claimed = match self.look_v4(local, &FibQuery::to(source))? {
            TableAnswer::Found(pick) => pick.route.kind == RouteKind::Local,
            TableAnswer::Refused(..) | TableAnswer::Again => false,
        };
        if claimed || self.facts.addresses.is_some() {
            return Ok(claimed);
        }
        Err(Cannot::NotRead(FibPart::Addresses))
    }

    /// `fib_lookup` of a namespace whose rules were never changed.
    fn walk_unchanged(&self, rules: &[&'a Rule], query: &FibQuery) -> Result<Walked<'a>, Cannot> {
        let mut answer = self.look_v4(&[LOCAL, MAIN], query)?;
        if let TableAnswer::Again = answer {
            answer = self.look_v4(&[DEFAULT], query)?;
        }
        let rule_of = |route: &Route| rules.iter().copied().find(|rule| rule.table == route.table);
        Ok(match answer {
            TableAnswer::Found(pick) => match rule_of(pick.route) {
                Some(rule) => Walked::Found(rule, pick),
                None => Walked::Nothing,
            },
            TableAnswer::Refused(errno, route) => {
                Walked::Refused(errno, Refusal::Route { rule: rule_of(route), route })
            }
            TableAnswer::Again => Walked::Nothing,
        })
    }

    fn finish_v4(&self, query: &FibQuery, walked: Walked<'a>) -> Result<FibAnswer<'a>, Cannot> {
        let refused = |errno, by| {
            if query.oif != 0 {
                return FibAnswer::AssumedOnLink { oif: query.oif };
            }
            FibAnswer::Refused { errno, by }
        };
        let answer = match walked {
            Walked::Found(rule, pick) => FibAnswer::Found(self.path_v4(query, Some(rule), pick)?),
            Walked::Refused(errno, by) => refused(errno, by),
            Walked::Nothing => refused(RouteErrno::ENETUNREACH, Refusal::NoRoute),
        };
        let loopback = matches!(query.named_source(), Some(IpAddr::V4(v4)) if v4.is_loopback());
        if !loopback || query.iif != 0 {
            return Ok(answer);
        }
        let leaves_by: Vec<u32> = match &answer {
            FibAnswer::Found(found) => found.next_hops.iter().map(|hop| hop.ifindex).collect(),
            FibAnswer::AssumedOnLink { oif } => vec![*oif],
            FibAnswer::Refused { .. } => Vec::new(),
        };
        // `__mkroute_output`: loopback addresses leave by no other device unless it is let.
        let let_out =
            |device: &u32| *device == LOOPBACK || self.routes_localnet(*device) == Some(true);
        let kept_in =
            |device: &u32| *device != LOOPBACK && self.routes_localnet(*device) == Some(false);
        match query.source {
            Some(source) if !leaves_by.is_empty() && leaves_by.iter().all(kept_in) => {
                let by = Refusal::Source(source);
                Ok(FibAnswer::Refused { errno: RouteErrno::EINVAL, by })
            }
            _ if leaves_by.iter().all(let_out) => Ok(answer),
            _ => Err(Cannot::RouteLocalnet),
        }
    }

    /// `fib_table_lookup`. With two tables they are one, the first going before the second.
    fn look_v4(&self, tables: &[u32], query: &FibQuery) -> Result<TableAnswer<'a>, Cannot> {
        let address = bits(query.destination);
        let tables: Vec<_> =
            tables.iter().filter_map(|table| self.tables.get(Family::V4, *table)).collect();
        let mut nodes: Vec<Node<'a, '_>> =
            tables.iter().flat_map(|table| table.matching(address)).collect();
        // Stable: of one prefix, the first table goes first.
        order::sort_by_key(&mut nodes, |node| std::cmp::Reverse(node.len));
        let mut passed_over = None;
        for node in nodes {
            if passed_over == Some(node.network) {
                continue;
            }
            for route in node.routes {
                if route.tos != 0 && route.tos != query.tos & TOS_BITS {
                    continue;
                }
                match route.kind {
                    RouteKind::Throw => return Ok(TableAnswer::Again),
                    kind => {
                        if let Some(errno) = refusal_v4(kind) {
                            return Ok(TableAnswer::Refused(errno, route));
                        }
                    }
                }
                let hops = self.hops(route)?;
                let leads = |hop: &&NextHop| {
                    !hop.flags.dead && (query.oif == 0 || hop.ifindex == query.oif)
                };
                if let Hops::Blackhole = hops {
                    return Ok(TableAnswer::Refused(RouteErrno::EINVAL, route));
                }
                if let Some(&hop) = hops.list().iter().find(leads) {
                    return Ok(TableAnswer::Found(Pick { route, hop: Some(hop) }));
                }
                if route.nexthop_id.is_some() {
                    // The kernel leaves this leaf, with all shorter prefixes of the same address.
                    passed_over = Some(node.network);
                    break;
                }
            }
        }
        Ok(TableAnswer::Again)
    }
}

/// `fib_props`, without `throw`.
fn refusal_v4(kind: RouteKind) -> Option<RouteErrno> {
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
