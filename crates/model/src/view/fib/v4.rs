//! IPv4: `ip_route_output_key_hash_rcu`, `fib_lookup`, `fib_table_lookup` and `fib_select_path`.

use std::net::IpAddr;

use super::hops::Hops;
use super::rules::{Defaults, TOS_BITS, Walked, defaults};
use super::tables::{Node, bits};
use super::{
    Cannot, DEFAULT, Fib, FibAnswer, FibMatch, FibPart, FibQuery, LOCAL, LOOPBACK, MAIN, Pick,
    Refusal, TableAnswer,
};
use crate::{Address, AddressScope, Family, NextHop, Nud, Route, RouteErrno, RouteKind, Rule};

const ENODEV: RouteErrno = RouteErrno(19);
const SCOPE_HOST: u8 = 254;

impl<'a> Fib<'a> {
    pub(super) fn lookup_v4(&self, query: &FibQuery) -> Result<FibAnswer<'a>, Cannot> {
        let rules = self.rules_of(Family::V4);
        let separate = || {
            if let Some(refused) = self.checks_before(query, &[LOCAL])? {
                return Ok(refused);
            }
            let look = |table| self.look_v4(&[table], query);
            self.finish_v4(query, self.walk(&rules, query, look)?)
        };
        // Until a rule is added or deleted, `local` and `main` are one table.
        let merged = || {
            if let Some(refused) = self.checks_before(query, &[LOCAL, MAIN])? {
                return Ok(refused);
            }
            self.finish_v4(query, self.walk_unchanged(&rules, query)?)
        };
        match (defaults(&rules, Family::V4), self.facts.rules_changed_v4) {
            (Defaults::All, Some(false)) => merged(),
            (Defaults::All, None) => {
                let (separate, merged) = (separate()?, merged()?);
                if merged.agrees_with(&separate) { Ok(separate) } else { Err(Cannot::RuleHistory) }
            }
            _ => separate(),
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
        local: &[u32],
    ) -> Result<Option<FibAnswer<'a>>, Cannot> {
        if query.iif != 0 {
            return Ok(None);
        }
        if let Some(source) = query.named_source() {
            let never = matches!(source, IpAddr::V4(v4) if v4.is_multicast() || v4.is_broadcast());
            // EINVAL in both cases before Linux 5.11.
            let errno = if never {
                Some(RouteErrno::EINVAL)
            } else if self.is_own(source, local)? {
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
    fn is_own(&self, source: IpAddr, local: &[u32]) -> Result<bool, Cannot> {
        let of_device =
            |addresses: &[Address]| addresses.iter().any(|address| address.address == source);
        if self.facts.addresses.is_some_and(of_device) {
            return Ok(true);
        }
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
        let leaves_by: Vec<u32> = match &answer {
            FibAnswer::Found(found) if found.route.kind == RouteKind::Local => Vec::new(),
            FibAnswer::Found(found) => found.next_hops.iter().map(|hop| hop.ifindex).collect(),
            FibAnswer::AssumedOnLink { oif } => vec![*oif],
            FibAnswer::Refused { .. } => Vec::new(),
        };
        let loopback = matches!(query.named_source(), Some(IpAddr::V4(v4)) if v4.is_loopback());
        if loopback && query.iif == 0 && leaves_by.iter().any(|device| *device != LOOPBACK) {
            return Err(Cannot::RouteLocalnet);
        }
        Ok(answer)
    }

    /// `fib_table_lookup`. With two tables they are one, the first going before the second.
    fn look_v4(&self, tables: &[u32], query: &FibQuery) -> Result<TableAnswer<'a>, Cannot> {
        let address = bits(query.destination);
        let tables: Vec<_> =
            tables.iter().filter_map(|table| self.tables.get(Family::V4, *table)).collect();
        let mut nodes: Vec<Node<'a, '_>> =
            tables.iter().flat_map(|table| table.matching(address)).collect();
        // Stable: of one prefix, the first table goes first.
        nodes.sort_by_key(|node| std::cmp::Reverse(node.len));
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

    /// `fib_select_path`.
    fn path_v4(
        &self,
        query: &FibQuery,
        rule: Option<&'a Rule>,
        pick: Pick<'a>,
    ) -> Result<FibMatch<'a>, Cannot> {
        let route = pick.route;
        let first: Vec<NextHop> = pick.hop.into_iter().collect();
        let only = |next_hops| FibMatch { rule, route, next_hops, source_matched: Vec::new() };
        if route.kind == RouteKind::Local {
            return Ok(only(Vec::new()));
        }
        self.check_gateways(&first)?;
        if query.oif != 0 {
            return Ok(only(first));
        }
        let hops = self.hops(route)?;
        let hops = hops.list();
        if hops.len() > 1 && route.nexthop_id.is_some() {
            // Of an object, any member: neither the flags nor the source count.
            self.check_gateways(hops)?;
            return Ok(only(hops.to_vec()));
        }
        if hops.len() > 1 {
            self.check_gateways(hops)?;
            let next_hops: Vec<NextHop> =
                hops.iter().filter(|hop| !hop.flags.dead).copied().collect();
            let source_matched = match (query.iif, query.named_source()) {
                (0, Some(source)) => {
                    let own = |hop: &&NextHop| self.own_address(route, hop) == Some(source);
                    next_hops.iter().filter(own).copied().collect()
                }
                _ => Vec::new(),
            };
            return Ok(FibMatch { rule, route, next_hops, source_matched });
        }
        if query.iif == 0 && route.kind == RouteKind::Unicast && self.is_in_doubt(query, route)? {
            return Err(Cannot::DefaultGateways);
        }
        Ok(only(first))
    }

    /// A gateway that was an address of this host when the route was made is not used: the
    /// destination is on the wire. That the gateway is one now does not tell.
    fn check_gateways(&self, hops: &[NextHop]) -> Result<(), Cannot> {
        for hop in hops.iter().filter(|hop| !hop.flags.onlink) {
            let Some(gateway) = hop.gateway.filter(IpAddr::is_ipv4) else { continue };
            let is_own = |route: &Route| {
                route.kind == RouteKind::Local
                    && route.next_hops.iter().any(|own| own.ifindex == hop.ifindex)
            };
            let tables = self.tables.of_family(Family::V4);
            let mut covering = tables.flat_map(|table| table.matching(bits(gateway)));
            if covering.any(|node| node.routes.iter().any(|route| is_own(route))) {
                return Err(Cannot::OwnGateway(gateway));
            }
        }
        Ok(())
    }

    /// `fib_select_default`: among default routes of one metric the kernel avoids gateways that do
    /// not answer, and remembers which. True when that could change the answer.
    fn is_in_doubt(&self, query: &FibQuery, picked: &Route) -> Result<bool, Cannot> {
        let table = self.tables.get(Family::V4, picked.table);
        let all = table.map_or(&[][..], |table| table.default_routes());
        if picked.destination.prefix_len() != 0 || all.len() < 2 {
            return Ok(false);
        }
        let (mut metric, mut tos) = (picked.metric, 0);
        let mut first: Option<NextHop> = None;
        for route in all {
            if route.tos != 0 && route.tos != query.tos & TOS_BITS {
                continue;
            }
            if route.metric > metric && route.tos == tos {
                if tos == 0 {
                    break;
                }
                continue;
            }
            (metric, tos) = (route.metric, route.tos);
            if route.scope != picked.scope || route.kind != RouteKind::Unicast {
                continue;
            }
            let hops = self.hops(route)?;
            let Some(hop) = hops.list().first().filter(|hop| hop.gateway.is_some()) else {
                continue;
            };
            match first {
                None if !std::ptr::eq(*route, picked) => return Ok(false),
                None => first = Some(*hop),
                Some(first) => return Ok(!self.surely_answers(&first)),
            }
        }
        Ok(false)
    }

    /// True when `fib_detect_death` finds the gateway alive whatever it remembers.
    fn surely_answers(&self, hop: &NextHop) -> bool {
        match (&self.neighbours, hop.gateway) {
            (Some(neighbours), Some(gateway)) => {
                matches!(neighbours.get(&(hop.ifindex, gateway)), None | Some(Nud::Reachable))
            }
            _ => false,
        }
    }

    /// `nh_saddr`: the address that a next hop would choose by itself (`inet_select_addr`), as the
    /// addresses are now.
    fn own_address(&self, route: &Route, hop: &NextHop) -> Option<IpAddr> {
        let candidates = || {
            let all = self.facts.addresses.unwrap_or_default().iter();
            all.filter(|own| own.address.is_ipv4() && !own.secondary)
        };
        let of_device = || {
            let scope_fits =
                |own: &&Address| scope_number(own.scope).min(SCOPE_HOST) <= route.scope.0;
            candidates().filter(|own| own.ifindex == hop.ifindex).filter(scope_fits)
        };
        let gateway = hop.gateway.filter(IpAddr::is_ipv4);
        let beside = of_device().find(|own| gateway.is_none_or(|ip| own.prefix().contains(&ip)));
        let elsewhere = || {
            candidates().find(|own| {
                own.scope != AddressScope::Link && scope_number(own.scope) <= route.scope.0
            })
        };
        beside.or_else(|| of_device().next()).or_else(elsewhere).map(|own| own.address)
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

/// `ifa_scope`.
fn scope_number(scope: AddressScope) -> u8 {
    match scope {
        AddressScope::Global => 0,
        AddressScope::Site => 200,
        AddressScope::Link => 253,
        AddressScope::Host => SCOPE_HOST,
        AddressScope::Nowhere => 255,
        AddressScope::Other(number) => number,
    }
}
