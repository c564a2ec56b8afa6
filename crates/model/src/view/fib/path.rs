//! IPv4: which of its next hops a route leads by. `fib_select_path`, `fib_select_multipath` and
//! `fib_select_default`.

use std::net::IpAddr;

use super::rules::TOS_BITS;
use super::tables::bits;
use super::{Cannot, Fib, FibMatch, FibQuery, Pick};
use crate::{Address, AddressScope, Family, NextHop, Nud, Route, RouteKind, Rule};

const SCOPE_LINK: u8 = 253;
const SCOPE_HOST: u8 = 254;

impl<'a> Fib<'a> {
    /// `fib_select_path`.
    pub(super) fn path_v4(
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
            let localnet = self.routes_localnet(hop.ifindex) == Some(true);
            let most = if localnet { SCOPE_LINK } else { SCOPE_HOST };
            let scope_fits =
                move |own: &&Address| scope_number(own.scope).min(most) <= route.scope.0;
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
